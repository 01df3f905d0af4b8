//! Why a guest stopped, in words: a refusal of ours, a limit that the guest met as a crash, or a crash and where it was.

use chiron_model::text::{cut, one_line};
use wasmtime::{FrameInfo, FrameSymbol, Trap, WasmBacktrace};

use crate::error::CallError;
use crate::state::State;

/// Longest name of a function kept of a backtrace, in characters. Mangled names of generic code reach it.
const FRAME_CHARS_MAX: usize = 200;

/// Most functions of a backtrace; those that are further out tell where every call begins.
const FRAMES_MAX: usize = 20;

/// How much of a file's path is kept: `no-gpl/src/lib.rs`. What comes before is the machine on which its author built it.
const PATH_PARTS_MAX: usize = 3;

/// Finds out why a guest stopped: our own refusal, a limit that a guest sees as a crash, or a crash.
pub(crate) fn explain(error: &wasmtime::Error, state: &State, instantiated: bool) -> CallError {
    if let Some(own) = error.downcast_ref::<CallError>() {
        return own.clone();
    }
    if let Some(refused) = &state.limiter.refused {
        return refused.clone();
    }
    let root = error.root_cause().to_string();
    if root.contains("hostcall") {
        return CallError::OutputTooLarge { limit: state.limits.output_bytes };
    }
    if let Some(what) = root.strip_prefix("resource limit exceeded: ").and_then(counted) {
        return CallError::Instances { what, limit: state.limits.instances };
    }
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let message = state.log.last_error.clone().or_else(|| state.surroundings.last_words());
        let message = message.unwrap_or_else(|| trap.to_string());
        return CallError::Trapped { message, backtrace };
    }
    if !instantiated {
        return CallError::Host { reason: root };
    }
    // The canonical ABI refused what the guest returned: bad UTF-8, an index out of range, an unknown handle.
    CallError::InvalidOutput { reason: root }
}

/// What wasmtime counted one too many of: the first word of its sentence.
fn counted(sentence: &str) -> Option<&'static str> {
    match sentence.split(' ').next() {
        Some("instance") => Some("instances of modules"),
        Some("memory") => Some("memories"),
        Some("table") => Some("tables"),
        Some(_) | None => None,
    }
}

/// Innermost first. What was inlined has a line of its own where debug information tells.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    backtrace.frames().iter().flat_map(named).take(FRAMES_MAX).collect()
}

/// A frame's functions. Names, files and lines are the guest's own words.
fn named(frame: &FrameInfo) -> Vec<String> {
    let symbols: Vec<_> = frame.symbols().iter().filter(|symbol| symbol.file().is_some()).collect();
    if symbols.is_empty() {
        let name = frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), readable);
        return vec![inert(&name)];
    }
    let located = |symbol: &&FrameSymbol| {
        let name = symbol.name().or(frame.func_name()).map_or_else(|| "a function".to_owned(), readable);
        let file = symbol.file().map(short).unwrap_or_default();
        match symbol.line() {
            Some(line) => inert(&format!("{name} ({file}:{line})")),
            None => inert(&format!("{name} ({file})")),
        }
    };
    symbols.iter().map(located).collect()
}

fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// The end of a path, whichever slashes it has.
fn short(path: &str) -> String {
    let parts: Vec<_> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    parts[parts.len().saturating_sub(PATH_PARTS_MAX)..].join("/")
}

fn inert(text: &str) -> String {
    cut(&one_line(text), FRAME_CHARS_MAX).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_only_the_end_is_told() {
        assert_eq!(short("/home/somebody/acme/no-gpl/src/lib.rs"), "no-gpl/src/lib.rs");
        assert_eq!(short(r"C:\Users\somebody\no-gpl\src\lib.rs"), "no-gpl/src/lib.rs");
        assert_eq!(short("/rustc/0123/library/core/src/panicking.rs"), "core/src/panicking.rs");
        assert_eq!(short("src/lib.rs"), "src/lib.rs");
        assert_eq!(short("/lib.rs"), "lib.rs");
        assert_eq!(short(""), "");
    }
}

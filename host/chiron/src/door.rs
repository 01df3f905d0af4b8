//! The way out: messages for people on standard error, and exit codes. Advice lives here; facts come from below.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::OnceLock;

use chiron_model::text::inert;
use chiron_pipeline::event::Level;
use chiron_pipeline::mistake::{Mistake, Mistakes};
use chiron_pipeline::{Error, ExitCode as Code};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity};

use crate::cli::LogFormat;

/// Whether standard error may be coloured: a terminal, unless `NO_COLOR` says no; `CLICOLOR_FORCE` overrules both.
pub(crate) fn colour_on_stderr() -> bool {
    colour(std::io::stderr().is_terminal())
}

/// The same for standard output.
pub(crate) fn colour_on_stdout() -> bool {
    colour(std::io::stdout().is_terminal())
}

fn colour(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if set("CLICOLOR_FORCE") {
        return true;
    }
    terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// How messages are written, and the trace that they belong to.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();
static TRACE: OnceLock<String> = OnceLock::new();

/// From here on messages are written so.
pub(crate) fn log_as(format: LogFormat) {
    let _ = FORMAT.set(format);
}

/// From here on messages belong to a trace.
pub(crate) fn log_within(trace: &str) {
    let _ = TRACE.set(trace.to_owned());
}

/// Writes a message to standard error. When nobody reads it any more, there is nobody to tell.
pub(crate) fn say(text: &str) {
    match FORMAT.get() {
        Some(LogFormat::Json) => {
            let (level, message) = leveled(text);
            write_json(level, message, None, None);
        }
        Some(LogFormat::Human) | None => {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }
}

/// A line that is there for whoever looks for it.
pub(crate) fn say_faint(text: &str) {
    if FORMAT.get() != Some(&LogFormat::Json) && colour_on_stderr() {
        let _ = writeln!(std::io::stderr(), "\x1b[2m{text}\x1b[0m");
    } else {
        say(text);
    }
}

/// A line that a plugin wrote in a call; it is inert.
pub(crate) fn log(level: Level, step: &str, message: &str, span: Option<&str>) {
    if FORMAT.get() == Some(&LogFormat::Json) {
        write_json(level, message, Some(step), span);
    } else {
        say(&format!("{}: {step}: {message}", level.word()));
    }
}

/// What a message begins with says how bad it is.
fn leveled(text: &str) -> (Level, &str) {
    let prefixes = [("error: ", Level::Error), ("warning: ", Level::Warn)];
    let found = prefixes.into_iter().find_map(|(prefix, level)| Some((level, text.strip_prefix(prefix)?)));
    found.unwrap_or((Level::Info, text))
}

fn write_json(level: Level, message: &str, step: Option<&str>, span: Option<&str>) {
    let mut line = serde_json::json!({
        "timestamp": jiff::Timestamp::now().to_string(),
        "level": level.word(),
        "message": message,
    });
    let fields = [("step", step), ("trace_id", TRACE.get().map(String::as_str)), ("span_id", span)];
    for (key, value) in fields {
        if let Some(value) = value {
            line[key] = value.into();
        }
    }
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Whether whoever reads standard error is shown block elements: what the locale says.
pub(crate) fn blocks() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// An error of one line.
pub(crate) fn fail(message: &str, code: Code) -> ExitCode {
    say(&format!("error: {}", inert(message)));
    ExitCode::from(code.number())
}

/// A mistake on the command line, or a request for help.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(Code::Usage.number()) } else { ExitCode::SUCCESS }
}

/// An error of the pipeline, with its places and what to do.
pub(crate) fn explain(error: &Error) -> ExitCode {
    let code = Code::of_error(error);
    match error {
        Error::Mistakes(mistakes) => {
            for mistake in &mistakes.items {
                say(&drawn(mistakes, mistake, Severity::Error));
            }
            say(&format!("error: {mistakes}"));
        }
        Error::LockMissing { .. } => {
            fail(&error.to_string(), code);
            say("  help: make it with `chiron lock`, review it, and commit it");
        }
        Error::NotAllowed { key, .. } => {
            fail(&error.to_string(), code);
            say(&format!("  help: only the operator can allow it: [allow] {key} = true"));
        }
        Error::SubjectsUnverified { failed } => {
            fail("the subjects do not verify, and nothing was run", code);
            failed.iter().for_each(|line| say(&format!("  {}", inert(line))));
        }
        Error::Refused { .. } | Error::Io { .. } | Error::Unverified { .. } | Error::Interrupted | Error::Bug(_) => {
            fail(&error.to_string(), code);
        }
    }
    ExitCode::from(code.number())
}

/// Warnings about a pipeline: shown, and no reason to stop.
pub(crate) fn warn(mistakes: &Mistakes) {
    for mistake in &mistakes.items {
        say(&drawn(mistakes, mistake, Severity::Warning));
    }
}

fn drawn(mistakes: &Mistakes, mistake: &Mistake, severity: Severity) -> String {
    let word = if severity == Severity::Error { "error" } else { "warning" };
    if mistakes.text.is_empty() {
        let hint = mistake.hint.as_ref().map(|hint| format!("\n  help: {}", inert(hint))).unwrap_or_default();
        return format!("{word}: {}{hint}", inert(&mistake.message));
    }
    // miette draws an empty span as nothing at all.
    let (name, text, span) = mistakes.place(mistake);
    let length = span.len().max(1).min(text.len().saturating_sub(span.start));
    // What is drawn is inert, and so longer than the file where something was replaced.
    let before = text.get(..span.start).map_or(span.start, |before| inert(before).len());
    let label = LabeledSpan::new_primary_with_span(Some(mistake.label.clone()), (before, length));
    let mut diagnostic = MietteDiagnostic::new(inert(&mistake.message)).with_severity(severity).with_label(label);
    if let Some(hint) = &mistake.hint {
        diagnostic = diagnostic.with_help(inert(hint));
    }
    let source = NamedSource::new(name, inert(text).into_owned());
    let report = miette::Report::new(diagnostic).with_source_code(source);
    let theme = if colour_on_stderr() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width().into()).with_links(false);
    let mut drawing = String::new();
    match handler.render_report(&mut drawing, report.as_ref()) {
        Ok(()) => drawing.trim_end().to_owned(),
        Err(_) => format!("{word}: {name}:{}: {}", mistakes.line(mistake), mistake.message),
    }
}

/// Columns of the terminal; 100 where there is none.
pub(crate) fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0)).unwrap_or(100).clamp(40, 400)
}

/// A panic of the host is a bug: it says so, and exits 70.
pub(crate) fn on_panic() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        default(info);
        say("chiron: this is a bug in chiron; please report it with the text above");
        quit(Code::Bug);
    }));
}

/// Ends the process at once.
#[allow(clippy::exit, reason = "the two ways to end without unwinding: a bug, and a second Ctrl-C")]
pub(crate) fn quit(code: Code) {
    std::process::exit(i32::from(code.number()));
}

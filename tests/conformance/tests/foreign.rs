//! Plugins of other toolchains, with WASI in their imports: they load, they work, and they touch nothing.

mod hostile;

use std::path::PathBuf;
use std::sync::Arc;

use chiron_model::text::inert;
use chiron_sandbox::{CallError, Limits, Plugin, inspect};
use hostile::{guests, host, raw};

/// What the Rust one says to each word of its configuration, with the lines that reached the log.
async fn rust(word: &str) -> (Result<String, CallError>, Vec<String>) {
    ask(&host::load(&std::fs::read(committed()).unwrap()), word).await
}

async fn ask(plugin: &Plugin, word: &str) -> (Result<String, CallError>, Vec<String>) {
    let lines = Arc::default();
    let limits = Limits { cpu_ms: 5_000, memory_bytes: 64 << 20, ..host::small() };
    let answer = host::evaluate(plugin, word, &limits, &lines).await;
    let lines = lines.0.lock().unwrap().clone();
    (answer.map(|verdict| verdict.summary), lines)
}

fn committed() -> PathBuf {
    guests::root().join("tests/fixtures/foreign/rust.wasm")
}

/// A component that is too large to commit: built by `tests/fixtures/foreign/build`, which CI runs. Where its language must be
/// there (`CHIRON_FOREIGN="python javascript"`), its absence fails the test.
fn built(name: &str) -> Option<Plugin> {
    let path = guests::target().join("foreign").join(format!("{name}.wasm"));
    let required = std::env::var("CHIRON_FOREIGN").unwrap_or_default();
    let required = required.split_whitespace().any(|language| name.starts_with(language));
    match std::fs::read(&path) {
        Ok(bytes) => Some(host::load(&bytes)),
        Err(error) if required => panic!("{}: {error}", path.display()),
        Err(_) => {
            eprintln!("SKIPPED: {name}.wasm is not built; run tests/fixtures/foreign/build python javascript");
            None
        }
    }
}

fn denied(answer: Result<String, CallError>) -> String {
    let error = answer.unwrap_err();
    assert_eq!((error.code(), error.limit_key()), ("denied", None), "{error:?}");
    error.to_string()
}

fn trapped(answer: Result<String, CallError>) -> String {
    match answer {
        Err(CallError::Trapped { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rust_policy_built_for_wasi_describes_itself_and_decides() {
    let plugin = host::load(&std::fs::read(committed()).unwrap());
    assert_eq!(plugin.describe().await.unwrap().name, "foreign-rust");
    assert_eq!(ask(&plugin, "honest").await.0.unwrap(), "nothing speaks against it");
}

#[test]
fn what_is_answered_and_what_traps_is_told_before_it_is_compiled() {
    let found = inspect(&std::fs::read(committed()).unwrap()).unwrap();
    assert!(found.capabilities.is_empty(), "{:?}", found.capabilities);
    let foreign = found.foreign.unwrap();
    assert!(foreign.answered.contains(&"clocks (the run's time)"), "{foreign:?}");
    assert!(foreign.traps.iter().any(|interface| interface == "wasi:sockets/tcp"), "{foreign:?}");
    assert!(foreign.traps.iter().any(|interface| interface == "wasi:filesystem/types"), "{foreign:?}");
}

#[tokio::test]
async fn a_wasi_clock_shows_the_runs_time() {
    let (said, _) = rust("clocks").await;
    assert!(said.as_ref().unwrap().starts_with(&format!("{}.000000000 ", host::NOW.as_secs())), "{said:?}");
}

#[tokio::test]
async fn wasi_clocks_and_randomness_are_the_same_in_a_replay() {
    for word in ["clocks", "random"] {
        assert_eq!(rust(word).await.0.unwrap(), rust(word).await.0.unwrap(), "{word}");
    }
}

/// A policy that asks for so many bytes at once.
async fn random_bytes(count: u64) -> Result<String, CallError> {
    let body = format!("(call $called (i64.const {count}) (i32.const 8192))");
    let guest = raw::caller_with("0.1.0", "wasi:random/random@0.2.6", "get-random-bytes", &body, "");
    ask(&host::load(&guest), "").await.0
}

#[tokio::test]
async fn more_randomness_at_once_than_the_host_makes_is_refused_without_a_key() {
    assert_eq!(random_bytes(65_536).await, Ok(String::new()));
    for count in [65_537, u64::MAX] {
        let error = random_bytes(count).await.unwrap_err();
        assert_eq!((error.code(), error.limit_key()), ("asked-too-much", None), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("random bytes at once") && said.contains("65536, which no key raises"), "{said}");
    }
}

#[tokio::test]
async fn a_guest_that_sleeps_for_an_hour_is_not_waited_for() {
    assert_eq!(rust("sleep").await.0.unwrap(), "slept");
}

#[tokio::test]
async fn a_wasi_program_has_no_arguments_environment_or_input() {
    assert_eq!(rust("surroundings").await.0.unwrap(), "0 0 Ok(0)");
}

#[tokio::test]
async fn a_wasi_guest_finds_no_file() {
    for word in ["file", "write"] {
        let (said, _) = rust(word).await;
        assert!(said.as_ref().unwrap().starts_with("Err("), "{word}: {said:?}");
    }
}

#[tokio::test]
async fn a_wasi_socket_ends_the_call_and_the_function_is_named() {
    let said = denied(rust("socket").await.0);
    assert!(said.contains("`wasi:sockets/") && said.contains("@0.2.6#") && said.contains("no plugin gets"), "{said}");
    let said = denied(rust("name").await.0);
    assert!(said.contains("`wasi:sockets/"), "{said}");
}

#[tokio::test]
async fn what_a_wasi_guest_prints_reaches_the_log_within_its_budget() {
    let (said, lines) = rust("print").await;
    assert_eq!(said.unwrap(), "printed");
    assert_eq!(lines, ["to standard output", "to standard error"]);
    let (said, lines) = rust("flood").await;
    assert_eq!((said.unwrap().as_str(), lines.len(), lines[9].as_str()), ("printed", 11, "line 9"));
    assert!(lines[10].contains("lines were dropped: one call may write 10 (limits.log_lines)"), "{lines:?}");
    let (said, lines) = rust("long-line").await;
    assert_eq!((said.unwrap().as_str(), lines.len()), ("printed", 2));
    assert!(lines[1].contains("cut"), "{lines:?}");
    assert!(lines[0].len() <= 200, "{}", lines[0].len());
}

#[tokio::test]
async fn the_last_words_on_standard_error_are_the_traps_message() {
    let (said, _) = rust("panic").await;
    let Err(CallError::Trapped { backtrace, .. }) = &said else { panic!("{said:?}") };
    assert!(backtrace.iter().any(|name| name.contains("foreign_policy::")), "{backtrace:?}");
    let said = trapped(said);
    assert!(said.contains("panicked at src/lib.rs:") && said.contains("| the policy's own words |"), "{said}");
}

#[tokio::test]
async fn what_a_wasi_guest_prints_is_inert() {
    let (said, lines) = rust("escapes").await;
    let said = trapped(said);
    for text in lines.iter().chain([&said]) {
        assert!(inert(text) == *text && !text.contains('\n'), "{text:?}");
    }
    assert!(said.contains("owned"), "{said}");
}

#[tokio::test]
async fn a_wasi_guest_that_exits_has_crashed_whatever_its_status() {
    assert_eq!(trapped(rust("exit").await.0), "exited with 1");
}

#[tokio::test]
async fn handles_of_wasi_spend_the_budget_of_handles() {
    let error = rust("hoard").await.0.unwrap_err();
    assert_eq!(error, CallError::Handles { limit: 64 });
}

async fn python(plugin: &Plugin) {
    assert_eq!(plugin.describe().await.unwrap().name, "foreign-python");
    for word in ["honest", "clocks", "random", "surroundings", "print"] {
        let first = ask(plugin, word).await;
        assert!(first.0.is_ok(), "{word}: {first:?}");
        assert_eq!(first, ask(plugin, word).await, "{word}");
    }
    assert_eq!(ask(plugin, "honest").await.0.unwrap(), "nothing speaks against it");
    let file = ask(plugin, "file").await.0;
    assert!(file.is_err(), "{file:?}");
}

#[tokio::test]
async fn a_python_policy_decides_and_a_replay_is_exact() {
    let Some(plugin) = built("python") else { return };
    python(&plugin).await;
    let (said, _) = ask(&plugin, "clocks").await;
    assert!(said.as_ref().unwrap().starts_with(&host::NOW.as_nanos().to_string()), "{said:?}");
    let (_, lines) = ask(&plugin, "print").await;
    assert_eq!(lines, ["to standard output", "to standard error"]);
    let said = ask(&plugin, "panic").await;
    assert!(trapped(said.0).contains("the policy's own words"));
}

#[tokio::test]
async fn a_javascript_policy_decides_and_a_replay_is_exact() {
    let Some(plugin) = built("javascript") else { return };
    assert_eq!(plugin.describe().await.unwrap().name, "foreign-javascript");
    for word in ["honest", "clocks", "random"] {
        let first = ask(&plugin, word).await;
        assert!(first.0.is_ok(), "{word}: {first:?}");
        assert_eq!(first, ask(&plugin, word).await, "{word}");
    }
    assert_eq!(ask(&plugin, "clocks").await.0.unwrap(), host::NOW.as_millis().to_string());
    assert!(trapped(ask(&plugin, "panic").await.0).contains("the policy's own words"));
}

#[tokio::test]
async fn a_javascript_policy_without_wasi_decides() {
    let Some(plugin) = built("javascript-without-wasi") else { return };
    assert_eq!(plugin.inspection().foreign, None);
    assert_eq!(ask(&plugin, "honest").await.0.unwrap(), "nothing speaks against it");
}

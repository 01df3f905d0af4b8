//! Memories and tables that grow, or ask to: what is charged is what was given.

mod hostile;

use std::sync::Arc;

use chiron_sandbox::CallError;
use hostile::{host, raw};

/// What the host answers to a policy that has more, and does this before its verdict.
async fn policy(more: &'static str, body: &str) -> Result<(), CallError> {
    let evaluate = Box::leak(format!("{body} (i32.const 3072)").into_boxed_str());
    let plugin = host::load(&raw::Policy { more, evaluate, ..raw::Policy::default() }.component());
    host::evaluate(&plugin, "", &host::small(), &Arc::default()).await.map(drop)
}

/// Ends the guest unless this is what comes of it.
fn expect(instruction: &str, kind: &str, result: i64) -> String {
    format!("(if ({kind}.ne ({instruction}) ({kind}.const {result})) (then unreachable))")
}

/// The same, a thousand times.
fn a_thousand_times(what: &str, counter: &str) -> String {
    format!(
        "(loop $again {what} (global.set {counter} (i32.add (global.get {counter}) (i32.const 1)))
           (br_if $again (i32.lt_u (global.get {counter}) (i32.const 1000))))"
    )
}

#[tokio::test]
async fn what_a_guests_own_maximum_refuses_is_not_charged() {
    let more = "(memory $own 1 10) (global $memories (mut i32) (i32.const 0)) (table $own 1 10 funcref) \
                (table $other 1 funcref) (global $tables (mut i32) (i32.const 0))";
    let memory = |pages: i32| format!("memory.grow $own (i32.const {pages})");
    let table = |table: &str, elements: i32| format!("table.grow {table} (ref.null func) (i32.const {elements})");
    let body = [
        a_thousand_times(&expect(&memory(100), "i32", -1), "$memories"),
        expect(&memory(9), "i32", 1),
        // 32 MiB are 512 pages, of which 18 are taken.
        expect("memory.grow 0 (i32.const 494)", "i32", 8),
        a_thousand_times(&expect(&table("$own", 100), "i32", -1), "$tables"),
        expect(&table("$own", 9), "i32", 1),
        expect(&table("$other", 9_989), "i32", 1),
    ];
    assert_eq!(policy(more, &body.concat()).await, Ok(()));
}

/// A guest that met its own maximum and then crashes, did not want for memory.
#[tokio::test]
async fn a_crash_after_a_guest_met_its_own_maximum_is_a_crash() {
    let body = format!("{} unreachable", expect("memory.grow $own (i32.const 100)", "i32", -1));
    let error = policy("(memory $own 1 10)", &body).await.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
    let body = format!("{} unreachable", expect("table.grow $own (ref.null func) (i32.const 100)", "i32", -1));
    let error = policy("(table $own 1 10 funcref)", &body).await.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
}

/// Sizes are counted in 64 bits, and those of a guest with 64-bit addresses can be as large: a sum must not begin again at nothing.
#[tokio::test]
async fn asking_for_all_there_is_lifts_no_limit() {
    let more = "(memory $wide i64 1) (table $wide i64 1 funcref) (table $other 1 funcref)";
    let body = [
        expect("memory.grow $wide (i64.const 281474976710655)", "i64", -1),
        expect("memory.grow 0 (i32.const 504)", "i32", -1),
        expect("memory.grow 0 (i32.const 503)", "i32", 8),
        expect("table.grow $wide (ref.null func) (i64.const -2)", "i64", -1),
        expect("table.grow $other (ref.null func) (i32.const 9999)", "i32", -1),
        expect("table.grow $other (ref.null func) (i32.const 9998)", "i32", 1),
    ];
    assert_eq!(policy(more, &body.concat()).await, Ok(()));
}

//! Answers that are as large as memory holds: refused before the host has a copy. Alone in its process, because it measures the
//! process's peak.
#![cfg(target_os = "linux")]

mod hostile;

use std::sync::Arc;

use chiron_sandbox::{CallError, Limits};
use hostile::process::kib;
use hostile::{host, raw};

/// Pages of memory for a gigabyte behind the first three, which hold the answer.
const PAGES: u32 = 16_384 + 8;

/// What the peak may grow by while a gigabyte is refused: an answer of the default size, its second copy, and what is loaded.
const GROWTH_KIB_MAX: u64 = 192 * 1024;

/// 3080: the summary's place and length. Memory is zeros, which are valid text.
const GIGABYTE_OF_TEXT: &str = r#"(data (i32.const 3080) "\00\00\02\00\00\00\00\40")"#;

/// 3088: the reasons' place and number: ten million, of 48 bytes each.
const TEN_MILLION_REASONS: &str = r#"(data (i32.const 3088) "\00\00\02\00\80\96\98\00")"#;

#[tokio::test]
async fn a_gigabyte_of_text_and_ten_million_elements_are_refused_before_they_are_copied() {
    // One that is heard comes first: what the first call of a process needs is not what an answer costs.
    let small = ask("", &limits(2 << 20)).await.unwrap();
    assert_eq!(small.summary, "");
    let before = kib("VmHWM");
    for more in [GIGABYTE_OF_TEXT, TEN_MILLION_REASONS] {
        for output_bytes in [2 << 20, Limits::default().output_bytes] {
            let error = ask(more, &limits(output_bytes)).await.unwrap_err();
            assert_eq!(error, CallError::OutputTooLarge { limit: output_bytes }, "{more}");
            let grown = kib("VmHWM") - before;
            assert!(grown < GROWTH_KIB_MAX, "{more}: {grown} KiB for an answer of {output_bytes} bytes");
        }
    }
}

/// Room for the guest's own memory, and time to read it: what is tried is what the host copies.
fn limits(output_bytes: u64) -> Limits {
    Limits { memory_bytes: 2 << 30, output_bytes, cpu_ms: 20_000, ..host::small() }
}

async fn ask(more: &'static str, limits: &Limits) -> Result<chiron_model::verdict::PolicyVerdict, CallError> {
    let plugin = host::load(&raw::Policy { pages: PAGES, more, ..raw::Policy::default() }.component());
    host::evaluate(&plugin, "", limits, &Arc::default()).await
}

//! libFuzzer's door. `CHIRON_FUZZ_TARGET` names the target; the arguments are libFuzzer's own.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer calls a C function, which the macro exports; nothing here is unsafe itself")]

use std::sync::LazyLock;

use chiron_fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let word = std::env::var("CHIRON_FUZZ_TARGET").unwrap_or_default();
    Target::from_word(&word).unwrap_or_else(|| panic!("CHIRON_FUZZ_TARGET is `{word}`, which is no target"))
});

fuzz_target!(|bytes: &[u8]| TARGET.run(bytes));

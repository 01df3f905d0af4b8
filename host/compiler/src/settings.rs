//! Settings of the compiler. Code that was made with others is refused when it is loaded.

use wasmtime::{Config, OptLevel, WasmBacktraceDetails};

/// Whether guests may use the component model's own tasks. Some toolchains emit them whether or not they wait for
/// anything; all other guests go without, which makes each call of theirs a fifth of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// They do not exist.
    Off,
    /// They exist.
    On,
}

/// What every plugin is compiled with.
#[must_use]
pub fn settings(tasks: Tasks) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .concurrency_support(tasks == Tasks::On)
        .wasm_component_model_async(tasks == Tasks::On)
        // Same inputs, same bytes, on every machine.
        .cranelift_nan_canonicalization(true)
        // Files and lines of a crash, where its author left them in. Said here, or a variable of the environment decides.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .max_wasm_stack(1024 * 1024)
        .async_stack_size(2 * 1024 * 1024);
    config
}

//! The one way into a guest: instantiate, configure, work, under both clocks and all limits.

use std::pin::Pin;
use std::time::Duration;

use chiron_model::digest::Digest;
use chiron_model::text::{cut, one_line};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, Trap, UpdateDeadline, WasmBacktrace};

use crate::abi::lifecycle::KindIndices as Lifecycle;
use crate::abi::powers::chiron::core::types::PluginError;
use crate::error::CallError;
use crate::plugin::Call;
use crate::state::State;
use crate::wasi::Surroundings;

/// What a kind does with a configured instance.
pub(crate) type Work<'a, T> = Pin<Box<dyn Future<Output = wasmtime::Result<Result<T, PluginError>>> + Send + 'a>>;

/// Longest name of a function kept of a backtrace, in characters. Mangled names of generic code reach it.
const FRAME_CHARS_MAX: usize = 200;

/// What is done between instantiation and the work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `configure` with the call's configuration.
    Configured,
    /// Nothing: for `describe`.
    Bare,
}

/// Runs `work` in a fresh store. Every entry into a guest goes through here, instantiation included, so that no path
/// escapes the deadline. Whatever happens, the store is dropped: a trapped instance cannot be used again.
pub(crate) async fn enter<T: Send>(
    pre: &InstancePre<State>,
    lifecycle: &Lifecycle,
    component: &Digest,
    entry: Entry,
    call: &Call<'_>,
    work: impl for<'a> FnOnce(&'a mut Store<State>, Instance) -> Work<'a, T> + Send,
) -> Result<T, CallError> {
    let mut store = store(pre, component, call);
    let limit_ms = call.limits.deadline_ms;
    let mut instantiated = false;
    let answer = tokio::time::timeout(Duration::from_millis(limit_ms), async {
        let instance = pre.instantiate_async(&mut store).await?;
        instantiated = true;
        if entry == Entry::Configured {
            let guest = lifecycle.load(&mut store, &instance)?;
            let configured = guest.chiron_lifecycle_plugin().call_configure(&mut store, call.config).await?;
            if let Err(error) = configured {
                return Ok(Err(error));
            }
            store.data_mut().limiter.survived();
        }
        work(&mut store, instance).await
    })
    .await;
    store.data_mut().end_lines();
    match answer {
        Err(_elapsed) => Err(CallError::Deadline { limit_ms }),
        Ok(Err(error)) => Err(explain(&error, store.data(), instantiated)),
        Ok(Ok(Err(reported))) => Err(translate(reported)),
        Ok(Ok(Ok(value))) => Ok(value),
    }
}

fn store(pre: &InstancePre<State>, component: &Digest, call: &Call<'_>) -> Store<State> {
    let surroundings = Surroundings::new(&component.to_string(), call);
    let state = State::new(call.grants.clone(), call.powers.clone(), call.limits.clone(), surroundings);
    let mut store = Store::new(pre.engine(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(usize::try_from(call.limits.output_bytes).unwrap_or(usize::MAX));
    let limit_ms = call.limits.cpu_ms;
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut context| {
        let state = context.data_mut();
        if state.powers.journal.cancelled() {
            return Err(wasmtime::Error::new(CallError::Cancelled));
        }
        if state.meter.tick() > Duration::from_millis(limit_ms) {
            return Err(wasmtime::Error::new(CallError::Cpu { limit_ms }));
        }
        // Yielding lets the deadline fire and other plugins run.
        Ok(UpdateDeadline::Yield(1))
    });
    store
}

/// Finds out why a guest stopped: our own refusal, a limit that a guest sees as a crash, or a crash.
fn explain(error: &wasmtime::Error, state: &State, instantiated: bool) -> CallError {
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

fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let name = |frame: &wasmtime::FrameInfo| match frame.func_name() {
        // The name section is the guest's own words.
        Some(name) => {
            let readable = format!("{:#}", rustc_demangle::demangle(name));
            cut(&one_line(&readable), FRAME_CHARS_MAX).into_owned()
        }
        None => format!("function {}", frame.func_index()),
    };
    backtrace.frames().iter().take(20).map(name).collect()
}

fn translate(error: PluginError) -> CallError {
    let inert = |text: String| chiron_model::text::inert(&text).into_owned();
    let reported = |code, message| CallError::Reported { code, message: inert(message) };
    match error {
        PluginError::BadConfig((pointer, message)) => {
            CallError::BadConfig { pointer: inert(pointer), message: inert(message) }
        }
        PluginError::BadInput(message) => reported("bad-input", message),
        PluginError::Denied(message) => reported("denied", message),
        PluginError::Unavailable(message) => reported("unavailable", message),
        PluginError::Cancelled => CallError::Cancelled,
        PluginError::Other(message) => reported("other", message),
    }
}

//! The one way into a guest: instantiate, configure, work, under both clocks and all limits.

use std::pin::Pin;
use std::time::Duration;

use chiron_model::digest::Digest;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, UpdateDeadline};

use crate::abi::lifecycle::KindIndices as Lifecycle;
use crate::abi::powers::chiron::core::types::PluginError;
use crate::error::CallError;
use crate::plugin::Call;
use crate::state::State;
use crate::trap::explain;
use crate::wasi::Surroundings;
use crate::weigh::Weigh;

/// What a kind does with a configured instance.
pub(crate) type Work<'a, T> = Pin<Box<dyn Future<Output = wasmtime::Result<Result<T, PluginError>>> + Send + 'a>>;

/// What is done between instantiation and the work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `configure` with the call's configuration.
    Configured,
    /// Nothing: for `describe`.
    Bare,
}

/// Runs `work` in a fresh store. `given` is the weight of what the work is called with; the journal is told what all of it cost.
///
/// Every entry into a guest goes through here, instantiation included, so that no path
/// escapes the deadline. Whatever happens, the store is dropped: a trapped instance cannot be used again.
pub(crate) async fn enter<T: Send + Weigh>(
    pre: &InstancePre<State>,
    lifecycle: &Lifecycle,
    component: &Digest,
    entry: Entry,
    call: &Call<'_>,
    given: u64,
    work: impl for<'a> FnOnce(&'a mut Store<State>, Instance) -> Work<'a, T> + Send,
) -> Result<T, CallError> {
    // The grace is for what was under way: of a run that is being stopped nothing begins.
    if call.powers.journal.cancelled() {
        return Err(CallError::Cancelled);
    }
    let mut store = store(pre, component, call);
    store.data_mut().crossed.inward = given;
    let limit_ms = call.limits.deadline_ms;
    let mut instantiated = false;
    let answer = tokio::time::timeout(Duration::from_millis(limit_ms), async {
        let instance = pre.instantiate_async(&mut store).await?;
        instantiated = true;
        if entry == Entry::Configured {
            store.data_mut().crossed.inward += call.config.weight();
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
    store.data_mut().account_for_lines();
    if let Ok(Ok(Ok(value))) = &answer {
        store.data_mut().crossed.outward += value.weight();
    }
    let spent = store.data_mut().spent();
    call.powers.journal.spent(&spent);
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
        if state.must_end() {
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

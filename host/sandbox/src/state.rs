//! What the store of one call holds: its grants, its powers, its meters.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chiron_model::plugin::Capability;
use wasmtime::component::ResourceTable;

use crate::error::CallError;
use crate::grants::Grants;
use crate::limiter::Limiter;
use crate::limits::{GRACE_MS, Limits, TICK_MS};
use crate::powers::{Journal, Powers, Spent};
use crate::wasi::Surroundings;
use crate::weigh::Weigh;

/// Everything one call owns. Dropped with its store.
pub(crate) struct State {
    pub(crate) grants: Grants,
    pub(crate) powers: Powers,
    pub(crate) limits: Limits,
    pub(crate) table: ResourceTable,
    pub(crate) limiter: Limiter,
    pub(crate) meter: Meter,
    pub(crate) log: LogBudget,
    pub(crate) surroundings: Surroundings,
    pub(crate) crossed: Crossed,
    host_calls: u64,
    /// When this call first saw that the run is being stopped.
    stopping: Option<Instant>,
}

/// Bytes that crossed so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Crossed {
    /// From the host into the guest.
    pub(crate) inward: u64,
    /// From the guest to the host.
    pub(crate) outward: u64,
}

/// What a function that a guest calls reaches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach<'a> {
    /// A power that a plugin has only if it was granted.
    Power(Capability),
    /// What foreign runtimes ask for and what harms nobody: answered from the call's own inputs.
    Surroundings,
    /// A function that no plugin gets.
    Never(&'a str),
}

/// Log lines so far, what did not fit, and the last error line: a guest's panic text arrives there just before its trap.
#[derive(Default)]
pub(crate) struct LogBudget {
    pub(crate) lines: u32,
    pub(crate) dropped: u64,
    pub(crate) cut: u64,
    pub(crate) last_error: Option<String>,
}

impl State {
    pub(crate) fn new(grants: Grants, powers: Powers, limits: Limits, surroundings: Surroundings) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(limits.handles).unwrap_or(usize::MAX));
        let limiter = Limiter::new(&limits);
        let (meter, log) = (Meter::new(), LogBudget::default());
        let crossed = Crossed::default();
        Self {
            grants,
            powers,
            limits,
            table,
            limiter,
            meter,
            log,
            surroundings,
            crossed,
            host_calls: 0,
            stopping: None,
        }
    }

    /// THE check: every function a guest can call goes through here. Passes only if what it reaches for was granted
    /// or harms nobody, and the budget of host calls is not spent.
    pub(crate) fn admit(&mut self, reach: Reach<'_>) -> wasmtime::Result<()> {
        match reach {
            // Last words reach the log after a refusal and before the trap; whoever does other things has survived it.
            Reach::Power(Capability::Log) if self.grants.allows(Capability::Log) => {}
            Reach::Power(capability) if self.grants.allows(capability) => self.limiter.survived(),
            Reach::Power(capability) => return Err(wasmtime::Error::new(CallError::Denied { capability })),
            Reach::Surroundings => {}
            Reach::Never(function) => {
                return Err(wasmtime::Error::new(CallError::DeniedFunction { function: function.to_owned() }));
            }
        }
        self.host_calls += 1;
        if self.host_calls > self.limits.host_calls {
            return Err(wasmtime::Error::new(CallError::HostCalls { limit: self.limits.host_calls }));
        }
        Ok(())
    }

    /// Runs `work` if the power is admitted: what answers from memory or one read. Its time is not the guest's. `given` is the
    /// weight of what the guest gave; what it gets is weighed.
    pub(crate) fn using<T: Weigh>(
        &mut self,
        capability: Capability,
        given: u64,
        work: impl FnOnce(&mut Self) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        self.crossed.outward += given;
        let answer = self.reaching(Reach::Power(capability), work)?;
        self.crossed.inward += answer.weight();
        Ok(answer)
    }

    /// Runs `work` for what foreign runtimes ask for.
    pub(crate) fn answering<T>(&mut self, work: impl FnOnce(&mut Self) -> wasmtime::Result<T>) -> wasmtime::Result<T> {
        self.reaching(Reach::Surroundings, work)
    }

    fn reaching<T>(
        &mut self,
        reach: Reach<'_>,
        work: impl FnOnce(&mut Self) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        self.admit(reach)?;
        let entered = Instant::now();
        let answer = work(self);
        self.meter.host += entered.elapsed();
        answer
    }

    /// Whether the run is being stopped and the guest has had its [`GRACE_MS`] to end by itself.
    pub(crate) fn must_end(&mut self) -> bool {
        let stopping = self.powers.journal.cancelled();
        stopping && self.stopping.get_or_insert_with(Instant::now).elapsed() >= Duration::from_millis(GRACE_MS)
    }

    /// Waits for what `begin` makes if the power is admitted: networks and programs. Nothing is looked up before that, no handle and
    /// no binding. Dropped where it stands when the call ends.
    ///
    /// A run that is being stopped ends the wait, and with it the call, without any grace: the guest could not ask `cancelled`
    /// while it waits, and whatever is on its way (a program, a request) is better ended now than half a second later.
    pub(crate) async fn waiting_on<T: Weigh, W: Future<Output = T> + Send>(
        &mut self,
        capability: Capability,
        given: u64,
        begin: impl FnOnce(&mut Self) -> wasmtime::Result<W>,
    ) -> wasmtime::Result<T> {
        self.crossed.outward += given;
        self.admit(Reach::Power(capability))?;
        let work = begin(self)?;
        let journal = Arc::clone(&self.powers.journal);
        let entered = Instant::now();
        let answer = tokio::select! {
            answer = work => {
                self.crossed.inward += answer.weight();
                Ok(answer)
            }
            () = cancelled(journal) => Err(wasmtime::Error::new(CallError::Cancelled)),
        };
        self.meter.host += entered.elapsed();
        answer
    }

    /// What the call has cost, once it is over: the slice that no tick has counted yet included.
    pub(crate) fn spent(&mut self) -> Spent {
        Spent {
            cpu_us: u64::try_from(self.meter.tick().as_micros()).unwrap_or(u64::MAX),
            bytes_in: self.crossed.inward,
            bytes_out: self.crossed.outward,
            host_calls: self.host_calls,
            memory_bytes: self.limiter.memory,
        }
    }

    /// Puts a value behind a handle.
    pub(crate) fn hold<T: Send + 'static>(&mut self, value: T) -> wasmtime::Result<wasmtime::component::Resource<T>> {
        let limit = self.limits.handles;
        self.table.push(value).map_err(|_| wasmtime::Error::new(CallError::Handles { limit }))
    }
}

/// Comes back once the run is being stopped. The engine's clock does not tick for a guest that waits.
async fn cancelled(journal: Arc<dyn Journal>) {
    while !journal.cancelled() {
        tokio::time::sleep(Duration::from_millis(2 * TICK_MS)).await;
    }
}

/// Counts the guest's own computing in slices of the engine's clock. A slice is what passed since the last tick less
/// what the host did meanwhile, and never more than two ticks: waiting for a turn is not computing.
pub(crate) struct Meter {
    pub(crate) billed: Duration,
    pub(crate) host: Duration,
    mark: Instant,
}

impl Meter {
    fn new() -> Self {
        Self { billed: Duration::ZERO, host: Duration::ZERO, mark: Instant::now() }
    }

    /// Called by the engine's clock while the guest runs; returns what the guest has used so far.
    pub(crate) fn tick(&mut self) -> Duration {
        let slice = self.mark.elapsed().saturating_sub(self.host).min(Duration::from_millis(2 * TICK_MS));
        self.billed += slice;
        self.host = Duration::ZERO;
        self.mark = Instant::now();
        self.billed
    }
}

//! `chiron:telemetry/progress`: progress out, cancellation in.

use chiron_model::plugin::Capability;
use chiron_model::text::{cut, one_line};

use crate::abi::powers::chiron::telemetry::progress;
use crate::state::State;
use crate::weigh::Weigh as _;

impl progress::Host for State {
    fn report(&mut self, done: u64, total: Option<u64>, note: String) -> wasmtime::Result<()> {
        self.using(Capability::Progress, done.weight() + total.weight() + note.weight(), |state| {
            state.powers.journal.progress(done, total, &cut(&one_line(&cut(&note, 1000)), 200));
            Ok(())
        })
    }

    fn cancelled(&mut self) -> wasmtime::Result<bool> {
        self.using(Capability::Progress, 0, |state| Ok(state.powers.journal.cancelled()))
    }
}

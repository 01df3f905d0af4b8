//! A scanner that calls the host as often as its configuration says.

use std::hint::black_box;

use chiron_sdk::advisory::{AdvisoryDb, Which};
use chiron_sdk::log::{self, Level};
use chiron_sdk::scan::{Component, Finding, Scanner};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config};

#[derive(serde::Deserialize)]
struct Asker {
    /// Calls that answer at once.
    calls: u64,
    /// Lookups, of one component's purl after the other.
    lookups: usize,
    /// Rounds of computing without any call.
    rounds: u64,
}

impl Plugin for Asker {
    fn describe() -> Description {
        Description::new("bench-asker", "0.1.0", "calls the host many times").config_schema("{}")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        config::parse(text)
    }
}

impl Scanner for Asker {
    fn scan(&self, _: &Subject, components: &[Component], db: &dyn AdvisoryDb) -> Result<Vec<Finding>, PluginError> {
        for _ in 0..self.calls {
            black_box(log::enabled(Level::Trace));
        }
        let mut state = 1_u64;
        for _ in 0..self.rounds {
            state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        let purls = components.iter().filter_map(|component| component.purl.as_deref());
        for purl in purls.cycle().take(self.lookups) {
            if db.lookup(purl, Which::AFFECTED | Which::UNKNOWN)?.is_empty() {
                return Err(PluginError::BadInput(format!("{purl} was to have hits")));
            }
        }
        Ok(Vec::new())
    }
}

chiron_sdk::export!(Asker as scanner);

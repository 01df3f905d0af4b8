//! The last policy of every pipeline: thresholds on what the scanners found, and on what they could not look at.

mod config;
mod coverage;
mod evaluate;
mod findings;
mod licenses;
mod reasons;
mod summary;

use chiron_sdk::policy::{Evidence, Input, Policy, Verdict};
use chiron_sdk::{Description, Plugin, PluginError};

use crate::config::{CONFIG_SCHEMA, Config};

/// The plugin.
#[derive(Debug)]
pub struct Gate {
    config: Config,
}

impl Plugin for Gate {
    fn describe() -> Description {
        let description = Description::new(
            "gate",
            env!("CARGO_PKG_VERSION"),
            "Denies by severity, exploits and licences, by what could not be told, and by what could not be read",
        );
        reasons::RULES
            .iter()
            .fold(description, |description, rule| description.rule(rule.id, rule.title, rule.description))
            .config_schema(CONFIG_SCHEMA)
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        Ok(Self { config: Config::parse(text)? })
    }
}

impl Policy for Gate {
    fn needs() -> Evidence {
        Evidence::COMPONENTS | Evidence::FILES | Evidence::FINDINGS | Evidence::STEPS
    }

    fn evaluate(&self, input: Input) -> Result<Verdict, PluginError> {
        Ok(evaluate::evaluate(&self.config, &input))
    }
}

chiron_sdk::export!(Gate as policy);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_described_once() {
        let mut ids: Vec<_> = Gate::describe().rules.into_iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), 12);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 12);
    }
}

//! Finds the advisories that apply to a subject's components.
//!
//! Index, version orders and range evaluation are the host's; this plugin decides what to ask, picks a severity and words
//! the finding. It filters nothing by severity: that is the gate's.

mod question;
mod scan;
mod severity;
mod words;

use chiron_sdk::scan::{AdvisoryDb, Component, Finding, Scanner};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config};
use serde::Deserialize;

/// The plugin.
#[derive(Debug)]
pub struct Osv {
    config: Config,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    informational: Informational,
    withdrawn: Withdrawn,
}

/// What becomes of records that are no vulnerabilities: unmaintained, unsound, notice, unimportant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Informational {
    #[default]
    Report,
    Omit,
}

/// What becomes of records that their publishers have withdrawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Withdrawn {
    #[default]
    Omit,
    Report,
}

const CONFIG_SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "informational": {
      "description": "What becomes of records that are no vulnerabilities: unmaintained, unsound, notice, unimportant.",
      "enum": ["report", "omit"],
      "default": "report"
    },
    "withdrawn": {
      "description": "What becomes of records that their publishers have withdrawn. Reported ones have the category `withdrawn`.",
      "enum": ["omit", "report"],
      "default": "omit"
    }
  }
}"#;

impl Plugin for Osv {
    fn describe() -> Description {
        Description::new(
            "osv",
            env!("CARGO_PKG_VERSION"),
            "Finds the advisories that apply to components, in OSV databases",
        )
        .config_schema(CONFIG_SCHEMA)
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        Ok(Self { config: config::parse(text)? })
    }
}

impl Scanner for Osv {
    fn scan(
        &self,
        _subject: &Subject,
        components: &[Component],
        db: &dyn AdvisoryDb,
    ) -> Result<Vec<Finding>, PluginError> {
        scan::scan(components, db, &self.config)
    }
}

chiron_sdk::export!(Osv as scanner);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_and_its_default_is_the_default() {
        let schema: serde_json::Value = serde_json::from_str(&Osv::describe().config_schema).unwrap();
        assert_eq!(schema["properties"]["informational"]["default"], "report");
        assert_eq!(schema["properties"]["withdrawn"]["default"], "omit");
        let config = Osv::configure("{}").unwrap().config;
        assert_eq!((config.informational, config.withdrawn), (Informational::Report, Withdrawn::Omit));
    }

    #[test]
    fn a_word_it_does_not_know_is_a_bad_config() {
        let error = Osv::configure(r#"{"informational": "hide"}"#).unwrap_err();
        assert!(matches!(error, PluginError::BadConfig((pointer, _)) if pointer == "/informational"));
    }
}

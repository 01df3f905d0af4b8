//! A policy of one's own: denies packages that the house has banned, and says why.
//!
//! `pipeline.toml` beside this crate runs it on a small SBOM.

use chiron_sdk::policy::{Component, Evidence, Input, Policy, Reason, Verdict};
use chiron_sdk::{Description, Plugin, PluginError, config};
use serde::Deserialize;

/// The plugin: what `configure` was given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BannedPackages {
    banned: Vec<Banned>,
}

/// One package that must not be used.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Banned {
    /// The start of a purl, without a version: "pkg:pypi/requests".
    purl: String,
    /// What to tell whoever used it.
    reason: String,
    /// What to use in its place.
    instead: Option<String>,
}

const CONFIG_SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["banned"],
  "properties": {
    "banned": {
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["purl", "reason"],
        "properties": {
          "purl": { "type": "string", "description": "A purl without a version, e.g. pkg:pypi/requests" },
          "reason": { "type": "string", "description": "What to tell whoever used it" },
          "instead": { "type": "string", "description": "What to use in its place" }
        }
      }
    }
  }
}"#;

impl Plugin for BannedPackages {
    // Called while planning, with nothing of the host at hand: pure.
    fn describe() -> Description {
        Description::new("banned-packages", env!("CARGO_PKG_VERSION"), "Denies packages that the house has banned")
            .config_schema(CONFIG_SCHEMA)
            .rule("banned-package", "Banned package", "A component is on the list of banned packages.")
    }

    // The schema has been checked; what it cannot say is checked here, and points at its place.
    fn configure(text: &str) -> Result<Self, PluginError> {
        let config: Self = config::parse(text)?;
        for (at, banned) in config.banned.iter().enumerate() {
            if !banned.purl.starts_with("pkg:") || banned.purl.contains('@') {
                return Err(config::bad(&format!("/banned/{at}/purl"), "expected a purl without a version"));
            }
        }
        Ok(config)
    }
}

impl Policy for BannedPackages {
    // Only this crosses into the sandbox.
    fn needs() -> Evidence {
        Evidence::COMPONENTS
    }

    fn evaluate(&self, input: Input) -> Result<Verdict, PluginError> {
        let reasons: Vec<Reason> = input.components.iter().filter_map(|component| self.judge(component)).collect();
        let mut verdict = match reasons.len() {
            0 => Verdict::allow(format!("none of {} components is banned", input.components.len())),
            1 => Verdict::deny("1 component is banned"),
            many => Verdict::deny(format!("{many} components are banned")),
        };
        verdict.reasons = reasons;
        Ok(verdict)
    }
}

impl BannedPackages {
    fn judge(&self, component: &Component) -> Option<Reason> {
        let purl = component.purl.as_deref()?;
        let package = purl.split(['@', '?', '#']).next()?;
        let banned = self.banned.iter().find(|banned| banned.purl == package)?;
        let reason = Reason::new("banned-package", format!("{} is banned: {}", component.name, banned.reason))
            .component(&component.id);
        Some(match &banned.instead {
            Some(instead) => reason.remedy(format!("use {instead}")),
            None => reason,
        })
    }
}

chiron_sdk::export!(BannedPackages as policy);

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;
    use chiron_sdk::policy::Decision;

    use super::*;

    fn policy() -> BannedPackages {
        let text = r#"{"banned": [{"purl": "pkg:pypi/pycrypto", "reason": "abandoned", "instead": "pycryptodome"}]}"#;
        BannedPackages::configure(text).unwrap()
    }

    #[test]
    fn a_banned_package_is_denied_with_its_reason() {
        let mut input = fake::input();
        input.components = vec![fake::component("flask", "3.0.0"), fake::component("pycrypto", "2.6.1")];
        let verdict = policy().evaluate(input).unwrap();
        assert_eq!(verdict.decision, Decision::Deny);
        assert_eq!(verdict.reasons[0].message, "pycrypto is banned: abandoned");
        assert_eq!(verdict.reasons[0].remedy.as_deref(), Some("use pycryptodome"));
    }

    #[test]
    fn other_packages_are_allowed_even_when_their_names_start_alike() {
        let mut input = fake::input();
        input.components = vec![fake::component("pycryptodome", "3.20.0")];
        assert_eq!(policy().evaluate(input).unwrap().decision, Decision::Allow);
    }

    #[test]
    fn a_mistake_in_the_configuration_points_at_its_place() {
        let text = r#"{"banned": [{"purl": "pkg:pypi/a@1.0", "reason": "?"}]}"#;
        let error = BannedPackages::configure(text).unwrap_err();
        assert!(matches!(error, PluginError::BadConfig((pointer, _)) if pointer == "/banned/0/purl"));
    }
}

//! What the operator may set.

use std::fmt;
use std::num::NonZeroU32;

use chiron_sdk::policy::Severity;
use chiron_sdk::{PluginError, config};
use serde::Deserialize;

use crate::licenses::Licenses;

/// The gate's settings, with every default filled in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) fail_on: Threshold,
    pub(crate) unknown_severity: Action,
    pub(crate) unknown_status: Action,
    pub(crate) malicious: Action,
    pub(crate) informational: Action,
    pub(crate) kev: Action,
    pub(crate) epss: Option<f64>,
    pub(crate) unfixed: Action,
    pub(crate) licenses: Option<Licenses>,
    pub(crate) coverage: Action,
    pub(crate) unreadable: Action,
    pub(crate) require_sbom: bool,
    pub(crate) quorum: Quorum,
}

/// How many scanners must report a finding for it to deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quorum {
    Any,
    All,
    AtLeast(NonZeroU32),
}

impl Quorum {
    /// Whether `reported` of the `able` scanners that could judge are enough. Where fewer could judge than are asked for, all of
    /// those have to: a scanner that could not tell is no voice against.
    pub(crate) fn is_met(self, reported: usize, able: usize) -> bool {
        let needed = match self {
            Self::Any => 1,
            Self::All => able,
            Self::AtLeast(number) => usize::try_from(number.get()).unwrap_or(usize::MAX),
        };
        reported >= needed.min(able)
    }
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::All => f.write_str("all"),
            Self::AtLeast(number) => number.fmt(f),
        }
    }
}

/// What a circumstance leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Allow,
    Warn,
    Deny,
}

/// The severity from which a finding denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Threshold {
    Critical,
    High,
    Medium,
    Low,
    /// Any finding that somebody rated, even as harmless.
    None,
    Never,
}

impl Threshold {
    /// Whether a finding of this severity denies. Unknown reaches no threshold: it has a setting of its own.
    pub(crate) fn is_reached_by(self, severity: Severity) -> bool {
        let threshold = match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::None => Severity::None,
            Self::Never => return false,
        };
        severity != Severity::Unknown && rank(severity) >= rank(threshold)
    }

    /// The word in the configuration.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::None => "none",
            Self::Never => "never",
        }
    }
}

/// For sorting, worst last; unknown stands below everything, and is never compared with a threshold.
pub(crate) fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Unknown => 0,
        Severity::None => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

/// As written: the shorthand beside the settings it stands for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    fail_on: Option<Threshold>,
    unknown: Option<Action>,
    unknown_severity: Option<Action>,
    unknown_status: Option<Action>,
    malicious: Option<Action>,
    informational: Option<Action>,
    kev: Option<Action>,
    epss: Option<f64>,
    unfixed: Option<Action>,
    licenses: Option<Licenses>,
    /// Read by the host.
    baseline: Option<String>,
    /// Read by the host.
    max_database_age: Option<String>,
    coverage: Option<Action>,
    unreadable: Option<Action>,
    require_sbom: bool,
    quorum: Option<WrittenQuorum>,
}

/// A word or a number.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum WrittenQuorum {
    Word(QuorumWord),
    Number(NonZeroU32),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum QuorumWord {
    Any,
    All,
}

impl Config {
    /// Reads the step's configuration; the narrower name wins over the wider one (`unknown`, `coverage`).
    /// The defaults fail closed: what nobody rated, decided or read is not passed in silence.
    pub(crate) fn parse(text: &str) -> Result<Self, PluginError> {
        let written: Written = config::parse(text)?;
        let unknown = written.unknown.unwrap_or(Action::Deny);
        // What the host does with these is done before a policy is asked.
        drop((written.baseline, written.max_database_age));
        let licenses = written.licenses.map(Licenses::checked).transpose()?;
        Ok(Self {
            fail_on: written.fail_on.unwrap_or(Threshold::High),
            unknown_severity: written.unknown_severity.unwrap_or(unknown),
            unknown_status: written.unknown_status.unwrap_or(unknown),
            malicious: written.malicious.unwrap_or(Action::Deny),
            informational: written.informational.unwrap_or(Action::Allow),
            kev: written.kev.unwrap_or(Action::Allow),
            epss: written.epss,
            unfixed: written.unfixed.unwrap_or(Action::Deny),
            licenses,
            coverage: written.coverage.unwrap_or(Action::Warn),
            unreadable: written.unreadable.or(written.coverage).unwrap_or(Action::Deny),
            require_sbom: written.require_sbom,
            quorum: match written.quorum {
                None | Some(WrittenQuorum::Word(QuorumWord::Any)) => Quorum::Any,
                Some(WrittenQuorum::Word(QuorumWord::All)) => Quorum::All,
                Some(WrittenQuorum::Number(number)) => Quorum::AtLeast(number),
            },
        })
    }
}

/// JSON Schema of what `parse` reads. The defaults here are the ones there; a test compares.
pub(crate) const CONFIG_SCHEMA: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "$defs": { "action": { "enum": ["deny", "warn", "allow"] } },
  "properties": {
    "fail_on": {
      "description": "A finding of this severity or worse denies. `none`: any rated finding. `never`: no severity does.",
      "enum": ["critical", "high", "medium", "low", "none", "never"],
      "default": "high"
    },
    "unknown": {
      "description": "Sets `unknown_severity` and `unknown_status` where they are not set.",
      "$ref": "#/$defs/action",
      "default": "deny"
    },
    "unknown_severity": {
      "description": "A finding that nobody rated.",
      "$ref": "#/$defs/action"
    },
    "unknown_status": {
      "description": "A finding of which nobody can tell whether it applies.",
      "$ref": "#/$defs/action"
    },
    "malicious": {
      "description": "A package that was published to do harm, whatever its severity.",
      "$ref": "#/$defs/action",
      "default": "deny"
    },
    "informational": {
      "description": "Records that are no vulnerabilities: unmaintained, unsound, notice.",
      "$ref": "#/$defs/action",
      "default": "allow"
    },
    "kev": {
      "description": "A finding that CISA's catalogue of known exploited vulnerabilities lists, whatever its severity.",
      "$ref": "#/$defs/action",
      "default": "allow"
    },
    "epss": {
      "description": "A finding whose EPSS score (the probability of an exploit within 30 days) is this or more denies.",
      "type": "number",
      "minimum": 0,
      "maximum": 1
    },
    "unfixed": {
      "description": "The most that a vulnerability leads to of which no fix is known. `allow`: only what has a fix counts.",
      "$ref": "#/$defs/action",
      "default": "deny"
    },
    "licenses": {
      "description": "Which licences components may have, as SPDX expressions.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "allow": {
          "description": "The only licences that are allowed: SPDX ids, with or without an exception. Empty: all that are not denied.",
          "type": "array",
          "items": { "type": "string", "minLength": 1 }
        },
        "deny": {
          "description": "Licences that are not allowed. Of a choice (`MIT OR GPL-3.0-only`) the other may be taken.",
          "type": "array",
          "items": { "type": "string", "minLength": 1 }
        },
        "unknown": {
          "description": "Components of which no licence is known.",
          "$ref": "#/$defs/action",
          "default": "warn"
        },
        "exceptions": {
          "description": "Packages that are allowed whatever their licence.",
          "type": "array",
          "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["purl", "reason"],
            "properties": {
              "purl": {
                "description": "The package, with or without a version; without qualifiers.",
                "type": "string",
                "pattern": "^pkg:[^?#]+$"
              },
              "reason": { "description": "Why.", "type": "string", "minLength": 1 }
            }
          }
        }
      }
    },
    "baseline": {
      "description": "An earlier report (`-o json`), relative to this file: findings that it has, no less severe, are set aside. Read by the host.",
      "type": "string",
      "minLength": 1
    },
    "max_database_age": {
      "description": "Longest time since an advisory database was updated or imported, e.g. \"7d\", where it has no `max_age` of its own. Held by the host.",
      "type": "string",
      "minLength": 1
    },
    "coverage": {
      "description": "Files that were read only partly, and components that no scanner could judge.",
      "$ref": "#/$defs/action",
      "default": "warn"
    },
    "unreadable": {
      "description": "Files that could not be read at all. Follows `coverage` where that is set; else denies.",
      "$ref": "#/$defs/action"
    },
    "require_sbom": {
      "description": "Denies a run in which no component was found.",
      "type": "boolean",
      "default": false
    },
    "quorum": {
      "description": "How many scanners must report a finding for it to deny: any one, all that could judge the component, or a number of them. Malware denies by the word of one.",
      "anyOf": [{ "enum": ["any", "all"] }, { "type": "integer", "minimum": 1, "maximum": 1000 }],
      "default": "any"
    }
  }
}"##;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_defaults_are_the_defaults() {
        let schema: serde_json::Value = serde_json::from_str(CONFIG_SCHEMA).unwrap();
        let defaults: serde_json::Map<_, _> = schema["properties"]
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(key, property)| Some((key.clone(), property.get("default")?.clone())))
            .collect();
        // `unreadable` has no default of its own: it follows `coverage` where that is spelled out.
        let spelled_out = serde_json::Value::Object(defaults).to_string();
        let written = Config::parse(&spelled_out).unwrap();
        let unwritten = Config::parse("{}").unwrap();
        assert_eq!(written, Config { unreadable: written.coverage, ..unwritten.clone() });
        assert_eq!(unwritten.unreadable, Action::Deny);
    }

    #[test]
    fn the_longer_name_wins_over_the_shorthand() {
        let config = Config::parse(r#"{"unknown": "deny", "unknown_status": "allow"}"#).unwrap();
        assert_eq!((config.unknown_severity, config.unknown_status), (Action::Deny, Action::Allow));
    }

    #[test]
    fn mistakes_point_at_their_place() {
        let error = Config::parse(r#"{"fail_on": "hihg"}"#).unwrap_err();
        assert!(matches!(error, PluginError::BadConfig((pointer, _)) if pointer == "/fail_on"));
        assert!(matches!(Config::parse(r#"{"fail-on": "high"}"#), Err(PluginError::BadConfig(_))));
    }

    #[test]
    fn a_quorum_is_a_word_or_a_number_and_counts_those_who_could_judge() {
        let quorum = |text: &str| Config::parse(&format!("{{\"quorum\": {text}}}")).map(|config| config.quorum);
        let two = quorum("2").unwrap();
        assert_eq!((quorum("\"all\"").unwrap(), two.to_string().as_str()), (Quorum::All, "2"));
        assert!(quorum("0").is_err() && quorum("\"most\"").is_err());
        assert!(Quorum::Any.is_met(1, 3) && !Quorum::All.is_met(2, 3) && Quorum::All.is_met(3, 3));
        assert!(!two.is_met(1, 3) && two.is_met(2, 3));
        // The second could not tell.
        assert!(two.is_met(1, 1));
    }

    #[test]
    fn unknown_reaches_no_threshold_and_none_is_reached_by_any_rating() {
        assert!(Threshold::High.is_reached_by(Severity::Critical));
        assert!(!Threshold::High.is_reached_by(Severity::Medium));
        assert!(Threshold::None.is_reached_by(Severity::None));
        assert!(!Threshold::None.is_reached_by(Severity::Unknown));
        assert!(!Threshold::Never.is_reached_by(Severity::Critical));
    }
}

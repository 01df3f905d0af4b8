//! What publishers say of a package in fields of their own, kept as properties of a finding.

use chiron_model::text::{cut, one_line};
use serde_json::Value;

use super::rows::Placed;

/// Longest value kept, in characters: a few import paths with their symbols.
const VALUE_CHARS_MAX: usize = 400;

/// Fields of Debian's records for a state in a release, in the order in which the first is taken: end of life, no
/// advisory planned (`no-dsa`), and the like.
const STATES: [&str; 5] = ["state", "status", "nodsa", "nodsa_reason", "resolution"];

/// The properties `chiron:urgency`, `chiron:distribution-state` and `chiron:affected-imports` of the entries, each value
/// once.
pub(super) fn facts(entries: &[Placed<'_>]) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |key: &str, value: String| {
        let fact = (key.to_owned(), cut(&one_line(&value), VALUE_CHARS_MAX).into_owned());
        if !fact.1.is_empty() && !facts.contains(&fact) {
            facts.push(fact);
        }
    };
    for placed in entries {
        let specific = &placed.affected.ecosystem_specific;
        if let Some(urgency) = urgency(specific).filter(|urgency| *urgency != "end-of-life") {
            add("chiron:urgency", urgency.to_owned());
        }
        if let Some(state) = state(placed) {
            add("chiron:distribution-state", state.to_owned());
        }
        if let Some(imports) = specific["imports"].as_array() {
            let imports: Vec<_> = imports.iter().filter_map(import).collect();
            add("chiron:affected-imports", imports.join("; "));
        }
    }
    facts
}

/// Whether every entry is one that its distribution takes for unimportant (Debian security tracker, "Severity levels":
/// "this problem does not affect the Debian binary package", or is no security problem).
pub(super) fn is_unimportant(entries: &[Placed<'_>]) -> bool {
    entries.iter().all(|placed| urgency(&placed.affected.ecosystem_specific) == Some("unimportant"))
}

fn urgency(specific: &Value) -> Option<&str> {
    specific["urgency"].as_str().filter(|word| *word != "not yet assigned")
}

/// Said in a field, by the urgency, or in place of a fixed version (`<no-dsa>`).
fn state<'a>(placed: &Placed<'a>) -> Option<&'a str> {
    let specific = &placed.affected.ecosystem_specific;
    let field = STATES.iter().find_map(|field| specific[*field].as_str());
    let by_urgency = || urgency(specific).filter(|urgency| *urgency == "end-of-life");
    let by_version = || {
        let events = placed.affected.ranges.iter().flat_map(|range| &range.events);
        events.filter_map(|event| event.fixed.as_deref()?.strip_prefix('<')?.strip_suffix('>')).next()
    };
    field.or_else(by_urgency).or_else(by_version)
}

/// `net/http (Get, Post)`: a package of a Go module, and its vulnerable symbols (Go vulnerability database, "Import").
fn import(import: &Value) -> Option<String> {
    let path = import["path"].as_str()?;
    let symbols: Vec<_> = import["symbols"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Some(if symbols.is_empty() { path.to_owned() } else { format!("{path} ({})", symbols.join(", ")) })
}

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;

    fn of(affected: &str) -> (Vec<(String, String)>, bool) {
        let record = Record::parse(format!(r#"{{"id": "X-1", "affected": [{{{affected}}}]}}"#).as_bytes()).unwrap();
        let placed = [Placed { place: 0, channel: String::new(), affected: &record.affected[0] }];
        (facts(&placed), is_unimportant(&placed))
    }

    fn said(affected: &str) -> Vec<String> {
        of(affected).0.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    #[test]
    fn states_of_a_distribution_survive() {
        for (affected, expected) in [
            (r#""ecosystem_specific": {"urgency": "not yet assigned"}"#, vec![]),
            (r#""ecosystem_specific": {"urgency": "low"}"#, vec!["chiron:urgency=low"]),
            (r#""ecosystem_specific": {"urgency": "end-of-life"}"#, vec!["chiron:distribution-state=end-of-life"]),
            (r#""ecosystem_specific": {"nodsa": "no-dsa"}"#, vec!["chiron:distribution-state=no-dsa"]),
            (
                r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "<postponed>"}]}]"#,
                vec!["chiron:distribution-state=postponed"],
            ),
            (r#""ecosystem_specific": 7"#, vec![]),
        ] {
            assert_eq!(said(affected), expected, "{affected}");
        }
        assert!(of(r#""ecosystem_specific": {"urgency": "unimportant"}"#).1);
        assert!(!of(r#""ecosystem_specific": {"urgency": "low"}"#).1);
    }

    #[test]
    fn go_says_which_imports_are_affected() {
        let imports =
            r#""ecosystem_specific": {"imports": [{"path": "a/b", "symbols": ["F", "T.G"]}, {"path": "a"}, 3]}"#;
        assert_eq!(said(imports), ["chiron:affected-imports=a/b (F, T.G); a"]);
    }
}

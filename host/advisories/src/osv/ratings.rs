//! The ratings of a record, wherever it carries them.

use serde_json::Value;

use super::Record;
use super::rows::Placed;
use crate::rating;
use crate::row::Rating;

/// Every rating the record or the entries carry, each once, in the record's order.
pub(super) fn ratings(record: &Record, entries: &[Placed<'_>]) -> Vec<Rating<String>> {
    let mut ratings: Vec<Rating<String>> = Vec::new();
    let mut add = |system: &str, vector: &str| {
        if !vector.is_empty() && !ratings.iter().any(|known| known.vector == vector) {
            ratings.push(Rating { system: system.to_owned(), vector: vector.to_owned(), value: rating::score(vector) });
        }
    };
    let lists = std::iter::once(&record.severity).chain(entries.iter().map(|placed| &placed.affected.severity));
    for severity in lists.filter_map(Value::as_array).flatten() {
        if let (Some(system), Some(vector)) = (severity["type"].as_str(), severity["score"].as_str()) {
            add(system, vector);
        }
    }
    let own = entries.iter().map(|placed| &placed.affected.database_specific);
    // RustSec repeats its vector here; records from before OSV's `severity` have it only here.
    for vector in own.clone().filter_map(|specific| specific["cvss"].as_str()) {
        add(system_of(vector), vector);
    }
    for word in std::iter::once(&record.database_specific).chain(own).filter_map(|s| s["severity"].as_str()) {
        add("text", word);
    }
    for (system, word) in entries.iter().filter_map(|placed| distribution_word(&placed.affected.ecosystem_specific)) {
        add(system, word);
    }
    ratings
}

/// Debian's urgency and Ubuntu's priority. `*` marks an urgency that a person has not looked at.
fn distribution_word(specific: &Value) -> Option<(&'static str, &str)> {
    let urgency = specific["urgency"].as_str().map(|word| ("Debian", word.trim_end_matches('*')));
    let priority = || specific["ubuntu_priority"].as_str().map(|word| ("Ubuntu", word));
    urgency.or_else(priority).filter(|(_, word)| matches!(*word, "low" | "medium" | "high" | "critical"))
}

fn system_of(vector: &str) -> &'static str {
    match vector.as_bytes() {
        [b'C', b'V', b'S', b'S', b':', b'3', ..] => "CVSS_V3",
        [b'C', b'V', b'S', b'S', b':', b'4', ..] => "CVSS_V4",
        _ => "CVSS_V2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &str, affected: &str) -> Vec<Rating<String>> {
        let json = format!(r#"{{"id": "X-1", {fields} "affected": [{{{affected} "ranges": []}}]}}"#);
        let record = Record::parse(json.as_bytes()).unwrap();
        ratings(&record, &[Placed { place: 0, channel: String::new(), affected: &record.affected[0] }])
    }

    #[test]
    fn every_rating_is_kept_and_scored() {
        let ratings = of(
            r#""severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
                {"type": "CVSS_V3", "score": 7}, "x", {"type": "Ubuntu", "score": "low"}],
               "database_specific": {"severity": "MODERATE"},"#,
            r#""severity": [{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:N/I:N/A:C"}],
               "database_specific": {"severity": 7, "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},"#,
        );
        let seen: Vec<_> = ratings.iter().map(|r| (r.system.as_str(), r.value)).collect();
        assert_eq!(seen, [("CVSS_V3", Some(7.5)), ("Ubuntu", None), ("CVSS_V2", Some(7.8)), ("text", None)]);
        assert!(of(r#""database_specific": {"severity": {"a": 1}},"#, "").is_empty());
    }
}

//! Other scanners' ratings in Chiron's words.

use chiron_sdk::scan::{Score, Severity};

/// The qualitative scale of CVSS v3.1 (section 5) and v4.0 (section 6). What is off the scale rates nothing.
#[must_use]
pub fn from_score(value: f64) -> Severity {
    match value {
        value if !(0.0..=10.0).contains(&value) => Severity::Unknown,
        value if value >= 9.0 => Severity::Critical,
        value if value >= 7.0 => Severity::High,
        value if value >= 4.0 => Severity::Medium,
        value if value > 0.0 => Severity::Low,
        _ => Severity::None,
    }
}

/// A scanner's word. "Negligible" is the least of five that still rate something, so it is low: none would tell a gate that
/// there is nothing.
#[must_use]
pub fn from_word(word: &str) -> Severity {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" | "negligible" => Severity::Low,
        "none" | "info" | "informational" => Severity::None,
        _ => Severity::Unknown,
    }
}

/// A scanner's word as a rating of its own, so that it can be read beside the scores.
#[must_use]
pub fn word(word: &str) -> Option<Score> {
    (!word.is_empty()).then(|| Score { system: "text".to_owned(), vector: word.to_owned(), value: None })
}

/// A rating by CVSS, of the version that its vector begins with, else of the one that is said.
#[must_use]
pub fn cvss(vector: &str, version: &str, value: Option<f64>) -> Option<Score> {
    let said = vector.strip_prefix("CVSS:").unwrap_or(version);
    let system = match said.chars().next() {
        Some('2') => "CVSS_V2",
        Some('3') => "CVSS_V3",
        Some('4') => "CVSS_V4",
        // Vectors of version 2 have no prefix.
        _ if vector.starts_with("AV:") => "CVSS_V2",
        _ => return None,
    };
    let value = value.filter(|value| (0.0..=10.0).contains(value));
    (!vector.is_empty()).then(|| Score { system: system.to_owned(), vector: vector.to_owned(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_scores_have_one_scale() {
        for (word, severity) in [
            ("CRITICAL", Severity::Critical),
            ("Important", Severity::High),
            ("Negligible", Severity::Low),
            ("UNKNOWN", Severity::Unknown),
            ("", Severity::Unknown),
        ] {
            assert_eq!(from_word(word), severity, "{word}");
        }
        assert_eq!(
            (from_score(9.0), from_score(6.9), from_score(0.0)),
            (Severity::Critical, Severity::Medium, Severity::None)
        );
        assert_eq!((from_score(10.1), from_score(f64::NAN)), (Severity::Unknown, Severity::Unknown));
    }

    #[test]
    fn the_version_of_a_rating_is_that_of_its_vector() {
        let system = |vector: &str, version: &str| cvss(vector, version, Some(5.0)).map(|score| score.system);
        assert_eq!(system("CVSS:4.0/AV:N", "3.1").as_deref(), Some("CVSS_V4"));
        assert_eq!(system("AV:N/AC:L/Au:N/C:N/I:N/A:P", "2.0").as_deref(), Some("CVSS_V2"));
        assert_eq!(system("AV:N/AC:L/Au:N/C:N/I:N/A:P", "").as_deref(), Some("CVSS_V2"));
        assert_eq!((system("whatever", ""), system("", "3.1")), (None, None));
        assert_eq!(cvss("CVSS:3.1/AV:N", "", Some(1e9)).and_then(|score| score.value), None);
    }
}

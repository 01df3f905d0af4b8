//! Which of a record's ratings becomes the finding's severity. All ratings stay on the finding.

use chiron_sdk::scan::{Score, Severity};

use crate::scan::is_informational;

/// The stated choice: CVSS v4, else v3, else v2, else the publisher's word.
///
/// Newer systems first, because a publisher that rates by two meant the newer; a word last, because its scale is the
/// publisher's own. Two ratings of one system: the worse, since nobody has said which is wrong.
pub(crate) fn severity(scores: &[Score], category: &str) -> Severity {
    for system in ["CVSS_V4", "CVSS_V3", "CVSS_V2"] {
        let worst =
            scores.iter().filter(|score| score.system == system).filter_map(|score| score.value).reduce(f64::max);
        if let Some(value) = worst {
            return from_score(value);
        }
    }
    let words = scores.iter().filter(|score| !score.system.starts_with("CVSS")).map(|score| from_word(&score.vector));
    match words.max_by_key(|severity| rank(*severity)) {
        Some(severity) if severity != Severity::Unknown => severity,
        // Nobody rates malware; nobody needs to.
        _ if category == "malicious" => Severity::Critical,
        // No rating was forgotten here: an unmaintained crate has no hole to rate.
        _ if scores.is_empty() && is_informational(category) => Severity::None,
        _ => Severity::Unknown,
    }
}

/// The qualitative scale of CVSS v3.1 section 5 and v4.0 section 6, used for v2 as well, as NVD's successors do.
fn from_score(value: f64) -> Severity {
    match value {
        value if !(0.0..=10.0).contains(&value) => Severity::Unknown,
        value if value >= 9.0 => Severity::Critical,
        value if value >= 7.0 => Severity::High,
        value if value >= 4.0 => Severity::Medium,
        value if value > 0.0 => Severity::Low,
        _ => Severity::None,
    }
}

fn from_word(word: &str) -> Severity {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        "none" | "info" | "informational" => Severity::None,
        _ => Severity::Unknown,
    }
}

fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Unknown => 0,
        Severity::None => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(system: &str, value: f64) -> Score {
        Score { system: system.to_owned(), vector: "vector".to_owned(), value: Some(value) }
    }

    fn word(word: &str) -> Score {
        Score { system: "text".to_owned(), vector: word.to_owned(), value: None }
    }

    #[test]
    fn newer_systems_come_first_and_words_last() {
        let all = [word("LOW"), score("CVSS_V2", 10.0), score("CVSS_V3", 7.0), score("CVSS_V4", 5.5)];
        assert_eq!(severity(&all, "vulnerability"), Severity::Medium);
        assert_eq!(severity(&all[..3], "vulnerability"), Severity::High);
        assert_eq!(severity(&all[..2], "vulnerability"), Severity::Critical);
        assert_eq!(severity(&all[..1], "vulnerability"), Severity::Low);
    }

    #[test]
    fn two_ratings_of_one_system_give_the_worse() {
        assert_eq!(severity(&[score("CVSS_V3", 3.0), score("CVSS_V3", 9.8)], "vulnerability"), Severity::Critical);
    }

    #[test]
    fn a_vector_without_a_value_gives_way_to_the_word() {
        let unreadable = Score { system: "CVSS_V3".to_owned(), vector: "CVSS:3.1/AV:N".to_owned(), value: None };
        assert_eq!(severity(&[unreadable.clone(), word("MODERATE")], "vulnerability"), Severity::Medium);
        assert_eq!(severity(&[unreadable], "vulnerability"), Severity::Unknown);
    }

    #[test]
    fn what_nobody_rated_is_unknown_except_where_nothing_is_to_rate() {
        assert_eq!(severity(&[], "vulnerability"), Severity::Unknown);
        assert_eq!(severity(&[], "unmaintained"), Severity::None);
        assert_eq!(severity(&[score("CVSS_V3", 7.5)], "unsound"), Severity::High);
        assert_eq!(severity(&[], "malicious"), Severity::Critical);
        assert_eq!(severity(&[word("whatever")], "notice"), Severity::Unknown);
    }

    #[test]
    fn a_value_off_the_scale_is_unknown() {
        assert_eq!(severity(&[score("CVSS_V3", 99.0)], "vulnerability"), Severity::Unknown);
        assert_eq!(severity(&[score("CVSS_V3", f64::NAN)], "vulnerability"), Severity::Unknown);
        assert_eq!(severity(&[score("CVSS_V3", 0.0)], "vulnerability"), Severity::None);
    }
}

//! How bad a finding is.

use std::fmt;
use std::str::FromStr;

/// A severity level. It has no order of its own: "unknown" is neither above nor below anything, and
/// every threshold goes through [`Severity::reaches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Nobody rated it, or the rating could not be read.
    Unknown,
    /// Rated zero.
    None,
    /// CVSS 0.1 to 3.9.
    Low,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
}

impl Severity {
    /// Every level, worst first, with `Unknown` last: the order of tables and summaries.
    pub const WORST_FIRST: [Self; 6] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::None, Self::Unknown];

    /// The level of a CVSS score, by the qualitative scale of CVSS v3.1 section 5 and v4.0 section 6.
    /// Out of range or not a number is `Unknown`.
    #[must_use]
    pub fn from_score(score: f64) -> Self {
        match score {
            s if !s.is_finite() || !(0.0..=10.0).contains(&s) => Self::Unknown,
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            _ => Self::None,
        }
    }

    /// Reads the words advisories use, in any case; GitHub's "moderate" is medium.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" | "important" => Self::High,
            "medium" | "moderate" => Self::Medium,
            "low" => Self::Low,
            "none" | "info" | "informational" => Self::None,
            _ => Self::Unknown,
        }
    }

    /// Whether this severity is at `threshold` or worse. `Unknown` reaches no threshold: it has its own setting.
    #[must_use]
    pub fn reaches(self, threshold: Self) -> bool {
        match (self.level(), threshold.level()) {
            (Some(own), Some(limit)) => own >= limit,
            _ => false,
        }
    }

    /// The worse of two ratings; a known rating wins over `Unknown`.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        match (self.level(), other.level()) {
            (Some(own), Some(theirs)) if theirs > own => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }

    /// Position in tables: 0 is worst, `Unknown` is last.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Critical => 0,
            Self::High => 1,
            Self::Medium => 2,
            Self::Low => 3,
            Self::None => 4,
            Self::Unknown => 5,
        }
    }

    /// The word in files and settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn level(self) -> Option<u8> {
        match self {
            Self::Unknown => None,
            Self::None => Some(0),
            Self::Low => Some(1),
            Self::Medium => Some(2),
            Self::High => Some(3),
            Self::Critical => Some(4),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The word is none of the severities.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a severity: expected critical, high, medium, low, none or unknown")]
pub struct SeverityError {
    word: String,
}

impl FromStr for Severity {
    type Err = SeverityError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::WORST_FIRST.into_iter().find(|s| s.word() == word).ok_or_else(|| SeverityError { word: word.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first Chiron's gate was inverted: "high" did not stop a critical finding.
    #[test]
    fn a_threshold_stops_everything_at_or_above_it() {
        assert!(Severity::Critical.reaches(Severity::High));
        assert!(Severity::High.reaches(Severity::High));
        assert!(!Severity::Medium.reaches(Severity::High));
        assert!(Severity::Critical.reaches(Severity::Low));
    }

    #[test]
    fn unknown_reaches_no_threshold_and_loses_to_any_rating() {
        assert!(!Severity::Unknown.reaches(Severity::None));
        assert_eq!(Severity::Unknown.worse(Severity::Low), Severity::Low);
        assert_eq!(Severity::Critical.worse(Severity::Unknown), Severity::Critical);
    }

    #[test]
    fn scores_fall_into_the_cvss_bands() {
        assert_eq!(Severity::from_score(9.0), Severity::Critical);
        assert_eq!(Severity::from_score(8.9), Severity::High);
        assert_eq!(Severity::from_score(0.0), Severity::None);
        assert_eq!(Severity::from_score(f64::NAN), Severity::Unknown);
    }
}

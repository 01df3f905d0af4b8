//! Until when a suppression holds.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The end of a suppression. Tools differ about the last moment, and each file means what its tool does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// Holds all of this day, in UTC.
    Day(Date),
    /// Holds up to this moment and in it.
    Through(Timestamp),
    /// Holds before this moment.
    Before(Timestamp),
}

impl Until {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        match self {
            Self::Day(last) => now.to_zoned(TimeZone::UTC).date() > *last,
            Self::Through(last) => now > *last,
            Self::Before(end) => now >= *end,
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Through(moment) | Self::Before(moment) => {
                let at = moment.to_zoned(TimeZone::UTC);
                if at.time() == jiff::civil::Time::midnight() { at.date().fmt(f) } else { moment.fmt(f) }
            }
        }
    }
}

/// Reads `2027-01-31`, and nothing that only begins so.
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// A date, or a date with a time and an offset (without one, UTC).
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if let Some(day) = day(text) {
        return day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    let local = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp());
    text.parse().ok().or_else(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_its_own() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day = Until::Day("2027-01-31".parse().unwrap());
        assert!(!day.is_over(at("2027-01-31T23:59:59Z")) && day.is_over(at("2027-02-01T00:00:00Z")));
        let through = Until::Through(at("2027-01-31T00:00:00Z"));
        assert!(!through.is_over(at("2027-01-31T00:00:00Z")) && through.is_over(at("2027-01-31T00:00:01Z")));
        assert!(Until::Before(at("2027-01-31T00:00:00Z")).is_over(at("2027-01-31T00:00:00Z")));
        assert_eq!(through.to_string(), "2027-01-31");
    }

    #[test]
    fn dates_and_moments_are_read() {
        for text in [
            "2027-01-31",
            "2027-01-31T00:00:00Z",
            "2027-01-31T00:00:00",
            "2027-01-31 00:00:00",
            "2027-01-31T02:00:00+02:00",
        ] {
            assert_eq!(moment(text).map(|m| m.to_string()).as_deref(), Some("2027-01-31T00:00:00Z"), "{text}");
        }
        for text in ["", "soon", "2027-02-30", "31.01.2027", "2027-1-31"] {
            assert_eq!((moment(text), day(text)), (None, None), "{text}");
        }
    }
}

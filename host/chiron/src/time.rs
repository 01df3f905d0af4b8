//! The clocks of a run, and what the environment may say about them.

use chiron_pipeline::{Error, Time};
use jiff::Timestamp;

/// Whether an operator lets `--at` be used where `CI=true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtInCi {
    Allowed,
    Refused,
}

/// Reads `--at` and `SOURCE_DATE_EPOCH`.
///
/// # Errors
/// `--at` when `CI=true`: a gate must not be dated back by whoever runs it. An epoch that is no number.
pub(crate) fn of_run(at: Option<Timestamp>, at_in_ci: AtInCi) -> Result<Time, Error> {
    if at.is_some() && at_in_ci == AtInCi::Refused && in_ci() {
        return Err(Error::Refused { setting: "--at".to_owned(), why: "when CI=true" });
    }
    let clock = Timestamp::now();
    let evaluated_at = whole_seconds(at.unwrap_or(clock));
    let printed_at = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => epoch(&text)?,
        Err(_) => evaluated_at,
    };
    Ok(Time { evaluated_at, clock, frozen: at.is_some(), printed_at })
}

/// Whether this is a CI job, by the variable that every CI sets.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

fn epoch(text: &str) -> Result<Timestamp, Error> {
    let refused = || Error::Refused {
        setting: format!("SOURCE_DATE_EPOCH={text}"),
        why: "because it is not a number of seconds",
    };
    text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(refused)
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

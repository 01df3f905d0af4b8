//! How old a database may be. Measured from when it was last confirmed by a mirror, or imported, as the file beside it
//! says: the newest record tells nothing, since some are dated in the future.

use std::path::Path;

use chiron_advisories::{Origin, OriginError};
use chiron_model::report::Note;
use chiron_model::step::Failure;
use jiff::Timestamp;

use crate::house::Time;
use crate::plan::{DatabaseSource, Plan, PlannedDatabase};

use super::Databases;

/// How far ahead of this machine's clock another one's may have been, in seconds.
const SKEW_S: i64 = 3600;

const HINT: &str = "update it: chiron db update";

/// Holds every database against its limit. What passed is noted with its date.
///
/// # Errors
/// One that is too old, or of which that cannot be told.
pub(crate) fn check(plan: &Plan, databases: &Databases) -> Result<Vec<Note>, Failure> {
    let mut notes = Vec::new();
    for (planned, database) in plan.databases.iter().zip(databases.open.iter()) {
        let Some(limit_s) = planned.max_age_s else { continue };
        // Records are read for this very run.
        let DatabaseSource::Index(folder) = &planned.source else { continue };
        let origin = origin(planned, folder, &database.id().digest)?;
        let what = format!("the database `{}` was {} at {}", planned.name, origin.how.word(), origin.at);
        if let Some((code, why)) = objection(origin.at, limit_s, &plan.time) {
            let message = format!("{what}, {why}");
            return Err(Failure { code: code.to_owned(), message, hint: Some(HINT.to_owned()) });
        }
        let message = format!("{what}; it may be {} old", words(limit_s));
        notes.push(Note { code: "database-age".to_owned(), message });
    }
    Ok(notes)
}

fn origin(planned: &PlannedDatabase, folder: &Path, digest: &str) -> Result<Origin, Failure> {
    Origin::read(folder, digest).map_err(|error: OriginError| Failure {
        code: "database-age-unknown".to_owned(),
        message: format!("how old the database `{}` is cannot be told: {error}", planned.name),
        hint: Some(HINT.to_owned()),
    })
}

/// Why a database from that time cannot be judged by. In a run dated back with `--at`, one from after that time is not old.
fn objection(at: Timestamp, limit_s: u64, time: &Time) -> Option<(&'static str, String)> {
    let age_s = time.evaluated_at.as_second().saturating_sub(at.as_second());
    if age_s < -SKEW_S && !time.frozen {
        return Some(("database-age-unknown", "which lies in the future".to_owned()));
    }
    let old = u64::try_from(age_s).is_ok_and(|age_s| age_s > limit_s);
    old.then(|| ("database-too-old", format!("more than {} before {}", words(limit_s), time.evaluated_at)))
}

/// In the largest unit that is whole.
fn words(seconds: u64) -> String {
    let many = |count: u64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match seconds {
        _ if seconds.is_multiple_of(86_400) => many(seconds / 86_400, "day"),
        _ if seconds.is_multiple_of(3_600) => many(seconds / 3_600, "hour"),
        _ => many(seconds / 60, "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(at: &str, now: &str, frozen: bool) -> Option<&'static str> {
        let evaluated_at: Timestamp = now.parse().unwrap();
        let time = Time { evaluated_at, clock: evaluated_at, frozen, printed_at: evaluated_at };
        objection(at.parse().unwrap(), 7 * 86_400, &time).map(|(code, _)| code)
    }

    #[test]
    fn an_age_is_measured_by_the_runs_time() {
        let at = "2026-01-01T00:00:00Z";
        for (now, frozen, expected) in [
            ("2026-01-01T00:00:00Z", false, None),
            ("2026-01-08T00:00:00Z", false, None),
            ("2026-01-08T00:00:01Z", false, Some("database-too-old")),
            ("2026-01-08T00:00:01Z", true, Some("database-too-old")),
            // Clocks differ, but not by a day; and a run that is dated back is told so.
            ("2025-12-31T23:30:00Z", false, None),
            ("2025-12-30T00:00:00Z", false, Some("database-age-unknown")),
            ("2025-12-30T00:00:00Z", true, None),
        ] {
            assert_eq!(judged(at, now, frozen), expected, "{now} {frozen}");
        }
        assert_eq!(
            (words(604_800), words(129_600), words(5_400)),
            ("7 days".into(), "36 hours".into(), "90 minutes".into())
        );
    }
}

//! `chiron db status`: what is there, where it is from, how old it is.

use std::path::Path;

use chiron_advisories::{Database, How, Origin, OriginError};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Refusal, folder, open, print, size};
use crate::cli::{DbPlace, Shown};

pub(super) fn status(place: DbPlace, shown: Shown) -> Result<(), Refusal> {
    let folder = folder(place)?;
    let database = open(&folder)?;
    let origin = Origin::read(&folder, &database.id().digest);
    let now = Timestamp::now();
    match shown {
        Shown::Table => print(table(&folder, &database, &origin, now)),
        Shown::Json => print(format!("{:#}\n", document(&folder, &database, &origin, now))),
    }
}

fn table(folder: &Path, database: &Database, origin: &Result<Origin, OriginError>, now: Timestamp) -> String {
    let id = database.id();
    let mut text = format!(
        "folder   {}\nrecords  {}, the newest of {}\ndigest   {}\n",
        folder.display(),
        id.records,
        id.built_at,
        id.digest
    );
    match origin {
        Ok(origin) => {
            let what = match origin.how {
                How::Imported => " from files (how old those were is not known)",
                How::Updated => "",
            };
            text.push_str(&format!("age      {}: {} {}{what}\n", age(origin.at, now), origin.how.word(), origin.at));
        }
        Err(error) => text.push_str(&format!("age      not known: {error}\n")),
    }
    text.push_str("ecosystems\n");
    for (ecosystem, count) in database.ecosystems() {
        text.push_str(&format!("  {:<12} {count}\n", ecosystem.osv_name()));
    }
    let sources = origin.as_ref().map(|origin| origin.sources.as_slice()).unwrap_or_default();
    if !sources.is_empty() {
        text.push_str("sources\n");
    }
    for source in sources {
        let made = source.last_modified.as_ref().map(|made| format!(", made {made}")).unwrap_or_default();
        text.push_str(&format!(
            "  {:<12} {} from {}{made}\n  {:<12} fetched {}, checked {}\n  {:<12} sha256:{}\n",
            source.ecosystem,
            size(source.bytes),
            source.from,
            "",
            source.fetched_at,
            source.checked_at,
            "",
            source.sha256
        ));
    }
    text
}

fn document(folder: &Path, database: &Database, origin: &Result<Origin, OriginError>, now: Timestamp) -> Value {
    let id = database.id();
    let ecosystems: serde_json::Map<_, _> = database
        .ecosystems()
        .into_iter()
        .map(|(ecosystem, count)| (ecosystem.osv_name().to_owned(), json!(count)))
        .collect();
    let mut status = json!({
        "folder": folder.display().to_string(),
        "records": id.records,
        "built_at": id.built_at,
        "digest": id.digest,
        "ecosystems": ecosystems,
    });
    match origin {
        Ok(origin) => {
            status["how"] = json!(origin.how.word());
            status["obtained_at"] = json!(origin.at.to_string());
            status["age_seconds"] = json!(now.as_second().saturating_sub(origin.at.as_second()).max(0));
            status["sources"] = json!(origin.sources);
        }
        Err(error) => status["age_unknown"] = json!(error.to_string()),
    }
    status
}

/// Whole days, hours or minutes.
fn age(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.as_second().saturating_sub(at.as_second()) / 60;
    let many = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match minutes {
        ..0 => "in the future".to_owned(),
        0 => "less than a minute".to_owned(),
        1..120 => many(minutes, "minute"),
        120..2880 => many(minutes / 60, "hour"),
        _ => many(minutes / 1440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        for (seconds, told) in [
            (-1, "less than a minute"),
            (-61, "in the future"),
            (59, "less than a minute"),
            (60, "1 minute"),
            (7_199, "119 minutes"),
            (7_200, "2 hours"),
            (172_799, "47 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(age(at(0), at(seconds)), told, "{seconds}");
        }
    }
}

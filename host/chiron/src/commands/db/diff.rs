//! `chiron db diff`: what is different between two databases.

use std::path::{Path, PathBuf};

use chiron_advisories::{Database, Difference, DifferenceOf};
use chiron_model::text::one_line;
use chiron_pipeline::ExitCode as Code;
use serde_json::{Map, Value, json};

use super::import::with_names;
use super::{Refusal, because, not_opened, print, records};
use crate::cli::Shown;

/// Records of one kind that a table names; all of them stand in JSON.
const NAMED: usize = 50;

pub(super) fn diff(old: &Path, new: &Path, shown: Shown) -> Result<(), Refusal> {
    let (old, _old) = either(old)?;
    let (new, _new) = either(new)?;
    let difference = chiron_advisories::diff(&old, &new).map_err(|error| {
        Refusal::new(because(&error), Code::NotJudged).help("`chiron db verify` says which one it is")
    })?;
    match shown {
        Shown::Table => print(table(&difference)),
        Shown::Json => print(format!("{:#}\n", document(&difference, &old, &new))),
    }
}

/// A database that is there, or one made of records for as long as it is looked at.
fn either(path: &Path) -> Result<(Database, Option<tempfile::TempDir>), Refusal> {
    if !path.exists() {
        return Err(Refusal::new(format!("{} is not there", path.display()), Code::Usage));
    }
    if Database::is_in(path) {
        return Database::open(path, "default").map(|database| (database, None)).map_err(|error| not_opened(&error));
    }
    let failed = |reason: String| Refusal::new(format!("failed to index {}: {reason}", path.display()), Code::Io);
    let scratch = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let paths: [PathBuf; 1] = [path.to_owned()];
    let summary =
        chiron_advisories::import(&paths, scratch.path(), &|_| {}).map_err(|error| failed(with_names(&error)))?;
    if summary.malformed > 0 {
        crate::door::say(&format!("warning: {}: {} malformed, left out", path.display(), records(summary.malformed)));
    }
    let database = Database::open(scratch.path(), "default").map_err(|error| failed(because(&error)))?;
    Ok((database, Some(scratch)))
}

fn table(difference: &Difference) -> String {
    let mut text = String::new();
    let counts: Vec<_> =
        DifferenceOf::ALL.into_iter().map(|what| format!("{} {}", difference.count(what), what.word())).collect();
    text.push_str(&format!("{}; {} the same\n", counts.join(", "), difference.same));
    for (ecosystem, counts) in difference.counts() {
        let counts: Vec<_> = counts.into_iter().map(|(what, count)| format!("{count} {}", what.word())).collect();
        text.push_str(&format!("  {ecosystem}: {}\n", counts.join(", ")));
    }
    for what in DifferenceOf::ALL {
        let changes: Vec<_> = difference.changes.iter().filter(|change| change.what == what).collect();
        if changes.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}\n", what.word().to_uppercase()));
        for change in changes.iter().take(NAMED) {
            let parts = [change.id.as_str(), &change.packages.join(", "), &change.summary].map(one_line);
            text.push_str(&format!("  {}\n", parts.join("  ").trim_end()));
        }
        if changes.len() > NAMED {
            text.push_str(&format!("  and {} more; -o json lists all\n", changes.len() - NAMED));
        }
    }
    text
}

fn document(difference: &Difference, old: &Database, new: &Database) -> Value {
    let mut counts = Map::new();
    for (ecosystem, of) in difference.counts() {
        let of: Map<_, _> = of.into_iter().map(|(what, count)| (what.word().to_owned(), json!(count))).collect();
        counts.insert(ecosystem.to_owned(), Value::Object(of));
    }
    let changes: Vec<_> = difference
        .changes
        .iter()
        .map(|change| {
            json!({
                "change": change.what.word(),
                "id": change.id,
                "ecosystems": change.ecosystems,
                "packages": change.packages,
                "summary": one_line(&change.summary),
            })
        })
        .collect();
    json!({
        "old": { "digest": old.id().digest, "records": old.id().records },
        "new": { "digest": new.id().digest, "records": new.id().records },
        "same": difference.same,
        "ecosystems": counts,
        "changes": changes,
    })
}

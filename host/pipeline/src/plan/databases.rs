//! Which databases are asked, in which order.

use std::path::{Path, PathBuf};

use chiron_advisories::Database;

use super::{DatabaseSource, PlannedDatabase};
use crate::config::file::DatabaseTable;
use crate::config::{PipelineConfig, databases, units};
use crate::error::Error;
use crate::house::{DatabaseChoice, House};
use crate::lock::Locked;

/// Decides it.
///
/// # Errors
/// Several given databases, where pipeline.toml pins one: which of them would be meant nobody can say.
pub(super) fn plan(config: &PipelineConfig, locked: &Locked, house: &House) -> Result<Vec<PlannedDatabase>, Error> {
    let tables = databases::in_order(config);
    match &house.database {
        DatabaseChoice::Given(paths) => given(paths, &tables, locked),
        DatabaseChoice::Default(home) if tables.is_empty() => Ok(vec![PlannedDatabase {
            name: "default".to_owned(),
            source: of_home(home.as_deref()),
            pinned: None,
            max_age_s: None,
        }]),
        DatabaseChoice::Default(home) => {
            Ok(tables.into_iter().map(|(name, table)| of_table(name, table, config, home.as_deref(), locked)).collect())
        }
    }
}

/// The age that the gate allows, for databases that have no limit of their own.
pub(super) fn limit_age(planned: &mut [PlannedDatabase], config: &PipelineConfig) {
    let limit_s = config.gate_setting("max_database_age").and_then(serde_json::Value::as_str).and_then(units::age_s);
    for database in planned.iter_mut().filter(|database| matches!(database.source, DatabaseSource::Index(_))) {
        database.max_age_s = database.max_age_s.or(limit_s);
    }
}

fn of_table(
    name: &str,
    table: &DatabaseTable,
    config: &PipelineConfig,
    home: Option<&Path>,
    locked: &Locked,
) -> PlannedDatabase {
    PlannedDatabase {
        name: name.to_owned(),
        source: match (&table.path, &table.records) {
            (Some(path), _) => DatabaseSource::Index(config.folder.join(path)),
            (None, Some(records)) => DatabaseSource::Records(config.folder.join(records)),
            (None, None) => of_home(home),
        },
        pinned: pinned(name, table, locked),
        max_age_s: max_age_s(table),
    }
}

fn of_home(home: Option<&Path>) -> DatabaseSource {
    home.map_or(DatabaseSource::Nowhere, |home| DatabaseSource::Index(home.to_owned()))
}

/// The place may be another one; a pinned database is still the one that was reviewed, and none may be older than the
/// file allows the least of its own.
fn given(
    paths: &[PathBuf],
    tables: &[(&String, &DatabaseTable)],
    locked: &Locked,
) -> Result<Vec<PlannedDatabase>, Error> {
    let max_age_s = tables.iter().filter_map(|(_, table)| max_age_s(table)).min();
    let pins: Vec<_> = tables.iter().filter(|(_, table)| table.pin).collect();
    if let ([path], [_, ..]) = (paths, pins.as_slice()) {
        let planned = |(name, table): &&(&String, &DatabaseTable)| PlannedDatabase {
            name: (*name).clone(),
            source: source(path),
            pinned: pinned(name, table, locked),
            max_age_s,
        };
        return Ok(pins.iter().map(planned).collect());
    }
    if !pins.is_empty() {
        return Err(Error::Refused {
            setting: "--db more than once".to_owned(),
            why: "because pipeline.toml pins a database",
        });
    }
    let mut planned: Vec<PlannedDatabase> = Vec::new();
    for path in paths {
        let name = if paths.len() == 1 { "default".to_owned() } else { free_name(path, &planned) };
        planned.push(PlannedDatabase { name, source: source(path), pinned: None, max_age_s });
    }
    Ok(planned)
}

/// The folder's own name, which says more than a number; with a number where it is taken.
fn free_name(path: &Path, taken: &[PlannedDatabase]) -> String {
    let own = path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let own = chiron_model::text::one_line(&own.unwrap_or_else(|| "database".to_owned()));
    let is_taken = |name: &String| taken.iter().any(|other| other.name == *name);
    let numbered = (2..).map(|number| format!("{own}-{number}"));
    std::iter::once(own.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(own)
}

/// What a path given on the command line holds: an index, or records to make one of.
fn source(path: &Path) -> DatabaseSource {
    let index = Database::is_in(path) || !holds_records(path);
    if index { DatabaseSource::Index(path.to_owned()) } else { DatabaseSource::Records(path.to_owned()) }
}

/// A file, or a folder with something in it that an import reads, one or two levels down.
fn holds_records(path: &Path) -> bool {
    fn within(folder: &Path, depth: usize) -> bool {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| {
            let path = entry.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            matches!(extension, Some("json" | "zip")) || (depth > 0 && path.is_dir() && within(&path, depth - 1))
        })
    }
    path.is_file() || within(path, 1)
}

fn max_age_s(table: &DatabaseTable) -> Option<u64> {
    table.max_age.as_deref().and_then(units::age_s)
}

fn pinned(name: &str, table: &DatabaseTable, locked: &Locked) -> Option<String> {
    match locked {
        Locked::Yes(lock) if table.pin => {
            let found = lock.databases.iter().find(|database| database.name == name);
            found.map(|database| database.digest.clone())
        }
        Locked::Yes(_) | Locked::No | Locked::NotUsed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<(String, bool)> {
        let planned = given(paths, &[], &Locked::NotUsed).unwrap();
        planned.into_iter().map(|one| (one.name, matches!(one.source, DatabaseSource::Records(_)))).collect()
    }

    #[test]
    fn given_databases_are_named_by_their_folders_and_records_are_told_from_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for (file, text) in [("private/ACME-1.json", "{}"), ("db/advisories.chdb", ""), ("other/db/PyPI/all.zip", "")] {
            std::fs::create_dir_all(path(file).parent().unwrap()).unwrap();
            std::fs::write(path(file), text).unwrap();
        }
        let told = names(&[path("private"), path("db"), path("other/db")]);
        let expected = [("private", true), ("db", false), ("db-2", true)].map(|(name, it)| (name.to_owned(), it));
        assert_eq!(told, expected);
        assert_eq!(names(&[path("absent")]), [("default".to_owned(), false)]);
        assert_eq!(names(&[path("private")]), [("default".to_owned(), true)]);
    }

    #[test]
    fn the_strictest_age_holds_wherever_the_databases_are() {
        let table = |age: &str| DatabaseTable { max_age: Some(age.to_owned()), ..DatabaseTable::default() };
        let (week, day) = (table("7d"), table("1d"));
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let planned = given(&[PathBuf::from("x")], &[(&a, &week), (&b, &day)], &Locked::NotUsed).unwrap();
        assert_eq!(planned[0].max_age_s, Some(86_400));
        let pin = DatabaseTable { pin: true, ..DatabaseTable::default() };
        let two = [PathBuf::from("x"), PathBuf::from("y")];
        assert!(matches!(given(&two, &[(&a, &pin)], &Locked::NotUsed), Err(Error::Refused { .. })));
    }
}

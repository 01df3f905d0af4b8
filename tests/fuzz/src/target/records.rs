//! OSV records, alone and in archives.

use chiron_advisories::{Database, import};
use chiron_model::advisory::Which;
use chiron_model::purl::Purl;

const ALL: Which = Which { affected: true, unknown: true, unaffected: true, withdrawn: true };

pub(super) fn imported(bytes: &[u8], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (source, db) = (folder.path().join(name), folder.path().join("db"));
    std::fs::write(&source, bytes).unwrap();
    if import(&[source], &db, &|_| {}).is_err() {
        return;
    }
    // What an import wrote is whole, and answers.
    let database = Database::open(&db, "fuzz").unwrap();
    database.verify().unwrap();
    ask(&database, true);
}

/// Asks about the packages that the seeds are about; `sound` says that nothing may be damaged.
pub(super) fn ask(database: &Database, sound: bool) {
    for purl in
        ["pkg:pypi/demo@1.0", "pkg:pypi/demo@1.0+local", "pkg:npm/a@1.0.0-a.1", "pkg:cargo/a@0.1", "pkg:pypi/demo"]
    {
        let answer = database.lookup(&Purl::parse(purl).unwrap(), ALL);
        if let Ok(candidates) = answer {
            for candidate in candidates {
                let raw = database.raw(&candidate.id);
                let group = database.alias_group(&candidate.id);
                assert!(!sound || raw.unwrap().is_some() && group.unwrap().contains(&candidate.id));
            }
        } else if sound {
            let error = answer.unwrap_err().to_string();
            assert!(!error.contains("damaged"), "{error}");
        }
    }
}

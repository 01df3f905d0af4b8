//! A database's folder, records to fill exports with, and updates of it.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use chiron_advisories::{Database, How, Origin};
use chiron_model::ecosystem::Ecosystem;
use chiron_pipeline::update::{Loss, Machine, Mirror, Plaintext, Update, UpdateError, UpdateEvent, Updated};

/// A record about one package.
pub(crate) fn record(ecosystem: &str, id: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2030-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "a"}},
            "versions": ["1.0.0"]}}]}}"#
    )
}

/// An export with records of these ids. Stored, so that bytes can be counted and damaged at will.
pub(crate) fn export(ecosystem: &str, ids: &[&str]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for id in ids {
        archive.start_file(format!("{id}.json"), options).unwrap();
        archive.write_all(record(ecosystem, id).as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) struct Work {
    dir: tempfile::TempDir,
    pub(crate) update: Update,
    told: Mutex<Vec<UpdateEvent>>,
}

impl Work {
    pub(crate) fn new(mirrors: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mirrors = mirrors.iter().map(|text| Mirror::parse(text, Plaintext::Refused).unwrap()).collect();
        let update = Update {
            folder: dir.path().join("db"),
            mirrors,
            ecosystems: Some(vec![Ecosystem::Npm]),
            loss: Loss::Refused,
            authorities: None,
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
        };
        Self { dir, update, told: Mutex::default() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) async fn run(&self) -> Result<Updated, UpdateError> {
        self.update.run(&Machine::new("chiron/0.0.0"), &|event| self.told.lock().unwrap().push(event)).await
    }

    /// What was told since the last time.
    pub(crate) fn told(&self) -> Vec<UpdateEvent> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    pub(crate) fn database(&self) -> Database {
        let database = Database::open(&self.update.folder, "db").unwrap();
        database.verify().unwrap();
        database
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.database().ids().unwrap()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::read(&self.update.folder, &self.database().id().digest).unwrap()
    }

    /// A database that somebody imported.
    pub(crate) fn imported(&self, records: &[String]) {
        let folder = self.path("records");
        std::fs::create_dir_all(&folder).unwrap();
        for (number, record) in records.iter().enumerate() {
            std::fs::write(folder.join(format!("{number}.json")), record).unwrap();
        }
        let summary = chiron_advisories::import(&[folder], &self.update.folder, &|_| {}).unwrap();
        let digest = summary.digest.to_string();
        Origin { digest, how: How::Imported, at: self.update.now, sources: Vec::new() }
            .write(&self.update.folder)
            .unwrap();
    }
}

/// The reasons of the mirrors, where none gave an export.
pub(crate) fn reasons(result: Result<Updated, UpdateError>) -> Vec<String> {
    match result {
        Err(UpdateError::NoMirror { failures, .. }) => failures.into_iter().map(|failure| failure.reason).collect(),
        other => panic!("{other:?}"),
    }
}

//! A folder of one's own, records to put into it, and questions.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use chiron_advisories::{Database, ImportError, ImportSummary, import};
use chiron_model::advisory::{Candidate, Evaluation, Match, Which};
use chiron_model::purl::Purl;
use tempfile::TempDir;

pub(crate) const ALL: Which = Which { affected: true, unknown: true, unaffected: true, withdrawn: false };

pub(crate) const AFFECTED: Which = Which { affected: true, unknown: false, unaffected: false, withdrawn: false };

pub(crate) struct Scratch {
    dir: TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.path("db")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.path("db/advisories.chdb")
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn import(&self, paths: &[PathBuf]) -> Result<ImportSummary, ImportError> {
        import(paths, &self.db(), &|_| {})
    }

    pub(crate) fn open(&self) -> Database {
        Database::open(&self.db(), "test").unwrap()
    }
}

/// A database of these records.
pub(crate) fn database(records: &[&str]) -> (Scratch, Database) {
    let scratch = Scratch::new();
    for (number, record) in records.iter().enumerate() {
        scratch.write(&format!("in/{number}.json"), record.as_bytes());
    }
    let summary = scratch.import(&[scratch.path("in")]).unwrap();
    assert_eq!(summary.reasons, []);
    let database = scratch.open();
    (scratch, database)
}

/// A record about one package, with the rest of its `affected` entry as given.
pub(crate) fn record(id: &str, ecosystem: &str, name: &str, affected: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2024-01-01T00:00:00Z",
            "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}, {affected}}}]}}"#
    )
}

pub(crate) fn purl(text: &str) -> Purl {
    Purl::parse(text).unwrap()
}

pub(crate) fn evaluations(database: &Database, text: &str) -> Vec<(String, Evaluation)> {
    let candidates = database.lookup(&purl(text), ALL).unwrap();
    candidates.into_iter().map(|candidate| (candidate.id, candidate.evaluation)).collect()
}

/// Ids of the records that affect the purl.
pub(crate) fn hits(database: &Database, text: &str) -> Vec<String> {
    let candidates = database.lookup(&purl(text), AFFECTED).unwrap();
    candidates.into_iter().map(|candidate| candidate.id).collect()
}

/// The only candidate, and how it matched.
pub(crate) fn the_match(database: &Database, text: &str) -> (Candidate, Match) {
    let candidate = database.lookup(&purl(text), AFFECTED).unwrap().remove(0);
    let Evaluation::Affected(found) = candidate.evaluation.clone() else {
        panic!("{text}: {candidate:?}");
    };
    (candidate, found)
}

/// A zip archive, deflated.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in members {
        let (mut entry, config) =
            archive.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
        let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

/// The folder of outside data, or None with a line that says what was skipped.
pub(crate) fn outside_data() -> Option<PathBuf> {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join("data");
    if data.join("osv").is_dir() {
        return Some(data);
    }
    eprintln!("skipped: the folder shared/data is not there");
    None
}

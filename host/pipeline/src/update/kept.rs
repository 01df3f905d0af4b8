//! What is kept of an ecosystem beside the index: the last export that was whole, and the beginning of one that is not.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chiron_advisories::{SourceFile, write_json};
use chiron_egress::{Partial, Validators};
use chiron_model::ecosystem::Ecosystem;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The folder of one ecosystem below the database's.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    folder: PathBuf,
}

/// What is known of an export that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The mirror.
    pub(super) from: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) sha256: String,
    pub(super) bytes: u64,
    pub(super) fetched_at: Timestamp,
    pub(super) checked_at: Timestamp,
}

/// What is known of one that broke off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) from: String,
    pub(super) validator: Option<String>,
}

impl Record {
    pub(super) fn validators(&self) -> Validators {
        Validators { etag: self.etag.clone(), last_modified: self.last_modified.clone() }
    }

    pub(super) fn source(&self, ecosystem: Ecosystem) -> SourceFile {
        SourceFile {
            ecosystem: ecosystem.osv_name().to_owned(),
            from: self.from.clone(),
            sha256: self.sha256.clone(),
            bytes: self.bytes,
            last_modified: self.last_modified.clone(),
            fetched_at: self.fetched_at,
            checked_at: self.checked_at,
        }
    }
}

impl Kept {
    pub(super) fn new(database: &Path, ecosystem: Ecosystem) -> Self {
        Self { folder: database.join("downloads").join(ecosystem.osv_name()) }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("all.zip")
    }

    pub(super) fn part(&self) -> PathBuf {
        self.folder.join("all.zip.part")
    }

    fn record(&self) -> PathBuf {
        self.folder.join("all.json")
    }

    fn begun(&self) -> PathBuf {
        self.folder.join("all.zip.part.json")
    }

    /// What is known of the export, if it is there and is what was fetched: all of it is hashed.
    pub(super) fn read(&self) -> Option<Record> {
        let record: Record = read_json(&self.record())?;
        let file = self.file();
        let same_size = fs::metadata(&file).ok()?.len() == record.bytes;
        (same_size && sha256(&file).ok()? == record.sha256).then_some(record)
    }

    pub(super) fn write(&self, record: &Record) -> io::Result<()> {
        write_json(&self.record(), record)
    }

    /// The beginning of an export from that mirror, if the rest can be asked for.
    pub(super) fn partial(&self, mirror: &str) -> Option<Partial> {
        let begun: Begun = read_json(&self.begun())?;
        let bytes = fs::metadata(self.part()).ok()?.len();
        let validator = begun.validator.filter(|_| begun.from == mirror && bytes > 0)?;
        Some(Partial { bytes, validator })
    }

    /// A new beginning.
    pub(super) fn begin(&self, begun: &Begun) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let file = File::create(self.part())?;
        write_json(&self.begun(), begun)?;
        Ok(file)
    }

    /// Forgets what broke off.
    pub(super) fn forget(&self) {
        // What is not there need not be removed; what cannot be is overwritten by the next attempt.
        let _ = fs::remove_file(self.begun());
        let _ = fs::remove_file(self.part());
    }

    /// The part is whole: it takes the place of the export, and then of what is known of it. Where only the first is
    /// done, the digest does not match, and the export counts as absent.
    pub(super) fn finish(&self, record: &Record) -> io::Result<()> {
        fs::rename(self.part(), self.file())?;
        self.write(record)?;
        self.forget();
        Ok(())
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    // Ours, and small; what is neither counts as absent, and the export is fetched whole.
    let mut text = Vec::new();
    File::open(path).ok()?.take(1 << 16).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Of a file's bytes, in hexadecimal digits.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex::encode(hash.finalize()))
}

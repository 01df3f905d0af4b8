//! `chiron db update`: exports fetched from mirrors, a database made of them beside the old one, looked at, and put in its
//! place. Whatever goes wrong on the way, the old one stays what it was.
//!
//! One command, one person, nothing beside it on the runtime: files are read and written in place.

mod error;
mod fetch;
mod kept;
mod loss;
mod mirror;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use chiron_advisories::{Database, How, ImportSummary, Origin, Progress, SourceFile};
pub use chiron_egress::Machine;
use chiron_model::ecosystem::Ecosystem;
use jiff::Timestamp;

pub use error::{Failure, UpdateError};
pub use loss::Loss;
pub use mirror::{DEFAULT_MIRROR, Mirror, MirrorError, Plaintext};

pub(crate) use fetch::{breaks_off, status_words, words};
pub(crate) use mirror::open;

use fetch::Fetcher;
use kept::{Kept, Record};

/// Held by the update that is at work. It stays afterwards, like the lock of the index.
const LOCK: &str = ".update.lock";

/// What an empty folder is filled with: the ecosystems whose lock files Chiron reads most of.
pub const FIRST: [Ecosystem; 3] = [Ecosystem::PyPi, Ecosystem::Npm, Ecosystem::CratesIo];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Update {
    /// Of the database. Downloads are kept in it, so that they can be asked for conditionally and resumed.
    pub folder: PathBuf,
    /// Asked one after the other.
    pub mirrors: Vec<Mirror>,
    /// Which exports; None for those that the database holds, or [`FIRST`] where there is none.
    pub ecosystems: Option<Vec<Ecosystem>>,
    /// Whether records may be gone afterwards.
    pub loss: Loss,
    /// PEM file with certificates of authorities that are trusted besides the system's.
    pub authorities: Option<PathBuf>,
    /// When all this happens. What is fetched is at least as new.
    pub now: Timestamp,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateEvent {
    /// Another update of the same folder is at work.
    Waiting,
    /// A mirror is asked.
    Asking {
        /// For this export.
        ecosystem: Ecosystem,
        /// The address.
        address: String,
        /// How much of it is there already, from an attempt that broke off.
        resumed: u64,
    },
    /// Bytes came.
    Received {
        /// Of this export.
        ecosystem: Ecosystem,
        /// How many so far.
        done: u64,
        /// Of how many, where that is known.
        total: Option<u64>,
    },
    /// The mirror has what is there already.
    Unchanged {
        /// Of this export.
        ecosystem: Ecosystem,
    },
    /// Another export than before is there, and whole.
    Fetched {
        /// Which.
        ecosystem: Ecosystem,
        /// Its size.
        bytes: u64,
    },
    /// A mirror did not give it; the next one is asked.
    Failed {
        /// Which export.
        ecosystem: Ecosystem,
        /// Which mirror, and why.
        failure: Failure,
    },
    /// The new database is made.
    Indexing(Progress),
}

/// Whoever wants to know.
pub type Listener<'a> = &'a (dyn Fn(UpdateEvent) + Sync);

/// What an update led to.
#[derive(Clone, Debug)]
pub struct Updated {
    /// What was imported; None where nothing had changed.
    pub summary: Option<ImportSummary>,
    /// When, and from where.
    pub origin: Origin,
    /// Records that the old database did not hold.
    pub added: u64,
    /// Records that only the old database held.
    pub removed: u64,
}

/// What an update would ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The export.
    pub ecosystem: Ecosystem,
    /// Addresses, in the order in which they are tried.
    pub addresses: Vec<String>,
    /// Size of the download that is kept, which is only sent anew if it has changed; None where there is none.
    pub kept: Option<u64>,
    /// How much an attempt that broke off has left.
    pub resumed: u64,
}

impl Update {
    /// What would be asked for. Touches nothing.
    ///
    /// # Errors
    /// [`UpdateError::WouldLose`].
    pub fn plan(&self) -> Result<Vec<Asked>, UpdateError> {
        let asked = |ecosystem: Ecosystem| {
            let kept = Kept::new(&self.folder, ecosystem);
            let resumed = self.mirrors.iter().find_map(|mirror| kept.partial(&mirror.to_string()));
            Asked {
                ecosystem,
                addresses: self.mirrors.iter().map(|mirror| mirror.address(ecosystem)).collect(),
                kept: kept.read().map(|record| record.bytes),
                resumed: resumed.map_or(0, |partial| partial.bytes),
            }
        };
        Ok(self.wanted()?.into_iter().map(asked).collect())
    }

    /// Does it.
    ///
    /// # Errors
    /// See [`UpdateError`]. The old database is what it was; downloads that are whole are kept.
    pub async fn run(&self, machine: &Machine, listener: Listener<'_>) -> Result<Updated, UpdateError> {
        std::fs::create_dir_all(&self.folder).map_err(UpdateError::io("create", &self.folder))?;
        let _lock = lock(&self.folder, listener)?;
        let wanted = self.wanted()?;
        let mut fetcher = Fetcher::new(self, machine, listener);
        for &ecosystem in &wanted {
            fetcher.fetch(ecosystem).await?;
        }
        let kept = self.all_kept();
        let sources: Vec<SourceFile> = kept.iter().map(|(ecosystem, _, record)| record.source(*ecosystem)).collect();
        let old = Database::open(&self.folder, "old").ok();
        let before = old.as_ref().and_then(|old| Origin::read(&self.folder, &old.id().digest).ok());
        // All of it is hashed: a damaged database must be made anew, not confirmed, since that is what its owner is told to do.
        let is_whole = || old.as_ref().is_some_and(|old| old.verify().is_ok());
        if let Some(before) = before.as_ref().filter(|before| same_files(&before.sources, &sources) && is_whole()) {
            return self.confirm(&before.digest, sources);
        }
        let scratch = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(&self.folder)
            .map_err(UpdateError::io("create a folder in", &self.folder))?;
        let paths: Vec<_> = kept.iter().map(|(_, kept, _)| kept.file()).collect();
        let progress = |progress: Progress| listener(UpdateEvent::Indexing(progress));
        let summary = chiron_advisories::import(&paths, scratch.path(), &progress)?;
        let new = Database::open(scratch.path(), "new").map_err(|error| UpdateError::New(error.to_string()))?;
        if let Some(ecosystem) = wanted.iter().find(|wanted| !new.covers(**wanted)) {
            return Err(UpdateError::NothingOf { ecosystem: *ecosystem });
        }
        let (added, removed) = loss::compare(old.as_ref(), &new, before.as_ref(), self.loss)?;
        chiron_advisories::install(scratch.path(), &self.folder)?;
        let confirmed = self.confirm(&summary.digest.to_string(), sources)?;
        Ok(Updated { summary: Some(summary), added, removed, ..confirmed })
    }

    /// Writes down when this database was last known to be what mirrors have.
    fn confirm(&self, digest: &str, sources: Vec<SourceFile>) -> Result<Updated, UpdateError> {
        let at = sources.iter().map(|source| source.checked_at).min().unwrap_or(self.now);
        let origin = Origin { digest: digest.to_owned(), how: How::Updated, at, sources };
        origin.write(&self.folder).map_err(UpdateError::io("write in", &self.folder))?;
        Ok(Updated { summary: None, origin, added: 0, removed: 0 })
    }

    /// The exports that are asked for. What the database holds beyond them must be kept as a download, or it would be
    /// gone without a word.
    fn wanted(&self) -> Result<Vec<Ecosystem>, UpdateError> {
        let held: BTreeSet<Ecosystem> = match Database::open(&self.folder, "old") {
            Ok(old) => old.ecosystems().into_iter().filter(|(_, count)| *count > 0).map(|(held, _)| held).collect(),
            Err(_) => BTreeSet::new(),
        };
        let Some(asked) = &self.ecosystems else {
            return Ok(if held.is_empty() { FIRST.to_vec() } else { held.into_iter().collect() });
        };
        let mut wanted: Vec<Ecosystem> = Vec::new();
        for ecosystem in asked {
            if !wanted.contains(ecosystem) {
                wanted.push(*ecosystem);
            }
        }
        let kept = |ecosystem: &Ecosystem| Kept::new(&self.folder, *ecosystem).read().is_some();
        let lost: Vec<_> = held.into_iter().filter(|held| !wanted.contains(held) && !kept(held)).collect();
        if !lost.is_empty() && self.loss == Loss::Refused {
            return Err(UpdateError::WouldLose { ecosystems: lost });
        }
        Ok(wanted)
    }

    /// Every download that is kept and whole, also of ecosystems that were not asked for this time.
    fn all_kept(&self) -> Vec<(Ecosystem, Kept, Record)> {
        let kept = Ecosystem::ALL.into_iter().filter_map(|ecosystem| {
            let kept = Kept::new(&self.folder, ecosystem);
            let record = kept.read()?;
            Some((ecosystem, kept, record))
        });
        kept.collect()
    }
}

fn same_files(left: &[SourceFile], right: &[SourceFile]) -> bool {
    let files = |sources: &[SourceFile]| -> BTreeSet<(String, String)> {
        sources.iter().map(|source| (source.ecosystem.clone(), source.sha256.clone())).collect()
    };
    files(left) == files(right)
}

/// Two updates of one folder come one after the other; the second finds everything done and asks only whether it is so.
fn lock(folder: &Path, listener: Listener<'_>) -> Result<File, UpdateError> {
    let path = folder.join(LOCK);
    let lock = File::options().create(true).append(true).open(&path).map_err(UpdateError::io("open", &path))?;
    if lock.try_lock().is_err() {
        listener(UpdateEvent::Waiting);
        lock.lock().map_err(UpdateError::io("lock", &path))?;
    }
    Ok(lock)
}

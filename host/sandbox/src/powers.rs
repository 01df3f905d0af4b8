//! Everything the host can do for a plugin, as traits. The pipeline implements them; the sandbox decides, for each
//! call, whether the plugin may use them.

mod http;
mod tools;

use std::pin::Pin;
use std::sync::Arc;

pub use http::{Http, HttpError, HttpRequest, HttpResponse, Sending};
pub use tools::{Argument, Execution, Exit, Invocation, Invoking, ToolError, ToolInput, Tools};

use chiron_model::advisory::{Candidate, DatabaseId, Which};
use chiron_model::digest::Digest;
pub use chiron_model::event::{Level, Spent};
use chiron_model::purl::Purl;
use chiron_model::statement::Statement;
use chiron_model::subject::Subject;

/// Why a power could not do what was asked. It reaches the plugin as a `plugin-error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PowerError {
    /// The request makes no sense: no such path, no version order for this ecosystem.
    #[error("{0}")]
    BadInput(String),
    /// Something behind the power is broken.
    #[error("{0}")]
    Unavailable(String),
}

/// What kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link; never followed by the host.
    Symlink,
    /// A device, a socket, ...
    Other,
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Slash-separated, relative to the tree's root.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// In bytes, inflated.
    pub size: u64,
}

/// A page of entries, and the cursor that continues after it.
pub type Page = (Vec<Entry>, Option<String>);

/// A read-only directory or archive.
pub trait Tree: Send + Sync {
    /// At most `limit` entries after `cursor` whose path matches `glob`.
    ///
    /// # Errors
    /// A bad glob, or a tree that cannot be read.
    fn entries(&self, glob: &str, cursor: Option<&str>, limit: u32) -> Result<Page, PowerError>;
    /// Opens a file.
    ///
    /// # Errors
    /// No such file, a path that leaves the root, or a limit.
    fn open(&self, path: &str) -> Result<Arc<dyn Blob>, PowerError>;
    /// The target text of a symbolic link.
    ///
    /// # Errors
    /// Not a link.
    fn read_link(&self, path: &str) -> Result<String, PowerError>;
}

/// A read-only file.
pub trait Blob: Send + Sync {
    /// In bytes.
    fn size(&self) -> u64;
    /// Its own name, without folders, where it has one: a program that is shown it looks at names.
    fn name(&self) -> Option<String> {
        None
    }
    /// By name and content.
    fn media_type(&self) -> String;
    /// Computed by the host, once.
    ///
    /// # Errors
    /// An algorithm the host does not compute, or a file that cannot be read.
    fn digest(&self, algorithm: &str) -> Result<Digest, PowerError>;
    /// How many bytes a read of at most `len` from `offset` yields; 0 means end. What has to be unpacked for it is unpacked here.
    ///
    /// # Errors
    /// A file that cannot be read or has changed.
    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError>;
    /// Fills all of `buffer`, which is no longer than what was said to be [`available`](Self::available). It may be the guest's own
    /// memory: nobody copies it again.
    ///
    /// # Errors
    /// A file that cannot be read or has changed.
    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError>;
    /// At most `len` bytes from `offset`; empty means end.
    ///
    /// # Errors
    /// As [`available`](Self::available) and [`fill`](Self::fill).
    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, PowerError> {
        let mut bytes = vec![0; self.available(offset, len)?];
        self.fill(offset, &mut bytes)?;
        Ok(bytes)
    }
    /// The blob as an archive.
    ///
    /// # Errors
    /// Not an archive, a hostile one, or a limit.
    fn open_tree(&self) -> Result<Arc<dyn Tree>, PowerError>;
}

/// The advisory engine.
pub trait Advisories: Send + Sync {
    /// Which databases answer.
    fn databases(&self) -> Vec<DatabaseId>;
    /// What is known about a package.
    ///
    /// # Errors
    /// `BadInput` when no database covers the ecosystem; `Unavailable` when a database is broken.
    fn lookup(&self, purl: &Purl, which: Which) -> Result<Vec<Candidate>, PowerError>;
    /// Whether a database has a record of this package, whatever its version; true wherever it cannot be told.
    ///
    /// # Errors
    /// `Unavailable` when a database is broken.
    fn known(&self, purl: &Purl) -> Result<bool, PowerError> {
        match self.lookup(purl, Which { affected: true, unknown: true, unaffected: true, withdrawn: true }) {
            Ok(found) => Ok(!found.is_empty()),
            Err(PowerError::BadInput(_)) => Ok(true),
            Err(error @ PowerError::Unavailable(_)) => Err(error),
        }
    }
    /// A whole record, OSV JSON.
    ///
    /// # Errors
    /// No such record, or a broken database.
    fn get(&self, database: &str, id: &str) -> Result<Vec<u8>, PowerError>;
    /// Orders two versions.
    ///
    /// # Errors
    /// See [`VersionError`].
    fn compare(&self, ecosystem: &str, left: &str, right: &str) -> Result<std::cmp::Ordering, VersionError>;
    /// Whether a version lies in the set that events describe.
    ///
    /// # Errors
    /// See [`VersionError`].
    fn contains(&self, ecosystem: &str, version: &str, events: &[RangeEvent]) -> Result<bool, VersionError>;
}

/// An event of an OSV range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeEvent {
    /// From here on affected.
    Introduced(String),
    /// From here on not.
    Fixed(String),
    /// After this not.
    LastAffected(String),
    /// Beyond this nothing is said.
    Limit(String),
}

/// Why versions could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionError {
    /// No order known.
    UnknownEcosystem(String),
    /// Not a version by that order.
    NotAVersion(String),
}

/// Keys the operator bound.
pub trait Signing: Send + Sync {
    /// Opens a key by the operator's name.
    ///
    /// # Errors
    /// No such key, or one that cannot be read.
    fn open(&self, name: &str) -> Result<Arc<dyn SigningKey>, SigningError>;
}

/// A key that stays in the host.
pub trait SigningKey: Send + Sync {
    /// Algorithm, PEM and id of the public half.
    fn public_key(&self) -> Option<PublicKeyInfo>;
    /// DSSE envelope, JSON.
    ///
    /// # Errors
    /// The statement is not one this key may sign.
    fn sign_statement(&self, statement: &Statement) -> Result<Vec<u8>, SigningError>;
    /// Signature over a subject's bytes.
    ///
    /// # Errors
    /// The subject is not of this run.
    fn sign_subject(&self, subject: &Subject) -> Result<Vec<u8>, SigningError>;
    /// Who signs, where a certificate says so: identity and issuer.
    fn identity(&self) -> Option<(String, String)> {
        None
    }
    /// The same with verification material: a Sigstore bundle, JSON. It may have to be asked for.
    ///
    /// # Errors
    /// As [`SigningKey::sign_statement`].
    fn bundle_statement<'a>(&'a self, statement: &'a Statement) -> Bundling<'a>;
    /// The same for a subject.
    ///
    /// # Errors
    /// As [`SigningKey::sign_subject`].
    fn bundle_subject<'a>(&'a self, subject: &'a Subject) -> Bundling<'a>;
}

/// A bundle on its way. Dropping it ends the requests that it waits for.
pub type Bundling<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, SigningError>> + Send + 'a>>;

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeyInfo {
    /// E.g. `ecdsa-p256-sha256`.
    pub algorithm: String,
    /// SPKI, PEM.
    pub pem: String,
    /// Hex of the SHA-256 of the SPKI.
    pub key_id: String,
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SigningError {
    /// No key of that name.
    NoSuchKey(String),
    /// This key may not sign that predicate.
    PredicateNotAllowed(String),
    /// The subject is not part of this run.
    SubjectNotInRun(String),
    /// The key's store failed.
    Provider(String),
}

/// Where log lines and progress go, and where cancellation comes from.
pub trait Journal: Send + Sync {
    /// One line, already cut and made inert.
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]);
    /// Whether anybody reads lines of this level.
    fn enabled(&self, level: Level) -> bool;
    /// How far the plugin is.
    fn progress(&self, done: u64, total: Option<u64>, note: &str);
    /// Whether the run is being stopped.
    fn cancelled(&self) -> bool;
    /// What to do where a limit left lines out, which is set by `key`, e.g. `limits.log_lines`: who set it is not known here.
    fn advice(&self, key: &'static str) -> String {
        key.to_owned()
    }
    /// What a call cost, once it has ended, however it did. One work of a plugin may take several calls.
    fn spent(&self, _: &Spent) {}
}

/// All a call may be given. What is None is not there, whatever the grants say.
#[derive(Clone)]
pub struct Powers {
    /// Log, progress, cancellation.
    pub journal: Arc<dyn Journal>,
    /// The advisory engine.
    pub advisories: Option<Arc<dyn Advisories>>,
    /// Keys.
    pub signing: Option<Arc<dyn Signing>>,
    /// Endpoints.
    pub http: Option<Arc<dyn Http>>,
    /// Programs.
    pub tools: Option<Arc<dyn Tools>>,
}

/// A journal that drops everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Journal for Silent {
    fn log(&self, _: Level, _: &str, _: &[(String, String)]) {}
    fn enabled(&self, _: Level) -> bool {
        false
    }
    fn progress(&self, _: u64, _: Option<u64>, _: &str) {}
    fn cancelled(&self) -> bool {
        false
    }
}

impl Powers {
    /// Nothing: what `describe` runs with.
    #[must_use]
    pub fn none() -> Self {
        Self { journal: Arc::new(Silent), advisories: None, signing: None, http: None, tools: None }
    }
}

//! `chiron trust update`: a TUF repository brought up to date from a mirror, over `egress` or from a folder. What is new is verified as a
//! whole before it takes the place of what was there.
//!
//! One command, one person: files are read and written in place.

mod advice;
mod error;
mod source;

use std::fs::{DirBuilder, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chiron_trust::tuf::{self, Begin, Known, RepositoryName, Store, TufError, refresh};
use jiff::Timestamp;

pub use advice::advice;
pub use error::RootsError;

use crate::update::{Machine, Mirror, Plaintext};
use source::MirrorSource;

/// Largest root that is given to begin with, in bytes: what a root may have on its way (`sigstore-tuf`).
const ROOT_BYTES_MAX: u64 = 512_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct RootsUpdate {
    /// Of all stores.
    pub folder: PathBuf,
    /// Which repository.
    pub name: RepositoryName,
    /// Where it is; None for the mirror that was asked last, or that its owner has where it is known.
    pub mirror: Option<Mirror>,
    /// Whether that mirror may be asked by plain HTTP.
    pub plaintext: Plaintext,
    /// A file with the root to begin with, for a repository that is not known.
    pub root: Option<PathBuf>,
    /// PEM file with certificates of authorities that are trusted besides the system's.
    pub authorities: Option<PathBuf>,
    /// As of when metadata has to hold.
    pub now: Timestamp,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootsEvent {
    /// Another update of the same repository is at work.
    Waiting,
    /// A file is asked for.
    Asking {
        /// Its address.
        address: String,
    },
}

/// Whoever wants to know.
pub type Listener = Arc<dyn Fn(RootsEvent) + Send + Sync>;

/// What an update led to.
#[derive(Clone, Debug)]
pub struct RootsUpdated {
    /// What is kept now.
    pub store: Store,
    /// Whether it is other metadata, or another target, than before.
    pub is_new: bool,
}

impl RootsUpdate {
    /// The mirror that would be asked. Touches nothing.
    ///
    /// # Errors
    /// [`RootsError::NoMirror`], [`RootsError::Mirror`]; a store that cannot be read; what [`Begin::first`] finds wrong.
    pub fn plan(&self) -> Result<Mirror, RootsError> {
        let old = self.old()?;
        self.begin(self.given()?.as_deref(), old.as_ref()).first()?;
        self.from(old.as_ref())
    }

    /// Does it.
    ///
    /// # Errors
    /// [`RootsError`]; what was kept before is as it was.
    pub async fn run(&self, machine: &Machine, listener: Listener) -> Result<RootsUpdated, RootsError> {
        self.make_folder()?;
        let _lock = self.lock(&listener)?;
        let old = self.old()?;
        let given = self.given()?;
        let mirror = self.from(old.as_ref())?;
        let begin = self.begin(given.as_deref(), old.as_ref());
        begin.first()?;
        let source = MirrorSource::open(&mirror, self.authorities.as_ref(), machine, listener)?;
        let store = refresh(begin, &mirror.to_string(), Arc::new(source), self.now).await?;
        let path = tuf::path(&self.folder, &self.name);
        self.put(&path, &store.to_json()?).map_err(|error| RootsError::io("write", &path, &error))?;
        // What nobody can read afterwards was not kept.
        let store = tuf::read(&self.folder, &self.name)?;
        let is_new = old.as_ref().is_none_or(|old| !old.is_same(&store));
        Ok(RootsUpdated { store, is_new })
    }

    fn begin<'a>(&'a self, root: Option<&'a [u8]>, old: Option<&'a Store>) -> Begin<'a> {
        Begin { name: &self.name, root, old }
    }

    /// What is known from before. A store that is damaged is named, and not begun anew: with it would go what was seen.
    fn old(&self) -> Result<Option<Store>, RootsError> {
        match tuf::read(&self.folder, &self.name) {
            Ok(store) => Ok(Some(store)),
            Err(TufError::NoStore { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn given(&self) -> Result<Option<Vec<u8>>, RootsError> {
        let Some(path) = &self.root else { return Ok(None) };
        let read = || chiron_trust::file::read(path, ROOT_BYTES_MAX);
        match read() {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => Err(RootsError::io("read", path, &format_args!("it is longer than {ROOT_BYTES_MAX} bytes"))),
            Err(error) => Err(RootsError::io("read", path, &error)),
        }
    }

    fn from(&self, old: Option<&Store>) -> Result<Mirror, RootsError> {
        if let Some(mirror) = &self.mirror {
            return Ok(mirror.clone());
        }
        let known = Known::of(&self.name).map(|known| known.mirror().to_owned());
        let address = old.map(|old| old.mirror.clone()).or(known);
        let address = address.ok_or_else(|| RootsError::NoMirror { name: self.name.clone() })?;
        Ok(Mirror::parse(&address, self.plaintext)?)
    }

    fn make_folder(&self) -> Result<(), RootsError> {
        let failed = |error: std::io::Error| RootsError::io("create", &self.folder, &error);
        if let Some(above) = self.folder.parent() {
            std::fs::create_dir_all(above).map_err(failed)?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(failed)
    }

    /// Readers see the old store or the new one. Whatever the umask, nobody else may write it: such a store would not be read again.
    fn put(&self, path: &Path, json: &[u8]) -> std::io::Result<()> {
        let mut builder = tempfile::Builder::new();
        let mut file =
            builder.prefix(".writing-").permissions(Permissions::from_mode(0o644)).tempfile_in(&self.folder)?;
        file.write_all(json)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)?;
        // The rename itself is only durable once the directory is.
        File::open(&self.folder)?.sync_all()
    }

    /// Two updates of one repository come one after the other. The file stays afterwards.
    fn lock(&self, listener: &Listener) -> Result<File, RootsError> {
        let path = self.folder.join(format!(".{}.lock", self.name));
        let failed = |error: std::io::Error| RootsError::io("lock", &path, &error);
        let lock = File::options().create(true).append(true).open(&path).map_err(failed)?;
        if lock.try_lock().is_err() {
            listener(RootsEvent::Waiting);
            lock.lock().map_err(failed)?;
        }
        Ok(lock)
    }
}

/// Forgets a repository, and everything that was seen of it. What was not there is no error.
///
/// # Errors
/// [`RootsError::Io`].
pub fn remove(folder: &Path, name: &RepositoryName) -> Result<bool, RootsError> {
    let path = tuf::path(folder, name);
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(RootsError::io("remove", &path, &error)),
    }
}

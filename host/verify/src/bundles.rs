//! Bundles: those that were named, and those that lie beside a file.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chiron_archive::Blob;
use chiron_trust::judge::{self, Claimed};
use chiron_trust::pep740;
use chiron_trust::verify::BUNDLE_BYTES_MAX;

use crate::request::Error;

/// How the names of bundles end, and those of PEP 740: an attestation, and what an index serves beside a file.
const ENDINGS: [&str; 5] = [".sigstore.json", ".sigstore", ".bundle", ".attestation", ".provenance"];

/// The most bundles that are looked at for one file.
const BUNDLES_MAX: usize = 64;

/// A bundle that was read, and not yet believed.
pub(crate) struct Bundle {
    /// Its path, as it was reached.
    pub(crate) name: String,
    /// Its bytes, or why they cannot be read.
    pub(crate) bytes: Result<Vec<u8>, String>,
    /// What it says of itself, where it can be read.
    pub(crate) claimed: Option<Claimed>,
    /// Whether it was named, and not found.
    pub(crate) named: bool,
    /// Whether it was an attestation of PEP 740, which has rules of its own.
    pub(crate) form: Form,
}

/// What a bundle was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Bundle,
    Pep740,
}

impl Bundle {
    /// Reads a file; one of PEP 740 may hold several.
    pub(crate) fn read(path: &Path, named: bool) -> Vec<Self> {
        let name = path.display().to_string();
        let (form, all) = match read(path) {
            Err(reason) => (Form::Bundle, vec![Err(reason)]),
            Ok(bytes) => match pep740::bundles(&bytes) {
                None => (Form::Bundle, vec![Ok(bytes)]),
                Some(Ok(bundles)) => (Form::Pep740, bundles.into_iter().map(Ok).collect()),
                Some(Err(error)) => (Form::Pep740, vec![Err(error.to_string())]),
            },
        };
        let one = |bytes: Result<Vec<u8>, String>| {
            let claimed = bytes.as_ref().ok().and_then(|bytes| judge::claimed(bytes).ok());
            Self { name: name.clone(), bytes, claimed, named, form }
        };
        all.into_iter().map(one).collect()
    }

    /// What it seems to be: None for a signature over a file, otherwise the predicate type.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.claimed.as_ref()?.predicate_type.as_deref()
    }

    /// Whether it names what it is about, and that is not this file. Nothing is decided by it but whether it is worth a look.
    pub(crate) fn is_about_others(&self, blob: &Blob) -> bool {
        let Some(claimed) = self.claimed.as_ref().filter(|claimed| !claimed.digests.is_empty()) else { return false };
        let own = |written: &String| {
            let algorithm = written.split(':').next().unwrap_or_default();
            blob.digest(algorithm).is_ok_and(|digest| digest.to_string() == *written)
        };
        !claimed.digests.iter().any(own)
    }
}

/// Whether a file is a bundle or an attestation, or why not.
pub(crate) fn look(blob: &Blob) -> Result<(), String> {
    let most = u64::try_from(BUNDLE_BYTES_MAX).unwrap_or(u64::MAX);
    let bytes = blob.read_all(most).map_err(|error| error.to_string())?;
    let bundles = match pep740::bundles(&bytes) {
        None => vec![bytes],
        Some(read) => read.map_err(|error| error.to_string())?,
    };
    bundles.iter().try_for_each(|bundle| judge::claimed(bundle).map(|_| ()).map_err(|error| error.to_string()))
}

/// Whether a name is that of a bundle.
pub(crate) fn is_one(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Bundles that were named, read once for all files.
pub(crate) struct Named {
    pub(crate) bundles: Vec<Bundle>,
    /// Whether those beside a file count too: where only folders were named, or nothing.
    pub(crate) beside: bool,
}

impl Named {
    /// Reads them.
    ///
    /// # Errors
    /// When a path cannot be read.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let (mut bundles, mut beside) = (Vec::new(), true);
        for path in paths {
            let unreadable =
                |error: std::io::Error| Error::Unreadable { path: path.clone(), reason: error.to_string() };
            if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
                let names = list(path).map_err(unreadable)?;
                let found = names.iter().filter(|name| is_one(name));
                bundles.extend(found.flat_map(|name| Bundle::read(&path.join(name), false)));
            } else {
                beside = false;
                bundles.extend(Bundle::read(path, true));
            }
        }
        Ok(Self { bundles, beside })
    }
}

/// Names in folders, each listed once: a release of hundreds of files lies in one.
#[derive(Default)]
pub(crate) struct Listings(Mutex<HashMap<PathBuf, Arc<Listing>>>);

/// The names in a folder, or why there are none to be had.
pub(crate) type Listing = Result<BTreeSet<String>, String>;

impl Listings {
    /// Those of a folder, as they were when it was first asked for.
    pub(crate) fn of(&self, folder: &Path) -> Arc<Listing> {
        // A panic elsewhere leaves a map of whole listings, which is still true.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = || Arc::new(list(folder).map_err(|error| error.to_string()));
        Arc::clone(known.entry(folder.to_owned()).or_insert_with(listed))
    }
}

/// Bundles beside a file: `NAME.sigstore.json`, `NAME.provenance.sigstore.json`, ...
pub(crate) fn beside(folder: &Path, file: &str) -> Vec<Bundle> {
    beside_in(&list(folder).map_err(|error| error.to_string()), folder, file)
}

/// The same, in a folder that was listed.
pub(crate) fn beside_in(names: &Listing, folder: &Path, file: &str) -> Vec<Bundle> {
    let names = match names {
        Ok(names) => names,
        // Whether there is evidence cannot be told: that is no absence of it.
        Err(error) => {
            let bytes = Err(format!("what lies beside {file} cannot be listed: {error}"));
            let name = folder.display().to_string();
            return vec![Bundle { name, bytes, claimed: None, named: false, form: Form::Bundle }];
        }
    };
    // `a.whl.cdx.json.sigstore.json` is about `a.whl.cdx.json`.
    let about_another = |name: &str| {
        let inner = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or_default();
        inner != file && names.contains(inner)
    };
    let prefix = format!("{file}.");
    let found = starting(names, &prefix).filter(|name| is_one(name) && !about_another(name));
    found.take(BUNDLES_MAX).flat_map(|name| Bundle::read(&folder.join(name), false)).collect()
}

/// Those that start so.
pub(crate) fn starting<'a>(names: &'a BTreeSet<String>, prefix: &'a str) -> impl Iterator<Item = &'a String> {
    names.range(prefix.to_owned()..).take_while(move |name| name.starts_with(prefix))
}

/// Names in a folder, sorted.
pub(crate) fn list(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let name = |entry: std::io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    std::fs::read_dir(folder)?.map(name).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let facts = std::fs::metadata(path).map_err(|error| error.to_string())?;
    let most = u64::try_from(BUNDLE_BYTES_MAX).unwrap_or(u64::MAX);
    if !facts.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if facts.len() > most {
        return Err(format!("it has {} bytes, at most {most} are read", facts.len()));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_listed_is_not_one_without_evidence() {
        let folder = tempfile::tempdir().unwrap();
        assert!(beside(folder.path(), "a.whl").is_empty());
        let found = beside(&folder.path().join("absent"), "a.whl");
        assert!(matches!(found.as_slice(), [Bundle { bytes: Err(reason), .. }] if reason.contains("cannot be listed")));
    }
}

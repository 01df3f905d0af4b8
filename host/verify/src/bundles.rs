//! Bundles: those that were named, and those that lie beside a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chiron_trust::judge;
use chiron_trust::verify::BUNDLE_BYTES_MAX;

use crate::request::Error;

/// How the names of bundles end.
const ENDINGS: [&str; 3] = [".sigstore.json", ".sigstore", ".bundle"];

/// The most bundles that are looked at for one file.
const BUNDLES_MAX: usize = 64;

/// A bundle that was read, and not yet believed.
pub(crate) struct Bundle {
    /// Its path, as it was reached.
    pub(crate) name: String,
    /// Its bytes, or why they cannot be read.
    pub(crate) bytes: Result<Vec<u8>, String>,
    /// What it seems to be: None for a signature over a file, otherwise the predicate type.
    pub(crate) kind: Option<String>,
    /// Whether it was named, and not found.
    pub(crate) named: bool,
}

impl Bundle {
    fn read(path: &Path, named: bool) -> Self {
        let bytes = read(path);
        let kind = bytes.as_ref().ok().and_then(|bytes| judge::peek(bytes).ok().flatten());
        Self { name: path.display().to_string(), bytes, kind, named }
    }
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
                bundles.extend(found.map(|name| Bundle::read(&path.join(name), false)));
            } else {
                beside = false;
                bundles.push(Bundle::read(path, true));
            }
        }
        Ok(Self { bundles, beside })
    }
}

/// Bundles beside a file: `NAME.sigstore.json`, `NAME.provenance.sigstore.json`, ...
pub(crate) fn beside(folder: &Path, file: &str) -> Vec<Bundle> {
    let prefix = format!("{file}.");
    let names = match list(folder) {
        Ok(names) => names,
        // Whether there is evidence cannot be told: that is no absence of it.
        Err(error) => {
            let bytes = Err(format!("what lies beside {file} cannot be listed: {error}"));
            return vec![Bundle { name: folder.display().to_string(), bytes, kind: None, named: false }];
        }
    };
    // `a.whl.cdx.json.sigstore.json` is about `a.whl.cdx.json`.
    let about_another = |name: &str| {
        let inner = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or_default();
        inner != file && names.contains(inner)
    };
    let found = names.iter().filter(|name| name.starts_with(&prefix) && is_one(name) && !about_another(name));
    found.take(BUNDLES_MAX).map(|name| Bundle::read(&folder.join(name), false)).collect()
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

//! Opening a pack: within limits, and all of it held against its manifest.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use chiron_archive::{Blob, EntryKind, PAGE_ENTRIES_MAX, Tree};
use chiron_model::digest::Digest;
use rayon::prelude::*;

use super::PackError;
use super::create::{blob_of, role_of};
use super::manifest::{Entry, MANIFEST, MANIFEST_BYTES_MAX, Manifest, Role, SUMS};
use crate::checksums;
use crate::subject::is_evidence;

/// Where subjects and their evidence lie.
pub(super) const SUBJECTS: &str = "subjects/";

/// Folders of evidence, and what may lie in them beside attestations.
const FOLDERS: [(&str, Role); 3] =
    [("attestations/", Role::Attestation), ("sboms/", Role::Sbom), ("reports/", Role::Report)];

/// A pack that was opened.
pub(super) struct Pack {
    /// What it says that it holds; None where that cannot be read.
    pub(super) manifest: Option<Manifest>,
    /// Every file that is there, but the manifest and the list.
    pub(super) files: BTreeMap<String, Blob>,
    /// `SHA256SUMS`, as it lies there.
    pub(super) sums: Vec<u8>,
    /// What is wrong with it, all at once. A pack with a fault is not judged further.
    pub(super) faults: Vec<String>,
}

impl Pack {
    /// Opens a pack and hashes everything in it.
    ///
    /// # Errors
    /// [`PackError::Unreadable`] for a file that cannot be read at all. What is wrong with the pack stands in
    /// [`Pack::faults`].
    pub(super) fn open(path: &Path) -> Result<Self, PackError> {
        let blob = blob_of(path)?;
        let mut pack = Self { manifest: None, files: BTreeMap::new(), sums: Vec::new(), faults: Vec::new() };
        match blob.open_tree() {
            Ok(tree) => pack.read(&tree),
            Err(chiron_archive::Error::Io { source, .. }) => {
                return Err(super::create::unreadable(path, source.to_string()));
            }
            Err(error) => pack.faults.push(error.to_string()),
        }
        Ok(pack)
    }

    fn read(&mut self, tree: &Tree) {
        self.list(tree);
        let manifest = match self.take(MANIFEST, MANIFEST_BYTES_MAX as u64) {
            Ok(bytes) => Manifest::parse(&bytes).map(|manifest| (manifest, bytes)),
            Err(reason) => Err(reason),
        };
        match manifest {
            Ok((manifest, bytes)) => {
                self.compare(&manifest);
                self.compare_sums(&manifest, &bytes);
                self.manifest = Some(manifest);
            }
            Err(reason) => self.faults.push(format!("{MANIFEST}: {reason}")),
        }
    }

    fn list(&mut self, tree: &Tree) {
        let mut cursor: Option<String> = None;
        loop {
            let page = tree.entries("**", cursor.as_deref(), PAGE_ENTRIES_MAX);
            let (entries, next) = match page {
                Ok(page) => page,
                Err(error) => return self.faults.push(error.to_string()),
            };
            for entry in entries {
                match entry.kind {
                    EntryKind::File => match tree.open(&entry.path) {
                        Ok(blob) => drop(self.files.insert(entry.path, blob)),
                        Err(error) => self.faults.push(error.to_string()),
                    },
                    // A folder holds nothing by itself; `tar` writes them.
                    EntryKind::Directory => {}
                    EntryKind::Symlink => self.faults.push(format!("`{}` is a symbolic link", entry.path)),
                    EntryKind::Other => {
                        self.faults.push(format!("`{}` is a hard link or no regular file", entry.path));
                    }
                }
            }
            match next {
                Some(next) => cursor = Some(next),
                None => return,
            }
        }
    }

    fn take(&mut self, name: &str, most: u64) -> Result<Vec<u8>, String> {
        let blob = self.files.remove(name).ok_or("it is not in the pack")?;
        blob.read_all(most).map_err(|error| error.to_string())
    }

    /// Everything that is there is named, everything that is named is there, and is what the manifest says.
    fn compare(&mut self, manifest: &Manifest) {
        let named: HashSet<&str> = manifest.members.iter().map(|entry| entry.path.as_str()).collect();
        let extra = self.files.keys().filter(|path| *path != SUMS && !named.contains(path.as_str()));
        let mut faults: Vec<_> =
            extra.map(|path| format!("`{path}` is in the pack, and not in its manifest")).collect();
        let subjects: HashSet<&str> = named.iter().filter_map(|path| path.strip_prefix(SUBJECTS)).collect();
        let judged: Vec<_> = manifest.members.par_iter().map(|entry| self.entry(entry, &subjects)).collect();
        faults.extend(judged.into_iter().filter_map(Result::err));
        if !manifest.members.iter().any(|entry| entry.role == Role::Subject) {
            faults.push("it has no subject".to_owned());
        }
        self.faults.append(&mut faults);
    }

    fn entry(&self, entry: &Entry, subjects: &HashSet<&str>) -> Result<(), String> {
        let path = entry.path.escape_debug();
        let blob =
            self.files.get(&entry.path).ok_or_else(|| format!("`{path}` is in the manifest, and not in the pack"))?;
        if blob.size() != entry.size {
            return Err(format!("`{path}` has {} bytes, and the manifest says {}", blob.size(), entry.size));
        }
        let found = blob.digest("sha256").map_err(|error| error.to_string())?;
        if found.hex() != entry.sha256 {
            return Err(format!("`{path}` has the SHA-256 {}, and the manifest says {}", found.hex(), entry.sha256));
        }
        if role(&entry.path, subjects) != Some(entry.role) {
            return Err(format!("`{path}` cannot be in a pack as `{}`", entry.role.word()));
        }
        Ok(())
    }

    fn compare_sums(&mut self, manifest: &Manifest, bytes: &[u8]) {
        let wrong = match self.take(SUMS, checksums::LIST_BYTES_MAX) {
            Err(reason) => Some(reason),
            Ok(text) => {
                let mut expected = manifest.sums();
                // As it lies there, whoever wrote it.
                expected.insert(MANIFEST.to_owned(), Digest::sha256_of(bytes).hex().to_owned());
                let list = checksums::parse(&String::from_utf8_lossy(&text), "");
                self.sums = text;
                match list {
                    Err(reason) => Some(reason),
                    Ok(list) => (list != expected).then(|| "it does not say what the manifest says".to_owned()),
                }
            }
        };
        self.faults.extend(wrong.map(|reason| format!("{SUMS}: {reason}")));
    }
}

/// What a member is, by its name alone. The manifest is signed by nobody, and may not turn a subject into something that nobody
/// judges.
fn role(path: &str, subjects: &HashSet<&str>) -> Option<Role> {
    let file = path.rsplit('/').next().unwrap_or_default();
    if let Some(inside) = path.strip_prefix(SUBJECTS) {
        return if is_evidence(inside, subjects) { role_of(file) } else { Some(Role::Subject) };
    }
    let (folder, role) = FOLDERS.into_iter().find(|(folder, _)| path.starts_with(folder))?;
    let inside = &path[folder.len()..];
    let signs = crate::bundles::is_one(file) && role != Role::Attestation;
    match (role, inside.contains('/')) {
        // Folders of attestations are kept as they were.
        (Role::Attestation, _) => Some(role),
        (_, true) => None,
        (_, false) if signs => Some(Role::Attestation),
        (_, false) => Some(role),
    }
}

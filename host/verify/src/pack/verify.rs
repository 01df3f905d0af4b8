//! Verifying a pack: it is what it says, and its evidence holds for its subjects, as `chiron verify` would judge them.

use std::path::Path;

use chiron_archive::write_atomically;
use serde::Serialize;

use super::PackError;
use super::create::unreadable;
use super::manifest::{Role, SUMS};
use super::open::{Pack, SUBJECTS};
use crate::account::{Account, SubjectAccount};
use crate::bundles::{Bundle, Named};
use crate::request::{Error, Request};
use crate::sbom::Document;
use crate::subject::Subject;
use crate::verify::{Evidence, judge};

/// What came of a pack. Also the wire format of `-o json`.
#[derive(Clone, Debug, Serialize)]
pub struct PackAccount {
    /// Whether all of it holds.
    pub passed: bool,
    /// What is wrong with the pack itself; where there is something, nothing in it was judged.
    pub faults: Vec<String>,
    /// Its subjects, sorted by path.
    pub subjects: Vec<SubjectAccount>,
}

/// Verifies a pack, with its own evidence beside what the request names. The request's paths are not looked at.
///
/// Only evidence is unpacked, into a folder of this user's that is removed again; subjects are judged where they lie.
///
/// # Errors
/// When the pack, or a path of the request, cannot be read at all. What does not verify stands in the account.
pub fn verify(path: &Path, request: &Request) -> Result<PackAccount, PackError> {
    let pack = Pack::open(path)?;
    let Some(manifest) = pack.manifest.as_ref().filter(|_| pack.faults.is_empty()) else {
        return Ok(PackAccount { passed: false, faults: pack.faults, subjects: Vec::new() });
    };
    let folder = tempfile::Builder::new()
        .prefix("chiron-pack-")
        .tempdir()
        .map_err(|error| unreadable(&std::env::temp_dir(), error.to_string()))?;
    let root = folder.path();
    let named =
        Named::read(&request.bundles).map_err(|Error::Unreadable { path, reason }| unreadable(&path, reason))?;
    let mut evidence = Evidence { named: Named { beside: true, ..named }, documents: Vec::new() };
    write(root, SUMS, &pack.sums)?;
    for entry in manifest.members.iter().filter(|entry| entry.role != Role::Subject) {
        let blob = pack.files.get(&entry.path).ok_or_else(|| unreadable(path, "a member is gone".to_owned()))?;
        let bytes = blob.read_all(u64::MAX).map_err(|error| unreadable(path, error.to_string()))?;
        write(root, &entry.path, &bytes)?;
        if entry.path.starts_with(SUBJECTS) {
            continue;
        }
        match entry.role {
            Role::Attestation if entry.path.starts_with("attestations/") => {
                evidence.named.bundles.extend(Bundle::read(&root.join(&entry.path), false));
            }
            Role::Sbom => evidence.documents.push(Document::open(&root.join(&entry.path))),
            Role::Attestation | Role::Report | Role::Checksums | Role::Subject => {}
        }
    }
    for entry in manifest.members.iter().filter(|entry| entry.role == Role::Subject) {
        // Where nothing lies beside a subject, that has to be seen as well.
        let folder = root.join(&entry.path);
        let folder = folder.parent().unwrap_or(root);
        std::fs::create_dir_all(folder).map_err(|error| unreadable(folder, error.to_string()))?;
    }
    let of = |path: &String| {
        let place = root.join(path);
        Subject {
            name: path.clone(),
            folder: place.parent().unwrap_or(root).to_path_buf(),
            file: place.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            ground: root.to_path_buf(),
            content: pack.files.get(path).cloned().ok_or_else(|| "it is not in the pack".to_owned()),
        }
    };
    let subjects: Vec<_> =
        manifest.members.iter().filter(|entry| entry.role == Role::Subject).map(|entry| of(&entry.path)).collect();
    let account = judge(request, &subjects, &[root.join(SUBJECTS)], &evidence);
    let Account { passed, mut subjects } = account;
    let place = format!("{}/", root.display());
    subjects.iter_mut().for_each(|subject| subject.without(&place));
    Ok(PackAccount { passed, faults: Vec::new(), subjects })
}

fn write(root: &Path, name: &str, bytes: &[u8]) -> Result<(), PackError> {
    let path = root.join(name);
    // The archive crate let no name through that leads out of the pack.
    let failed = |error: std::io::Error| unreadable(&path, error.to_string());
    std::fs::create_dir_all(path.parent().unwrap_or(root)).map_err(failed)?;
    write_atomically(&path, bytes).map_err(PackError::Archive)
}

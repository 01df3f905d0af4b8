//! Putting a pack together: everything is read and looked at before a byte is written.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use chiron_archive::{Blob, Limits, Member, MemberSource, Packing, Snapshot, snapshot, write_tar};

use super::PackError;
use super::manifest::{Entry, MANIFEST, Manifest, Role, SUMS};
use crate::bundles;
use crate::checksums;
use crate::sbom;
use crate::subject::is_evidence;

/// What goes into a pack.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Files, and folders whose files all go in. Evidence that lies beside a file goes in with it.
    pub subjects: Vec<PathBuf>,
    /// SBOMs.
    pub sboms: Vec<PathBuf>,
    /// Reports, in any format.
    pub reports: Vec<PathBuf>,
    /// Bundles, and folders of them.
    pub attestations: Vec<PathBuf>,
    /// Where the pack is going to be.
    pub output: PathBuf,
}

/// A pack that was put together, and not written.
#[derive(Debug)]
pub struct Draft {
    output: PathBuf,
    members: Vec<Member>,
    manifest: Manifest,
}

#[derive(Default)]
struct Gathered {
    members: BTreeMap<String, (PathBuf, Role, Member)>,
}

impl Draft {
    /// Reads everything, and refuses what is not what it was given as.
    ///
    /// # Errors
    /// [`PackError`]: the first that is wrong.
    pub fn of(contents: &Contents) -> Result<Self, PackError> {
        let mut gathered = Gathered::default();
        for path in &contents.subjects {
            refuse_itself(path, &contents.output)?;
            gathered.subjects(path)?;
        }
        if !gathered.members.values().any(|(_, role, _)| *role == Role::Subject) {
            return Err(PackError::Empty);
        }
        for path in &contents.sboms {
            gathered.named(path, "sboms", Role::Sbom)?;
        }
        for path in &contents.reports {
            gathered.named(path, "reports", Role::Report)?;
        }
        for path in &contents.attestations {
            gathered.attestations(path)?;
        }
        for (path, role, member) in gathered.members.values() {
            look(path, *role, member)?;
        }
        Ok(gathered.draft(contents.output.clone()))
    }

    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes it: whole, or not at all.
    ///
    /// # Errors
    /// [`PackError::Archive`].
    pub fn write(&self, packing: Packing, mtime: u64) -> Result<(), PackError> {
        write_tar(&self.output, packing, mtime, &self.members, &Limits::default()).map_err(PackError::Archive)
    }
}

impl Gathered {
    /// A folder with all that is in it, or a file with the evidence beside it.
    fn subjects(&mut self, path: &Path) -> Result<(), PackError> {
        let held = taken(path)?;
        if !path.is_dir() {
            let file = file_name(path);
            let folder = path.parent().unwrap_or(Path::new(""));
            self.add(&format!("subjects/{file}"), path, Role::Subject, &held, ".")?;
            let names = bundles::list(folder).map_err(|error| unreadable(folder, error.to_string()))?;
            let prefix = format!("{file}.");
            for name in names.iter().filter(|name| name.starts_with(&prefix)) {
                if let Some(role) = role_of(name) {
                    let path = folder.join(name);
                    self.add(&format!("subjects/{name}"), &path, role, &taken(&path)?, ".")?;
                }
            }
            return Ok(());
        }
        refuse_unreadable(path, &held)?;
        let names: HashSet<&str> = held.files.iter().map(|file| file.path.as_str()).collect();
        for file in &held.files {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let role = if is_evidence(&file.path, &names) { role_of(name) } else { None }.unwrap_or(Role::Subject);
            self.add(&format!("subjects/{}", file.path), &path.join(&file.path), role, &held, &file.path)?;
        }
        Ok(())
    }

    /// A file of a folder of its own, with the bundles that sign it.
    fn named(&mut self, path: &Path, folder: &str, role: Role) -> Result<(), PackError> {
        let file = file_name(path);
        self.add(&format!("{folder}/{file}"), path, role, &taken(path)?, ".")?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let names = bundles::list(beside).map_err(|error| unreadable(beside, error.to_string()))?;
        let prefix = format!("{file}.");
        for name in names.iter().filter(|name| name.starts_with(&prefix) && bundles::is_one(name)) {
            let path = beside.join(name);
            self.add(&format!("{folder}/{name}"), &path, Role::Attestation, &taken(&path)?, ".")?;
        }
        Ok(())
    }

    fn attestations(&mut self, path: &Path) -> Result<(), PackError> {
        let held = taken(path)?;
        if !path.is_dir() {
            return self.add(&format!("attestations/{}", file_name(path)), path, Role::Attestation, &held, ".");
        }
        refuse_unreadable(path, &held)?;
        let mut found = held.files.iter().filter(|file| bundles::is_one(&file.path)).peekable();
        if found.peek().is_none() {
            return Err(PackError::NotOne { path: path.to_owned(), reason: "holds no bundle".to_owned() });
        }
        for file in found {
            let name = format!("attestations/{}", file.path);
            self.add(&name, &path.join(&file.path), Role::Attestation, &held, &file.path)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, path: &Path, role: Role, held: &Snapshot, inside: &str) -> Result<(), PackError> {
        let failed = |error: chiron_archive::Error| unreadable(path, error.to_string());
        let blob = held.blob(inside).map_err(failed)?;
        let sha256 = blob.digest("sha256").map_err(failed)?;
        let member = Member { path: name.to_owned(), source: MemberSource::Blob(blob), sha256 };
        match self.members.insert(name.to_owned(), (path.to_owned(), role, member)) {
            Some((first, ..)) => Err(PackError::Doubled { name: name.to_owned(), first, second: path.to_owned() }),
            None => Ok(()),
        }
    }

    fn draft(self, output: PathBuf) -> Draft {
        let entry = |(_, role, member): &(PathBuf, Role, Member)| Entry {
            path: member.path.clone(),
            role: *role,
            size: member.size(),
            sha256: member.sha256.hex().to_owned(),
        };
        let manifest = Manifest::new(self.members.values().map(entry).collect());
        let sums: String = manifest.sums().iter().map(|(name, digest)| checksums::line(name, digest)).collect();
        let own = [Member::of_bytes(MANIFEST, manifest.bytes()), Member::of_bytes(SUMS, sums.into_bytes())];
        let members = self.members.into_values().map(|(_, _, member)| member).chain(own).collect();
        Draft { output, members, manifest }
    }
}

/// What a file is there for that is about another one, by its name.
pub(super) fn role_of(name: &str) -> Option<Role> {
    match () {
        () if bundles::is_one(name) => Some(Role::Attestation),
        () if sbom::is_one(name) => Some(Role::Sbom),
        () if checksums::is_one(name) => Some(Role::Checksums),
        () => None,
    }
}

/// Evidence is what it is called.
fn look(path: &Path, role: Role, member: &Member) -> Result<(), PackError> {
    let MemberSource::Blob(blob) = &member.source else { return Ok(()) };
    let wrong = match role {
        Role::Subject => None,
        Role::Report => (blob.size() == 0).then(|| "is no report: it is empty".to_owned()),
        Role::Sbom => sbom::read(blob).err().map(|reason| format!("is no SBOM: {reason}")),
        Role::Attestation => bundles::look(blob).err().map(|reason| format!("is no attestation: {reason}")),
        Role::Checksums => checksums::look(blob).err().map(|reason| format!("is no list of checksums: {reason}")),
    };
    wrong.map_or(Ok(()), |reason| Err(PackError::NotOne { path: path.to_owned(), reason }))
}

fn taken(path: &Path) -> Result<Snapshot, PackError> {
    snapshot(path, &Limits::default()).map_err(|error| unreadable(path, error.to_string()))
}

/// What is left out of a pack without a word is missing where nobody can get it any more.
fn refuse_unreadable(folder: &Path, held: &Snapshot) -> Result<(), PackError> {
    let links = held.links.iter().map(|link| (&link.path, "it is a symbolic link, which is not followed"));
    let others = held.others.iter().map(|path| (path, "it is no regular file"));
    let broken = held.unreadable.iter().map(|file| (&file.path, file.reason.as_str()));
    match links.chain(others).chain(broken).next() {
        Some((path, reason)) => Err(unreadable(&folder.join(path), reason.to_owned())),
        None => Ok(()),
    }
}

/// A pack in a folder that goes into it would be in the next one.
fn refuse_itself(folder: &Path, output: &Path) -> Result<(), PackError> {
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let inside = match (folder.canonicalize(), parent.canonicalize()) {
        (Ok(folder), Ok(parent)) => folder.is_dir() && parent.starts_with(&folder),
        _ => false,
    };
    if inside {
        return Err(PackError::Itself { output: output.to_owned(), folder: folder.to_owned() });
    }
    Ok(())
}

pub(super) fn unreadable(path: &Path, reason: String) -> PackError {
    PackError::Unreadable { path: path.to_owned(), reason }
}

pub(super) fn blob_of(path: &Path) -> Result<Blob, PackError> {
    Blob::open(path, &Limits::default()).map_err(|error| unreadable(path, error.to_string()))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

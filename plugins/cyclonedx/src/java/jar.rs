//! Archives of Java classes: jar, war, ear, and the archives inside of them.
//!
//! Who an archive is, its build tool has written into it (`META-INF/maven/*/*/pom.properties`), or nobody knows for sure: a file's
//! name and its manifest give a name and no group, and a group that is guessed finds the advisories of somebody else's package.

use chiron_sdk::content::{self, Blob, EntryKind, Tree};
use chiron_sdk::sbom::Inventory;
use chiron_sdk::{PluginError, Subject, progress};

use super::coordinates::Coordinates;
use super::manifest;
use super::pom;
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};

/// Java's archives.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Java archive (jar, war, ear), with the archives inside",
    media_types: &["application/java-archive"],
    globs: &["*.jar", "*.war", "*.ear", "*.hpi", "*.jpi"],
    read,
};

/// Archives in an archive.
const INNER: &str = "**/*.{jar,war,ear,hpi,jpi}";

/// What Maven leaves of each package: written by it, and the project's file itself.
const PROPERTIES: &str = "META-INF/maven/*/*/pom.properties";
const PROJECTS: &str = "META-INF/maven/*/*/pom.xml";

/// Packages in one archive. The largest shaded archives have some hundred.
const PACKAGES_MAX: usize = 5_000;

/// Archives opened in one call, all levels together. Large applications bring 500.
const ARCHIVES_MAX: usize = 5_000;

/// Largest manifest, `pom.properties` or `pom.xml` that is read, in bytes.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// The archive and all inside. Only a cancelled run is an error.
fn read(subject: &Subject, blob: &dyn Blob) -> Result<Inventory, PluginError> {
    let mut reading = Reading::default();
    let file_name = subject.name.rsplit('/').next().unwrap_or_default();
    Ok(match reading.archive(file_name, "", blob) {
        Ok(_) => reading.listing.into_inventory(),
        Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
        Err(error) => listing::failed(&content::reason(&error)),
    })
}

/// One call's work.
#[derive(Default)]
struct Reading {
    listing: Listing,
    opened: usize,
}

impl Reading {
    /// Lists one archive and returns its id. `path` leads to it from the outermost, which has none.
    fn archive(&mut self, file_name: &str, path: &str, blob: &dyn Blob) -> Result<String, PluginError> {
        progress::check()?;
        let tree = blob.open_tree()?;
        let (own, others) = self.packages(file_name, path, tree.as_ref())?;
        let mut package = match &own {
            Some(coordinates) => of(coordinates),
            None => nameless(file_name, tree.as_ref())?,
        };
        package.digests = vec![blob.digest("sha1")?, blob.digest("sha256")?];
        let id = self.listing.add(at(package, path));
        for other in &others {
            let inner = self.listing.add(at(of(other), path));
            self.listing.contains(&id, &inner);
        }
        for entry in content::all_entries(tree.as_ref(), INNER, ARCHIVES_MAX)? {
            if entry.kind == EntryKind::File {
                self.inner(&id, path, &entry.path, tree.as_ref())?;
            }
        }
        Ok(id)
    }

    /// An archive inside of another. One that cannot be read is dropped, by its path, and so is one too deep for the host.
    fn inner(&mut self, outer: &str, path: &str, member: &str, tree: &dyn Tree) -> Result<(), PluginError> {
        let place = if path.is_empty() { member.to_owned() } else { format!("{path}!/{member}") };
        self.opened += 1;
        if self.opened > ARCHIVES_MAX {
            self.listing.drop_entry(&format!("`{place}`: more than {ARCHIVES_MAX} archives"));
            return Ok(());
        }
        let file_name = member.rsplit('/').next().unwrap_or_default();
        match tree.open(member).and_then(|blob| self.archive(file_name, &place, blob.as_ref())) {
            Ok(id) if id != outer => self.listing.contains(outer, &id),
            Ok(_) => {}
            Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
            Err(error) => self.listing.drop_entry(&format!("`{place}`: {}", content::reason(&error))),
        }
        Ok(())
    }

    /// The coordinates that are the archive's own, and those of packages that were merged into it.
    fn packages(
        &mut self,
        file_name: &str,
        path: &str,
        tree: &dyn Tree,
    ) -> Result<(Option<Coordinates>, Vec<Coordinates>), PluginError> {
        let mut found = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for glob in [PROPERTIES, PROJECTS] {
            for entry in content::all_entries(tree, glob, PACKAGES_MAX)? {
                let folder = entry.path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
                // What Maven has written is resolved; the project's file is read where that is missing.
                if entry.kind != EntryKind::File || seen.contains(&folder) {
                    continue;
                }
                let text = text(tree, &entry.path)?;
                let coordinates =
                    if glob == PROPERTIES { Coordinates::of_properties(&text) } else { pom::coordinates(&text) };
                match coordinates {
                    Ok(coordinates) => {
                        seen.insert(folder);
                        found.push(coordinates);
                    }
                    Err(_) if glob == PROPERTIES => {}
                    Err(reason) => {
                        let place = if path.is_empty() { String::new() } else { format!("{path}!/") };
                        self.listing.drop_entry(&format!("`{place}{}`: {reason}", entry.path));
                    }
                }
            }
        }
        Ok(own(file_name, found))
    }
}

/// Which of the packages is the archive: the one that the file is named after, else the only one.
fn own(file_name: &str, mut found: Vec<Coordinates>) -> (Option<Coordinates>, Vec<Coordinates>) {
    found.sort();
    found.dedup();
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let named = |rest_of: &dyn Fn(&Coordinates) -> String| found.iter().position(|of| rest_of(of) == stem);
    let own = named(&|of| format!("{}-{}", of.artifact, of.version))
        .or_else(|| named(&|of| of.artifact.clone()))
        .or_else(|| {
            found
                .iter()
                .position(|of| stem.strip_prefix(of.artifact.as_str()).is_some_and(|rest| rest.starts_with('-')))
        })
        .or((found.len() == 1).then_some(0));
    let own = own.map(|at| found.remove(at));
    (own, found)
}

fn of(coordinates: &Coordinates) -> Package {
    Package::new(&coordinates.name(), Some(&coordinates.version), Some(coordinates.purl()))
}

/// An archive in which no build tool left coordinates.
fn nameless(file_name: &str, tree: &dyn Tree) -> Result<Package, PluginError> {
    let there = content::all_entries(tree, manifest::PATH, 1)?.iter().any(|entry| entry.kind == EntryKind::File);
    let text = if there { text(tree, manifest::PATH)? } else { String::new() };
    let archive = manifest::archive(file_name, &text);
    let note = "no Maven coordinates inside, so no purl: the group that it belongs to is not known";
    Ok(Package::new(&archive.name, archive.version.as_deref(), None).with("chiron:note", note))
}

fn at(package: Package, path: &str) -> Package {
    if path.is_empty() { package } else { package.with("chiron:metadata-path", path) }
}

fn text(tree: &dyn Tree, path: &str) -> Result<String, PluginError> {
    let bytes = content::read_all(tree.open(path)?.as_ref(), TEXT_BYTES_MAX)?;
    // Properties are Latin-1 by their specification; what matters here is ASCII in either.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;

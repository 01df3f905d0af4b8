//! What the `cyclonedx` plugin reads, run natively over the real host's archives. The first line of an input is the file's path,
//! which says which cataloger reads it where the bytes do not; the rest is the file.

use std::collections::BTreeSet;

use chiron_archive::{EntryKind, Limits};
use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::content::{self, Blob, Entry, Tree};
use chiron_sdk::sbom::{Coverage, Inventory, SbomGenerator as _, Source};
use chiron_sdk::{Digest, PluginError, fake};

/// Longest path that an input can give.
const PATH_BYTES_MAX: usize = 512;

pub(super) fn cataloger(bytes: &[u8]) {
    let end = bytes.iter().take(PATH_BYTES_MAX).position(|byte| *byte == b'\n');
    let Some((path, rest)) = end.and_then(|end| Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..])))
    else {
        return;
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    // The host's own snapshot would have refused it.
    if name.is_empty() || name.contains('\0') || name == "." || name == ".." || name.len() > 200 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, rest).unwrap();
    let blob = Host(chiron_archive::Blob::open(&file, &limits()).unwrap());
    let inventory = CycloneDx.generate(&fake::subject(path), Source::File(&blob)).unwrap();
    check(&inventory);
}

/// One account of the file; a reason where something is missing; ids that occur once, and relations that lead to them; purls
/// that are printable.
fn check(inventory: &Inventory) {
    let [outcome] = inventory.files.as_slice() else { panic!("{} accounts of one file", inventory.files.len()) };
    assert!(outcome.coverage == Coverage::Read || outcome.reason.is_some(), "{outcome:?}");
    assert!(outcome.coverage != Coverage::Failed || inventory.components.is_empty(), "{outcome:?}");
    assert_eq!(outcome.coverage == Coverage::Partly, outcome.entries_dropped > 0, "{outcome:?}");
    let mut ids = BTreeSet::new();
    for component in &inventory.components {
        assert!(ids.insert(component.id.as_str()), "{} occurs twice", component.id);
        let purl = component.purl.as_deref().unwrap_or("pkg:");
        assert!(purl.starts_with("pkg:") && !purl.contains(|c: char| c.is_control() || c == ' '), "{purl}");
    }
    for relation in inventory.relations.iter().filter(|relation| relation.kind != "includes") {
        assert!(ids.contains(relation.source.as_str()) && ids.contains(relation.target.as_str()), "{relation:?}");
    }
}

fn limits() -> Limits {
    Limits { entries_max: 500, entry_bytes_max: 4 << 20, total_bytes_max: 16 << 20, ..Limits::default() }
}

/// The host's blob, as a plugin holds it.
struct Host(chiron_archive::Blob);

/// The host's tree, as a plugin holds it.
struct HostTree(chiron_archive::Tree);

fn refused(error: chiron_archive::Error) -> PluginError {
    PluginError::BadInput(error.to_string())
}

impl Blob for Host {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn media_type(&self) -> String {
        self.0.media_type().to_owned()
    }

    fn digest(&self, algorithm: &str) -> Result<Digest, PluginError> {
        let digest = self.0.digest(algorithm).map_err(refused)?;
        Ok(Digest { algorithm: digest.algorithm().to_owned(), value: digest.hex().to_owned() })
    }

    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, PluginError> {
        self.0.read(offset, len).map_err(refused)
    }

    fn open_tree(&self) -> Result<Box<dyn Tree>, PluginError> {
        Ok(Box::new(HostTree(self.0.open_tree().map_err(refused)?)))
    }
}

impl Tree for HostTree {
    fn entries(
        &self,
        glob: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Entry>, Option<String>), PluginError> {
        let (entries, next) = self.0.entries(glob, cursor, limit).map_err(refused)?;
        let entry = |entry: chiron_archive::Entry| Entry {
            path: entry.path,
            size: entry.size,
            kind: match entry.kind {
                EntryKind::File => content::EntryKind::File,
                EntryKind::Directory => content::EntryKind::Directory,
                EntryKind::Symlink => content::EntryKind::Symlink,
                EntryKind::Other => content::EntryKind::Other,
            },
        };
        Ok((entries.into_iter().map(entry).collect(), next))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Blob>, PluginError> {
        Ok(Box::new(Host(self.0.open(path).map_err(refused)?)))
    }

    fn read_link(&self, path: &str) -> Result<String, PluginError> {
        self.0.read_link(path).map_err(refused)
    }
}

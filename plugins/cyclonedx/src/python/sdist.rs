//! One source distribution: the package that its PKG-INFO names.

use chiron_sdk::PluginError;
use chiron_sdk::content::{self, Blob, EntryKind, Tree};
use chiron_sdk::sbom::{Component, FileOutcome, Inventory};

use crate::SELF;
use crate::catalogers::Cataloger;
use crate::listing;
use crate::metadata::{METADATA_BYTES_MAX, Metadata};

/// Python source distributions. PEP 625 has `.tar.gz` alone; `.zip` is what came before. Neither name says that it is one.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Python source distribution",
    media_types: &[],
    globs: &["*.tar.gz", "*.zip"],
    read: |_, blob| read(blob),
};

/// The sdist's package, or why it could not be read. Only a cancelled run is an error.
fn read(blob: &dyn Blob) -> Result<Inventory, PluginError> {
    Ok(match package(blob) {
        Ok(Some(component)) => {
            Inventory { components: vec![component], relations: Vec::new(), files: vec![FileOutcome::read(SELF, 1)] }
        }
        Ok(None) => {
            let reason = "no PKG-INFO in a folder at the top: not a Python source distribution";
            Inventory::of_file(FileOutcome::unsupported(SELF, reason))
        }
        Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
        Err(error) => listing::failed(&content::reason(&error)),
    })
}

fn package(blob: &dyn Blob) -> Result<Option<Component>, PluginError> {
    let tree = blob.open_tree()?;
    let Some(path) = info_path(tree.as_ref())? else {
        return Ok(None);
    };
    let bytes = content::read_all(tree.open(&path)?.as_ref(), METADATA_BYTES_MAX)?;
    let metadata = Metadata::parse(&bytes).map_err(PluginError::BadInput)?;
    let mut component = metadata.into_component();
    component.digests = vec![blob.digest("sha256")?];
    component.properties.insert(0, ("chiron:metadata-path".to_owned(), path));
    Ok(Some(component))
}

/// The PKG-INFO in the one folder at the top. Deeper ones are those of an `.egg-info`, or of a vendored package.
fn info_path(tree: &dyn Tree) -> Result<Option<String>, PluginError> {
    let mut paths: Vec<String> = content::all_entries(tree, "*/PKG-INFO", 64)?
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::File)
        .map(|entry| entry.path)
        .collect();
    paths.sort();
    match paths.as_slice() {
        [] => Ok(None),
        [path] => Ok(Some(path.clone())),
        many => Err(PluginError::BadInput(format!("more than one PKG-INFO: {}", many.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob, FakeTree};
    use chiron_sdk::sbom::Coverage;

    use super::*;

    const INFO: &str = "Name: six\nVersion: 1.16.0\n";

    fn inventory(blob: &FakeBlob) -> Inventory {
        (CATALOGER.read)(&fake::subject("six-1.16.0.tar.gz"), blob).unwrap()
    }

    fn outcome(tree: FakeTree) -> (Coverage, String) {
        let outcome = inventory(&FakeBlob::archive(tree)).files.remove(0);
        (outcome.coverage, outcome.reason.unwrap_or_default())
    }

    #[test]
    fn an_sdist_is_the_package_its_pkg_info_names() {
        let tree = FakeTree::new()
            .file("six-1.16.0/PKG-INFO", INFO)
            .file("six-1.16.0/six.egg-info/PKG-INFO", "Name: other\nVersion: 1\n");
        let inventory = inventory(&FakeBlob::archive(tree));
        let [six] = inventory.components.as_slice() else { panic!() };
        assert_eq!((six.purl.as_deref(), six.digests.len()), (Some("pkg:pypi/six@1.16.0"), 1));
        assert_eq!(six.properties[0], ("chiron:metadata-path".to_owned(), "six-1.16.0/PKG-INFO".to_owned()));
    }

    #[test]
    fn other_archives_are_unsupported_and_broken_ones_fail() {
        assert_eq!(outcome(FakeTree::new().file("a/b.txt", "x")).0, Coverage::Unsupported);
        assert_eq!(outcome(FakeTree::new().file("PKG-INFO", INFO)).0, Coverage::Unsupported);
        let two = FakeTree::new().file("a/PKG-INFO", INFO).file("b/PKG-INFO", INFO);
        assert_eq!(outcome(two), (Coverage::Failed, "more than one PKG-INFO: a/PKG-INFO, b/PKG-INFO".to_owned()));
        let nameless = FakeTree::new().file("a/PKG-INFO", "Version: 1\n");
        assert_eq!(outcome(nameless), (Coverage::Failed, "METADATA has no Name".to_owned()));
        let bomb = FakeBlob::refused(PluginError::BadInput("gzip: a bomb".to_owned()));
        assert_eq!(inventory(&bomb).files[0].reason.as_deref(), Some("gzip: a bomb"));
        let cancelled = FakeBlob::refused(PluginError::Cancelled);
        assert_eq!((CATALOGER.read)(&fake::subject("a.tar.gz"), &cancelled).unwrap_err(), PluginError::Cancelled);
    }
}

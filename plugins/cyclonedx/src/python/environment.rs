//! Packages as they are installed: one file of metadata each, in `.dist-info` (PEP 376) or the older `.egg-info`.

use chiron_sdk::PluginError;
use chiron_sdk::content::{self, Blob};
use chiron_sdk::sbom::{FileOutcome, Inventory};

use crate::SELF;
use crate::catalogers::Cataloger;
use crate::listing;
use crate::metadata::{METADATA_BYTES_MAX, Metadata};

/// Installed Python packages. `.egg-info` is a folder, or for distutils one file.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "installed Python package",
    media_types: &[],
    globs: &["**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/EGG-INFO/PKG-INFO", "*.egg-info"],
    read: |_, blob| read(blob),
};

/// The package. Its digest is not known here: what was installed has been unpacked.
fn read(blob: &dyn Blob) -> Result<Inventory, PluginError> {
    let bytes = match content::read_all(blob, METADATA_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
        Err(error) => return Ok(listing::failed(&content::reason(&error))),
    };
    Ok(match Metadata::parse(&bytes) {
        Ok(metadata) => Inventory {
            components: vec![metadata.into_component()],
            relations: Vec::new(),
            files: vec![FileOutcome::read(SELF, 1)],
        },
        Err(reason) => listing::failed(&reason),
    })
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::Coverage;

    use super::*;
    use crate::catalogers;

    fn inventory(bytes: impl Into<Vec<u8>>) -> Inventory {
        (CATALOGER.read)(&fake::subject("METADATA"), &FakeBlob::new(bytes)).unwrap()
    }

    #[test]
    fn an_installed_package_is_known_by_its_metadata() {
        let text = "Metadata-Version: 2.1\nName: zope.interface\nVersion: 5.4.0\nLicense: ZPL 2.1\nRequires-Dist: six\n\nREADME";
        let inventory = inventory(text);
        let [zope] = inventory.components.as_slice() else { panic!() };
        assert_eq!(zope.purl.as_deref(), Some("pkg:pypi/zope-interface@5.4.0"));
        assert_eq!((zope.digests.len(), zope.licenses.len()), (0, 1));
        assert_eq!(zope.properties, [("chiron:requires-dist".to_owned(), "six".to_owned())]);
        assert_eq!(inventory.files, [FileOutcome::read(".", 1)]);
    }

    #[test]
    fn metadata_is_found_where_installers_put_it_and_nowhere_else() {
        let found = |path: &str| catalogers::find(path, "text/plain").map(|cataloger| cataloger.name);
        let lib = "venv/lib/python3.12/site-packages";
        for path in
            ["a-1.dist-info/METADATA", "a.egg-info/PKG-INFO", "a-1-py3.12.egg/EGG-INFO/PKG-INFO", "a-1.egg-info"]
        {
            assert_eq!(found(&format!("{lib}/{path}")), Some(CATALOGER.name), "{path}");
        }
        for path in ["METADATA", "a/METADATA", "a-1.dist-info/RECORD", "PKG-INFO", "a.egg-info/top_level.txt"] {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (bytes, expected) in [
            (b"".to_vec(), "METADATA has no Name"),
            (b"Name: a\n".to_vec(), "METADATA has no Version"),
            (b"\xff\xfeN\0a\0m\0e\0:\0 \0a\0".to_vec(), "METADATA has no Name"),
            (vec![b'x'; 5 << 20], "5242880 bytes, more than the 4194304 this reads"),
        ] {
            let outcome = inventory(bytes).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (Coverage::Failed, Some(expected)));
        }
    }
}

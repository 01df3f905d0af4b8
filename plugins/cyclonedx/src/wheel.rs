//! One wheel: the package that its METADATA names.

use chiron_sdk::content::{self, Blob, EntryKind, Tree};
use chiron_sdk::sbom::{Component, FileOutcome, Inventory};
use chiron_sdk::{PluginError, Subject};

use crate::catalogers::Cataloger;
use crate::metadata::{METADATA_BYTES_MAX, Metadata};
use crate::{SELF, purl};

/// Python wheels.
pub(crate) const CATALOGER: Cataloger =
    Cataloger { name: "Python wheel", media_types: &["application/vnd.pypa.wheel+zip"], globs: &["*.whl"], read };

/// The wheel's package, or why it could not be read. Only a cancelled run is an error.
fn read(subject: &Subject, blob: &dyn Blob) -> Result<Inventory, PluginError> {
    let file_name = subject.name.rsplit('/').next().unwrap_or_default();
    match package(file_name, blob) {
        Ok(component) => Ok(Inventory {
            components: vec![component],
            relations: Vec::new(),
            files: vec![FileOutcome::read(SELF, 1)],
        }),
        Err(PluginError::Cancelled) => Err(PluginError::Cancelled),
        // A hostile or broken archive says nothing about the other files, and nothing about this plugin.
        Err(error) => Ok(Inventory::of_file(FileOutcome::failed(SELF, content::reason(&error)))),
    }
}

fn package(file_name: &str, blob: &dyn Blob) -> Result<Component, PluginError> {
    let tree = blob.open_tree()?;
    let path = metadata_path(tree.as_ref())?;
    let bytes = content::read_all(tree.open(&path)?.as_ref(), METADATA_BYTES_MAX)?;
    let metadata = Metadata::parse(&bytes).map_err(PluginError::BadInput)?;
    let note = mismatch(file_name, &metadata);
    let mut component = metadata.into_component();
    component.digests = vec![blob.digest("sha256")?];
    component.properties.insert(0, ("chiron:metadata-path".to_owned(), path));
    component.properties.extend(note.map(|note| ("chiron:note".to_owned(), note)));
    Ok(component)
}

/// The one METADATA of the wheel itself. A vendored package brings a `.dist-info` of its own deeper inside; two at the
/// top are two answers to one question, and pip refuses them too.
fn metadata_path(tree: &dyn Tree) -> Result<String, PluginError> {
    let mut paths: Vec<String> = content::all_entries(tree, "*.dist-info/METADATA", 64)?
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::File && entry.path.matches('/').count() == 1)
        .map(|entry| entry.path)
        .collect();
    paths.sort();
    match paths.as_slice() {
        [] => Err(PluginError::BadInput("no METADATA".to_owned())),
        [path] => Ok(path.clone()),
        many => Err(PluginError::BadInput(format!("more than one METADATA: {}", many.join(", ")))),
    }
}

/// What the file's name says against METADATA. METADATA wins, as it does for pip once the file is there.
fn mismatch(file_name: &str, metadata: &Metadata) -> Option<String> {
    let stem = file_name.strip_suffix(".whl")?;
    let mut parts = stem.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    let named = purl::normalized(name) == purl::normalized(&metadata.name);
    if named && canonical(version) == canonical(&metadata.version) {
        return None;
    }
    Some(format!("the file's name says {name} {version}, its METADATA says {} {}", metadata.name, metadata.version))
}

/// Roughly PEP 440's equality: case, separators, leading zeros and trailing `.0` do not count.
fn canonical(version: &str) -> Vec<String> {
    let lower = version.to_ascii_lowercase();
    let mut segments: Vec<String> = lower
        .trim_start_matches('v')
        .split(['.', '-', '_', '+'])
        .map(|segment| match segment.trim_start_matches('0') {
            "" => "0".to_owned(),
            trimmed => trimmed.to_owned(),
        })
        .collect();
    while segments.len() > 1 && segments.last().is_some_and(|segment| segment == "0") {
        segments.pop();
    }
    segments
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob, FakeTree};
    use chiron_sdk::sbom::Coverage;

    use super::*;

    const METADATA: &str = "Name: Flask\nVersion: 1.0\nSummary: web\n";

    fn inventory(file_name: &str, tree: FakeTree) -> Inventory {
        read(&fake::subject(file_name), &FakeBlob::archive(tree)).unwrap()
    }

    /// Why a wheel with these members could not be read.
    fn failure(tree: FakeTree) -> String {
        let inventory = inventory("x.whl", tree);
        assert!(inventory.components.is_empty());
        assert_eq!((inventory.files[0].coverage, inventory.files[0].path.as_str()), (Coverage::Failed, "."));
        inventory.files[0].reason.clone().unwrap()
    }

    #[test]
    fn a_wheel_is_the_package_its_metadata_names() {
        let tree = FakeTree::new().file("Flask-1.0.dist-info/METADATA", METADATA);
        let inventory = inventory("Flask-1.0-py2.py3-none-any.whl", tree);
        let [flask] = inventory.components.as_slice() else { panic!() };
        assert_eq!((flask.name.as_str(), flask.purl.as_deref()), ("Flask", Some("pkg:pypi/flask@1.0")));
        assert_eq!((flask.digests[0].algorithm.as_str(), flask.locations[0].path.as_str()), ("sha256", "."));
        assert!(flask.properties.contains(&("chiron:summary".to_owned(), "web".to_owned())));
        assert!(!flask.properties.iter().any(|(key, _)| key == "chiron:note"));
        assert_eq!(inventory.files, [FileOutcome::read(".", 1)]);
    }

    #[test]
    fn a_vendored_dist_info_is_not_the_wheels() {
        let tree = FakeTree::new()
            .file("Flask-1.0.dist-info/METADATA", METADATA)
            .file("flask/vendor/tomli-1.0.dist-info/METADATA", "Name: tomli\nVersion: 1.0\n");
        assert_eq!(inventory("Flask-1.0-py3-none-any.whl", tree).components[0].name, "Flask");
        let only_vendored = FakeTree::new().file("v/tomli-1.0.dist-info/METADATA", METADATA);
        assert_eq!(failure(only_vendored), "no METADATA");
    }

    #[test]
    fn two_dist_infos_at_the_top_are_refused_by_name() {
        let tree = FakeTree::new().file("a-1.dist-info/METADATA", METADATA).file("b-1.dist-info/METADATA", METADATA);
        assert_eq!(failure(tree), "more than one METADATA: a-1.dist-info/METADATA, b-1.dist-info/METADATA");
    }

    #[test]
    fn what_cannot_be_read_fails_with_its_reason() {
        assert_eq!(failure(FakeTree::new().file("a-1.dist-info/METADATA", "Version: 1\n")), "METADATA has no Name");
        let huge = vec![b'x'; 5 * 1024 * 1024];
        assert!(failure(FakeTree::new().file("a-1.dist-info/METADATA", huge)).contains("5242880 bytes"));
        let refused = FakeBlob::refused(PluginError::BadInput("zip: a bomb".to_owned()));
        let inventory = read(&fake::subject("x.whl"), &refused).unwrap();
        assert_eq!(inventory.files[0].reason.as_deref(), Some("zip: a bomb"));
        let cancelled = FakeBlob::refused(PluginError::Cancelled);
        assert_eq!(read(&fake::subject("x.whl"), &cancelled).unwrap_err(), PluginError::Cancelled);
    }

    #[test]
    fn a_file_name_that_says_otherwise_is_noted() {
        let note = |file_name| {
            let tree = FakeTree::new().file("Flask-1.0.dist-info/METADATA", METADATA);
            let properties = inventory(file_name, tree).components.remove(0).properties;
            properties.into_iter().find(|(key, _)| key == "chiron:note").map(|(_, value)| value)
        };
        assert_eq!(note("flask-01.0.0-py3-none-any.whl"), None);
        assert_eq!(note("renamed.zip"), None);
        let said = note("Django-3.0-py3-none-any.whl").unwrap();
        assert_eq!(said, "the file's name says Django 3.0, its METADATA says Flask 1.0");
    }
}

//! A document in syft's own JSON format (syft, `schema/json`): which parts count, and which versions are understood.

use chiron_plugin_report::plain;
use chiron_sdk::PluginError;
use chiron_sdk::content::Blob;
use serde::Deserialize;

/// Most packages and relations together. Real documents have about five relations for a package.
const ENTRIES_MAX: usize = 500_000;

/// First numbers of the schema versions that are understood: 5 is syft 0.60, of 2022, 16 that of syft 1.x. What is read
/// here has kept its place and its meaning between them.
const SCHEMAS: std::ops::RangeInclusive<u32> = 5..=16;

/// The parts that matter; CPEs, most of a document, are passed over.
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) artifacts: Vec<Artifact>,
    #[serde(default, rename = "artifactRelationships")]
    pub(crate) relationships: Vec<Relationship>,
    #[serde(default)]
    pub(crate) files: Vec<File>,
    #[serde(default)]
    pub(crate) distro: Option<Distribution>,
    pub(crate) descriptor: Descriptor,
    schema: Schema,
}

/// A package.
#[derive(Debug, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    #[serde(default, rename = "foundBy")]
    pub(crate) found_by: String,
    #[serde(default)]
    pub(crate) language: String,
    #[serde(default)]
    pub(crate) purl: String,
    #[serde(default)]
    pub(crate) locations: Vec<Place>,
    #[serde(default)]
    pub(crate) licenses: Option<Vec<License>>,
}

/// Where a package was seen, in what was looked at; with the layer, for images.
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    pub(crate) path: String,
    #[serde(default, rename = "layerID")]
    pub(crate) layer: Option<String>,
}

/// Before schema 8 a licence was a word.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum License {
    /// As it is written now.
    Full {
        /// As it was found.
        value: String,
        /// Empty where it is none.
        #[serde(default, rename = "spdxExpression")]
        expression: String,
    },
    /// As it was written.
    Word(String),
}

/// `parent kind child`.
#[derive(Debug, Deserialize)]
pub(crate) struct Relationship {
    pub(crate) parent: String,
    pub(crate) child: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// A file that was looked at, and what could not be read of it.
#[derive(Debug, Deserialize)]
pub(crate) struct File {
    pub(crate) location: Place,
    #[serde(default)]
    pub(crate) unknowns: Vec<String>,
}

/// The release of an image or a root file system; empty where there is none.
#[derive(Debug, Deserialize)]
pub(crate) struct Distribution {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default, rename = "versionID")]
    pub(crate) version: String,
}

/// Who made the document.
#[derive(Debug, Deserialize)]
pub(crate) struct Descriptor {
    name: String,
    #[serde(default)]
    pub(crate) version: String,
}

#[derive(Debug, Deserialize)]
struct Schema {
    version: String,
}

/// Reads a document.
///
/// # Errors
/// [`PluginError::BadInput`] for what is no such document, is of a version that is not understood, or is too large.
pub(crate) fn read(blob: &dyn Blob) -> Result<Document, PluginError> {
    let bad = PluginError::BadInput;
    let document: Document = chiron_plugin_report::read(blob, "a report in syft's JSON format")?;
    if document.descriptor.name != "syft" {
        return Err(bad(format!("made by `{}`, not by syft", plain(&document.descriptor.name))));
    }
    let version = &document.schema.version;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if !major.is_some_and(|major| SCHEMAS.contains(&major)) {
        let (first, last) = (SCHEMAS.start(), SCHEMAS.end());
        return Err(bad(format!("schema {} of syft's JSON is not understood: {first} to {last} are", plain(version))));
    }
    let entries = document.artifacts.len() + document.relationships.len();
    if entries > ENTRIES_MAX {
        return Err(bad(format!("{entries} packages and relations, more than the {ENTRIES_MAX} this reads")));
    }
    Ok(document)
}

#[cfg(test)]
pub(crate) mod tests {
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::FakeBlob;

    use super::*;

    /// Every part that is read, as syft 1.18.1 writes it.
    pub(crate) const DOCUMENT: &str = r#"{
      "artifacts": [
        {"id": "1", "name": "requests", "version": "2.32.3", "type": "python", "foundBy": "python-package-cataloger",
         "language": "python", "purl": "pkg:pypi/requests@2.32.3", "cpes": [{"cpe": "cpe:2.3:a", "source": "x"}],
         "locations": [{"path": "/app/poetry.lock", "accessPath": "/app/poetry.lock"}],
         "licenses": [{"value": "Apache 2.0", "spdxExpression": "Apache-2.0", "type": "declared", "urls": []}],
         "metadataType": "python-poetry-lock-entry", "metadata": {"index": ""}},
        {"id": "2", "name": "urllib3", "version": "UNKNOWN", "type": "python", "purl": "pkg:pypi/urllib3",
         "locations": [{"path": "/app/poetry.lock", "layerID": "sha256:aa"}], "licenses": ["MIT"]}
      ],
      "artifactRelationships": [
        {"parent": "2", "child": "1", "type": "dependency-of"},
        {"parent": "1", "child": "f", "type": "evident-by", "metadata": {"kind": "primary"}}
      ],
      "files": [{"id": "f", "location": {"path": "/app/broken.jar"}, "unknowns": ["java-archive-cataloger: not a zip"]}],
      "source": {"id": "s", "name": ".", "version": "", "type": "directory", "metadata": {"path": "."}},
      "distro": {"id": "debian", "versionID": "12"},
      "descriptor": {"name": "syft", "version": "1.18.1"},
      "schema": {"version": "16.0.18", "url": "https://example.com/schema-16.0.18.json"}
    }"#;

    fn why_not(text: &str) -> String {
        reason(&read(&FakeBlob::new(text)).unwrap_err())
    }

    #[test]
    fn a_document_is_read() {
        let document = read(&FakeBlob::new(DOCUMENT)).unwrap();
        assert_eq!((document.artifacts.len(), document.relationships.len(), document.files.len()), (2, 2, 1));
        assert_eq!(document.descriptor.version, "1.18.1");
    }

    #[test]
    fn another_version_another_tool_and_half_a_document_are_refused_by_name() {
        assert!(why_not(&DOCUMENT.replace("16.0.18\", \"url", "17.0.0\", \"url")).contains("schema 17.0.0"));
        assert!(why_not(&DOCUMENT.replace("\"name\": \"syft\"", "\"name\": \"grype\"")).contains("made by `grype`"));
        assert!(why_not(&DOCUMENT[..DOCUMENT.len() / 2]).contains("not a report in syft's JSON format"));
        assert!(why_not("{}").contains("missing field"));
        assert!(why_not(&"[".repeat(100_000)).contains("not a report"));
    }
}

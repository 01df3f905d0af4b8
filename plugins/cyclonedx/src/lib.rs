//! Says which components a package, a lock file or a CycloneDX document holds.
//!
//! The name is the pipeline's word for "the SBOM step": what is written in CycloneDX, or any other format, the host
//! writes. Here files are read, and every file read is accounted for.

mod bom;
mod cargo_lock;
mod catalogers;
mod composer;
mod executable;
mod gemfile;
mod go;
mod gradle;
mod java;
mod json;
mod listing;
mod lockfile;
mod metadata;
mod npm;
mod nuget;
mod purl;
mod python;
mod spdx;
mod stream;
mod system;
mod text;
mod toml_lock;
mod wheel;
mod xml;
mod yaml;

use chiron_sdk::content::Blob;
use chiron_sdk::sbom::{FileOutcome, Inventory, SbomGenerator, Source};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config};
use serde::Deserialize;

/// The file itself, in paths relative to it.
const SELF: &str = ".";

/// The plugin.
#[derive(Debug)]
pub struct CycloneDx;

/// It takes no configuration: what a file holds is not a matter of taste.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

impl Plugin for CycloneDx {
    fn describe() -> Description {
        let mut description = Description::new(
            "cyclonedx",
            env!("CARGO_PKG_VERSION"),
            "Lists the components of packages, lock files and SBOMs",
        );
        for cataloger in catalogers::ALL {
            description = description.property("chiron:reads", cataloger.name);
            for media_type in cataloger.media_types {
                description = description.property("chiron:input-media-type", media_type);
            }
            for glob in cataloger.globs {
                description = description.property("chiron:input-glob", glob);
            }
        }
        for name in system::NAMES {
            description = description.property("chiron:reads", name);
        }
        for mark in system::MARKS {
            description = description.property("chiron:input-tree", mark);
        }
        description
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        config::parse::<Config>(text)?;
        Ok(Self)
    }
}

impl SbomGenerator for CycloneDx {
    fn generate(&self, subject: &Subject, source: Source<'_>) -> Result<Inventory, PluginError> {
        match source {
            Source::File(blob) => file(subject, blob),
            Source::Directory(tree) => system::inventory(tree),
        }
    }
}

fn file(subject: &Subject, blob: &dyn Blob) -> Result<Inventory, PluginError> {
    let media_type = blob.media_type();
    match catalogers::find(&subject.name, &media_type) {
        Some(cataloger) => (cataloger.read)(subject, blob),
        None => Ok(Inventory::of_file(FileOutcome::unsupported(SELF, format!("cannot read {media_type}")))),
    }
}

chiron_sdk::export!(CycloneDx as sbom_generator);

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob, FakeTree};
    use chiron_sdk::sbom::Coverage;

    use super::*;

    const WHEEL: &str = wheel::CATALOGER.media_types[0];
    const CYCLONEDX_JSON: &str = bom::CATALOGER.media_types[0];

    fn outcome(name: &str, blob: &FakeBlob) -> Coverage {
        CycloneDx.generate(&fake::subject(name), Source::File(blob)).unwrap().files[0].coverage
    }

    #[test]
    fn the_media_type_decides_and_then_the_name() {
        let wheel = FakeTree::new().file("a-1.dist-info/METADATA", "Name: a\nVersion: 1\n");
        assert_eq!(outcome("blob", &FakeBlob::archive(wheel.clone()).media_type(WHEEL)), Coverage::Read);
        assert_eq!(outcome("x/a-1-py3-none-any.whl", &FakeBlob::archive(wheel)), Coverage::Read);
        let bom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6"}"#;
        assert_eq!(outcome("sbom", &FakeBlob::new(bom).media_type(CYCLONEDX_JSON)), Coverage::Read);
        assert_eq!(outcome("x/bom.json", &FakeBlob::new(bom)), Coverage::Read);
        assert_eq!(outcome("README.md", &FakeBlob::new("hello")), Coverage::Unsupported);
    }

    #[test]
    fn a_directory_is_unsupported_not_empty() {
        let inventory = CycloneDx.generate(&fake::subject("d"), Source::Directory(&FakeTree::new())).unwrap();
        assert_eq!(inventory.files[0].coverage, Coverage::Unsupported);
    }

    #[test]
    fn takes_no_configuration() {
        assert!(CycloneDx::configure("{}").is_ok());
        assert!(matches!(CycloneDx::configure(r#"{"deep": true}"#), Err(PluginError::BadConfig(_))));
    }
}

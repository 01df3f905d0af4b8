//! `syft-report`: a report in syft's own JSON, as a subject.

use chiron_sdk::content::{Blob, reason};
use chiron_sdk::sbom::{FileOutcome, Inventory, SbomGenerator, Source};
use chiron_sdk::{Description, Plugin, PluginError, Subject};

use crate::document;
use crate::inventory::{self, Places};
use crate::no_configuration;

/// What the host makes such files out to be, by their bytes.
const MEDIA_TYPE: &str = "application/vnd.syft+json";

/// The file itself, in paths relative to it.
const SELF: &str = ".";

/// The plugin that reads reports.
#[derive(Debug)]
pub struct SyftReport;

impl Plugin for SyftReport {
    fn describe() -> Description {
        Description::new("syft-report", env!("CARGO_PKG_VERSION"), "Lists the components of a report made by syft")
            .property("chiron:reads", "report of syft (syft-json)")
            .property("chiron:input-media-type", MEDIA_TYPE)
            .property("chiron:input-glob", "*.syft.json")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        no_configuration(text).map(|()| Self)
    }
}

impl SbomGenerator for SyftReport {
    fn generate(&self, _: &Subject, source: Source<'_>) -> Result<Inventory, PluginError> {
        Ok(match source {
            Source::File(blob) => file(blob),
            Source::Directory(_) => {
                Inventory::of_file(FileOutcome::unsupported(SELF, "a directory; syft-adapter can have syft look at it"))
            }
        })
    }
}

/// What is wrong with a report is an outcome of that file: others are read all the same.
fn file(blob: &dyn Blob) -> Inventory {
    match document::read(blob) {
        Ok(document) => inventory::of(document, Places::InReport),
        Err(error) => Inventory::of_file(FileOutcome::failed(SELF, reason(&error))),
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob, FakeTree};
    use chiron_sdk::sbom::Coverage;

    use super::*;
    use crate::document::tests::DOCUMENT;

    #[test]
    fn a_report_is_read_and_points_at_itself() {
        let blob = FakeBlob::new(DOCUMENT);
        let inventory = SyftReport.generate(&fake::subject("x.syft.json"), Source::File(&blob)).unwrap();
        assert_eq!(inventory.files[0].coverage, Coverage::Partly, "it names a file that syft could not read");
        assert!(inventory.components.iter().all(|component| component.locations[0].path == SELF));
    }

    #[test]
    fn what_is_no_report_has_failed_and_a_directory_is_unsupported() {
        let outcome = |source: Source<'_>| SyftReport.generate(&fake::subject("x"), source).unwrap().files[0].coverage;
        let (blob, tree) = (FakeBlob::new("{}"), FakeTree::new());
        assert_eq!(outcome(Source::File(&blob)), Coverage::Failed);
        assert_eq!(outcome(Source::Directory(&tree)), Coverage::Unsupported);
    }
}

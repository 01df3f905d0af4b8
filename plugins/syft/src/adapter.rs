//! `syft-adapter`: has the program that the operator pinned look at the subject, and reads what it reports.

use chiron_plugin_report::{complaint, names, plain};
use chiron_sdk::sbom::{Inventory, SbomGenerator, Source};
use chiron_sdk::tool::{HostTools, Input, Tools};
use chiron_sdk::{Description, Plugin, PluginError, Request, Subject};

use crate::document;
use crate::inventory::{self, Places};
use crate::no_configuration;

/// The label under which the program is asked for.
const TOOL: &str = "syft";

/// The plugin that runs syft.
#[derive(Debug)]
pub struct SyftAdapter;

impl Plugin for SyftAdapter {
    fn describe() -> Description {
        let mut description =
            Description::new("syft-adapter", env!("CARGO_PKG_VERSION"), "Lists the components that syft finds")
                .property("chiron:reads", "whatever syft reads");
        description.requests.push(Request {
            capability: "tool".to_owned(),
            label: TOOL.to_owned(),
            purpose: "catalogs the subject; profiles `directory` and `file` write syft-json to standard output"
                .to_owned(),
        });
        description
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        no_configuration(text).map(|()| Self)
    }
}

impl SbomGenerator for SyftAdapter {
    fn generate(&self, _: &Subject, source: Source<'_>) -> Result<Inventory, PluginError> {
        catalog(&HostTools, source)
    }
}

/// A program that fails has found nothing out: that is an error, never an empty inventory.
fn catalog(tools: &dyn Tools, source: Source<'_>) -> Result<Inventory, PluginError> {
    let (profile, input) = match source {
        Source::File(blob) => ("file", Input::File(blob)),
        Source::Directory(tree) => ("directory", Input::Directory(tree)),
    };
    let execution = tools.invoke(TOOL, profile, &[], input)?;
    let exit = execution.exit();
    if exit.code != 0 {
        return Err(PluginError::Unavailable(format!(
            "syft ended with exit code {}{}",
            exit.code,
            complaint(&*execution)
        )));
    }
    let document = document::read(&*execution.stdout())?;
    let said = &document.descriptor.version;
    // What the lock holds is what the program said when it was asked for its version.
    if !exit.tool_version.is_empty() && !names(&exit.tool_version, said) {
        return Err(PluginError::Other(format!(
            "the report says it was made by syft {}, the program says it is {}",
            plain(said),
            plain(&exit.tool_version)
        )));
    }
    Ok(inventory::of(document, Places::InSubject))
}

#[cfg(test)]
mod tests {
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::{FakeBlob, FakeTools, FakeTree};

    use super::*;
    use crate::document::tests::DOCUMENT;

    fn with(code: i32, stdout: &str) -> Result<Inventory, PluginError> {
        let tools = FakeTools::new().answer(TOOL, "directory", code, stdout);
        catalog(&tools, Source::Directory(&FakeTree::new()))
    }

    #[test]
    fn a_directory_is_cataloged_and_a_file_by_its_own_profile() {
        // The fake says that it is 1.0.0.
        let document = DOCUMENT.replace("\"version\": \"1.18.1\"", "\"version\": \"1.0.0\"");
        assert_eq!(with(0, &document).unwrap().components.len(), 3);
        let tools = FakeTools::new().answer(TOOL, "file", 0, &document);
        assert!(catalog(&tools, Source::File(&FakeBlob::new("x"))).is_ok());
    }

    #[test]
    fn a_program_that_fails_says_nothing_or_lies_about_its_version_has_found_nothing_out() {
        assert!(reason(&with(1, "").unwrap_err()).contains("exit code 1"));
        assert!(reason(&with(0, "").unwrap_err()).contains("not a report"));
        assert!(reason(&with(0, DOCUMENT).unwrap_err()).contains("made by syft 1.18.1"));
        assert!(catalog(&FakeTools::new(), Source::Directory(&FakeTree::new())).is_err());
    }
}

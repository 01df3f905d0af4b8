//! `grype-adapter`: has the program that the operator pinned look at the components that the run found, and reads what it reports.
//!
//! It is shown an SBOM of these components, not the subject. Whoever exchanges a scanner wants the same inventory judged by
//! another: a program that catalogs the subject by itself answers about an inventory of its own, and differences of the one
//! would pass for differences of the other. Its findings are about components that are there, and it needs no byte of the subject.

use chiron_plugin_report::{Components, complaint, knowing, names, plain, read};
use chiron_sdk::scan::{AdvisoryDb, Component, Finding, Scanner};
use chiron_sdk::tool::{HostTools, Input, Tools};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config};
use serde::Deserialize;

use crate::document::{Document, KNOWS, WHAT};
use crate::findings;

/// The label under which the program is asked for.
const TOOL: &str = "grype";

/// The profile by which it is shown an SBOM.
const PROFILE: &str = "components";

/// The form of that SBOM.
const FORMAT: &str = "cyclonedx-json";

/// The plugin that runs grype.
#[derive(Debug)]
pub struct GrypeAdapter;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

impl Plugin for GrypeAdapter {
    fn describe() -> Description {
        let description =
            Description::new("grype-adapter", env!("CARGO_PKG_VERSION"), "Finds the advisories that grype finds")
                // Packages of a system are matched by the release, which is a component too; and a start costs a second.
                .property("chiron:needs-all-components", "true")
                .request(
                    "tool",
                    TOOL,
                    "matches the components; the profile `components` reads an SBOM and writes JSON",
                );
        knowing(description, KNOWS)
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        config::parse::<Config>(text).map(|Config {}| Self)
    }
}

impl Scanner for GrypeAdapter {
    fn scan(&self, _: &Subject, components: &[Component], _: &dyn AdvisoryDb) -> Result<Vec<Finding>, PluginError> {
        scan(&HostTools, components)
    }
}

/// A program that fails has found nothing out: that is an error, never an answer without findings.
fn scan(tools: &dyn Tools, components: &[Component]) -> Result<Vec<Finding>, PluginError> {
    let execution = tools.invoke(TOOL, PROFILE, &[], Input::Components(FORMAT))?;
    let exit = execution.exit();
    if exit.code != 0 {
        let complaint = complaint(&*execution);
        return Err(PluginError::Unavailable(format!("grype ended with exit code {}{complaint}", exit.code)));
    }
    let document: Document = read(&*execution.stdout(), WHAT)?;
    let said = &document.descriptor.version;
    // What the lock holds is what the program said when it was asked for its version.
    if !exit.tool_version.is_empty() && !names(&exit.tool_version, said) {
        return Err(PluginError::Other(format!(
            "the report says it was made by grype {}, the program says it is {}",
            plain(said),
            plain(&exit.tool_version)
        )));
    }
    findings::of(document, &Components::new(components))
}

#[cfg(test)]
mod tests {
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::{self, FakeTools};

    use super::*;
    use crate::document::tests::RECORDED;

    fn with(code: i32, stdout: &str) -> Result<Vec<Finding>, PluginError> {
        scan(&FakeTools::new().answer(TOOL, PROFILE, code, stdout), &[fake::component("requests", "2.31.0")])
    }

    #[test]
    fn what_the_program_reports_is_about_the_components_it_was_shown() {
        let tools = FakeTools::new().version("Version: 0.121.3").answer(TOOL, PROFILE, 0, RECORDED);
        let findings = scan(&tools, &[fake::component("requests", "2.31.0")]).unwrap();
        assert_eq!(findings.iter().filter(|finding| finding.component.is_some()).count(), 1);
    }

    #[test]
    fn a_program_that_fails_says_nothing_or_lies_about_its_version_has_found_nothing_out() {
        assert!(reason(&with(1, "").unwrap_err()).contains("exit code 1"));
        assert!(reason(&with(1, RECORDED).unwrap_err()).contains("exit code 1"));
        assert!(reason(&with(0, "").unwrap_err()).contains("not a report"));
        assert!(
            reason(&with(0, RECORDED).unwrap_err()).contains("made by grype 0.121.3, the program says it is 1.0.0")
        );
        assert!(scan(&FakeTools::new(), &[]).is_err());
    }
}

//! What trivy found, read from a report that was made elsewhere.

mod document;
mod findings;

use chiron_plugin_report::{Components, Reader, Report};
use chiron_sdk::PluginError;
use chiron_sdk::scan::Finding;

/// What trivy has data about, of what is known here (its documentation, "Coverage"): neither openEuler nor Mageia.
#[rustfmt::skip] // languages, then distributions
const KNOWS: &[&str] = &[
    "PyPI", "npm", "crates.io", "Go", "Maven", "RubyGems", "NuGet", "Packagist",
    "Debian", "Ubuntu", "Alpine", "Wolfi", "Chainguard", "Red Hat", "Rocky Linux", "AlmaLinux", "SUSE", "openSUSE", "Azure Linux",
];

/// The plugin that reads reports.
pub type TrivyReport = Reader<Trivy>;

/// Reports in trivy's own JSON.
#[derive(Debug)]
pub enum Trivy {}

impl Report for Trivy {
    const NAME: &'static str = "trivy-report";
    const SUMMARY: &'static str = "Takes up vulnerabilities, secrets and misconfigurations of a report made by trivy";
    const WHAT: &'static str = "a report of trivy (--format json)";
    const MEDIA_TYPE: &'static str = "application/vnd.trivy+json";
    const GLOBS: &'static [&'static str] = &["*.trivy.json"];
    const KNOWS: &'static [&'static str] = KNOWS;
    type Document = document::Document;

    fn findings(document: document::Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
        findings::of(document, components)
    }
}

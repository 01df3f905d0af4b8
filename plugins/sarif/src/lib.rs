//! What any tool found that writes SARIF 2.1.0.

mod document;
mod findings;
mod rule;

use chiron_plugin_report::{Components, NOTHING, Reader, Report};
use chiron_sdk::PluginError;
use chiron_sdk::scan::Finding;

/// The plugin that reads such documents.
pub type SarifReport = Reader<Sarif>;

/// Documents in SARIF 2.1.0.
#[derive(Debug)]
pub enum Sarif {}

impl Report for Sarif {
    const NAME: &'static str = "sarif-report";
    const SUMMARY: &'static str = "Takes up the results of a SARIF document";
    const WHAT: &'static str = "a SARIF document";
    const MEDIA_TYPE: &'static str = "application/sarif+json";
    const GLOBS: &'static [&'static str] = &["*.sarif", "*.sarif.json"];
    // A document of any tool, which may never have looked at packages.
    const KNOWS: &'static [&'static str] = NOTHING;
    type Document = document::Document;

    fn findings(document: document::Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
        findings::of(document, components)
    }
}

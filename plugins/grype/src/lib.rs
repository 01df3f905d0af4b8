//! What grype found: read from a report that was made elsewhere, or by running the program that the operator pinned.
//!
//! Two components from one crate, so that whoever only reads reports grants nothing else: a component's imports are the list
//! of what it can touch.

mod adapter;
mod document;
mod findings;

pub use adapter::GrypeAdapter;

use chiron_plugin_report::{Components, Reader, Report};
use chiron_sdk::PluginError;
use chiron_sdk::scan::Finding;

/// The plugin that reads reports.
pub type GrypeReport = Reader<Grype>;

/// Reports in grype's own JSON.
#[derive(Debug)]
pub enum Grype {}

impl Report for Grype {
    const NAME: &'static str = "grype-report";
    const SUMMARY: &'static str = "Takes up the matches of a report made by grype";
    const WHAT: &'static str = document::WHAT;
    const MEDIA_TYPE: &'static str = "application/vnd.grype+json";
    const GLOBS: &'static [&'static str] = &["*.grype.json"];
    const KNOWS: &'static [&'static str] = document::KNOWS;
    type Document = document::Document;

    fn findings(document: document::Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
        findings::of(document, components)
    }
}

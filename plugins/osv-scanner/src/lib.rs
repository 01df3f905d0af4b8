//! What osv-scanner found, read from a report that was made elsewhere.

mod document;
mod findings;
mod package;

use chiron_plugin_report::{Components, Reader, Report};
use chiron_sdk::PluginError;
use chiron_sdk::scan::Finding;

/// The plugin that reads reports.
pub type OsvScannerReport = Reader<OsvScanner>;

/// Reports in osv-scanner's JSON, of version 1 and 2.
#[derive(Debug)]
pub enum OsvScanner {}

impl Report for OsvScanner {
    const NAME: &'static str = "osv-scanner-report";
    const SUMMARY: &'static str = "Takes up the vulnerabilities of a report made by osv-scanner";
    const WHAT: &'static str = "a report of osv-scanner (--format json)";
    const MEDIA_TYPE: &'static str = "application/vnd.osv-scanner+json";
    const GLOBS: &'static [&'static str] = &["*.osv-scanner.json"];
    // OSV records of every ecosystem.
    const KNOWS: &'static [&'static str] = &[];
    type Document = document::Document;

    fn findings(document: document::Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
        findings::of(document, components)
    }
}

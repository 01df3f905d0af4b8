//! One CycloneDX document: JSON, specification 1.2 to 1.7, or XML, 1.0 to 1.7.
//!
//! It is read as a stream: a window of bytes and one entry at a time are in memory, never the document. What an entry may be
//! is said once, for JSON (`shapes`); XML becomes that first (`xml`).

mod document;
pub(crate) mod origin;
pub(crate) mod parts;
pub(crate) mod resolve;
mod rules;
mod shapes;
mod xml;

use chiron_sdk::PluginError;
use chiron_sdk::content::Blob;
use chiron_sdk::sbom::{FileOutcome, Inventory};

pub(crate) use self::document::Document;
use self::rules::Minor;
use crate::catalogers::Cataloger;
use crate::text::one_line;
use crate::{SELF, stream};

/// Versions of the specification that are known, by their last number: JSON came with 1.2.
const MINORS: std::ops::RangeInclusive<Minor> = 0..=7;

/// CycloneDX documents, JSON.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "CycloneDX JSON",
    media_types: &["application/vnd.cyclonedx+json"],
    globs: &["*.cdx.json", "bom.json"],
    read: |_, blob| read(blob, stream::document),
};

/// CycloneDX documents, XML.
pub(crate) const XML: Cataloger = Cataloger {
    name: "CycloneDX XML",
    media_types: &["application/vnd.cyclonedx+xml"],
    globs: &["*.cdx.xml", "bom.xml"],
    read: |_, blob| read(blob, xml::document),
};

fn read(blob: &dyn Blob, parse: fn(&dyn Blob) -> Result<Document, String>) -> Result<Inventory, PluginError> {
    stream::inventory(blob, parse, inventory)
}

fn inventory(document: Document) -> Inventory {
    let minor = match supported(&document) {
        Ok(minor) => minor,
        Err(outcome) => return Inventory::of_file(outcome),
    };
    if let Some(reason) = &document.broken {
        return Inventory::of_file(FileOutcome::failed(SELF, reason.clone()));
    }
    if let Some(breach) = document.breaches.of(minor) {
        let reason = format!("not valid as CycloneDX 1.{minor}: {breach}");
        return Inventory::of_file(FileOutcome::failed(SELF, reason));
    }
    resolve::inventory(document)
}

/// The version by its last number. A document of another format is none that this reads; of another version, it is one
/// that should have been read, and cannot be.
fn supported(document: &Document) -> Result<Minor, FileOutcome> {
    match document.format.as_deref() {
        Some("CycloneDX") => {}
        Some(other) => {
            let reason = format!("not CycloneDX: its bomFormat is `{}`", one_line(other, 60));
            return Err(FileOutcome::unsupported(SELF, reason));
        }
        None => return Err(FileOutcome::unsupported(SELF, "not CycloneDX: it has no bomFormat")),
    }
    let Some(version) = document.spec_version.as_deref() else {
        return Err(FileOutcome::failed(SELF, "CycloneDX without a specVersion; 1.2 to 1.7 are known"));
    };
    let minor = MINORS.into_iter().find(|minor| version.strip_prefix("1.") == Some(&minor.to_string()));
    let first = if document.unique_refs { 0 } else { 2 };
    minor.filter(|minor| *minor >= first).ok_or_else(|| {
        let reason = format!("CycloneDX {} is not known; 1.{first} to 1.7 are", one_line(version, 60));
        FileOutcome::failed(SELF, reason)
    })
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod validity;

//! One CycloneDX document, JSON, specification 1.2 to 1.7.
//!
//! It is read as a stream: a window of bytes and one component at a time are in memory, never the document.

mod document;
mod parts;
mod resolve;

use std::io::{BufRead, BufReader};

use chiron_sdk::content::{Blob, BlobReader};
use chiron_sdk::sbom::{FileOutcome, Inventory};
use chiron_sdk::{PluginError, progress};
use serde::de::DeserializeSeed;
use serde_json::error::Category;

use self::document::{Document, DocumentSeed};
use crate::SELF;
use crate::catalogers::Cataloger;
use crate::text::one_line;

/// Largest document. An SBOM of 20,000 components is about 20 MiB.
const DOCUMENT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Versions of the specification whose components, hashes, licences and dependencies are spelled as read here.
const SPEC_VERSIONS: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// CycloneDX documents, JSON.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "CycloneDX JSON",
    media_types: &["application/vnd.cyclonedx+json"],
    globs: &["*.cdx.json", "bom.json"],
    read: |_, blob| read(blob),
};

/// The document's inventory, or why it could not be read. Only a cancelled run is an error.
fn read(blob: &dyn Blob) -> Result<Inventory, PluginError> {
    progress::check()?;
    if blob.size() > DOCUMENT_BYTES_MAX {
        let reason = format!("{} bytes, more than the {DOCUMENT_BYTES_MAX} this reads", blob.size());
        return Ok(Inventory::of_file(FileOutcome::failed(SELF, reason)));
    }
    Ok(match document(blob) {
        Ok(document) => inventory(document),
        Err(reason) => Inventory::of_file(FileOutcome::failed(SELF, reason)),
    })
}

fn document(blob: &dyn Blob) -> Result<Document, String> {
    // serde_json reads byte by byte, which only std's own BufReader makes cheap.
    let mut reader = BufReader::with_capacity(64 * 1024, BlobReader::new(blob));
    let starts_with_mark = reader.fill_buf().is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf"));
    if starts_with_mark {
        reader.consume(3);
    }
    let mut json = serde_json::Deserializer::from_reader(reader);
    let document = DocumentSeed.deserialize(&mut json).map_err(|error| words(&error))?;
    json.end().map_err(|error| words(&error))?;
    Ok(document)
}

fn words(error: &serde_json::Error) -> String {
    let message = one_line(&error.to_string(), 300);
    match error.classify() {
        Category::Io => format!("cannot be read: {message}"),
        Category::Eof => format!("the document ends too early: {message}"),
        Category::Syntax | Category::Data => format!("not well-formed JSON: {message}"),
    }
}

fn inventory(document: Document) -> Inventory {
    if let Err(outcome) = supported(&document) {
        return Inventory::of_file(outcome);
    }
    if let Some(reason) = &document.broken {
        return Inventory::of_file(FileOutcome::failed(SELF, reason.clone()));
    }
    let resolve::Resolved { components, relations, dropped, reasons } = resolve::resolve(document);
    let read = components.len() as u64;
    let outcome = match dropped {
        0 => FileOutcome::read(SELF, read),
        dropped => FileOutcome::partly(SELF, read, dropped, reasons.join("; ")),
    };
    Inventory { components, relations, files: vec![outcome] }
}

fn supported(document: &Document) -> Result<(), FileOutcome> {
    match document.format.as_deref() {
        Some("CycloneDX") => {}
        Some(other) => {
            let reason = format!("not CycloneDX: its bomFormat is `{}`", one_line(other, 60));
            return Err(FileOutcome::unsupported(SELF, reason));
        }
        None => return Err(FileOutcome::unsupported(SELF, "not CycloneDX: it has no bomFormat")),
    }
    match document.spec_version.as_deref() {
        Some(version) if SPEC_VERSIONS.contains(&version) => Ok(()),
        Some(version) => {
            let reason = format!("CycloneDX {} is not known; 1.2 to 1.7 are", one_line(version, 60));
            Err(FileOutcome::unsupported(SELF, reason))
        }
        None => Err(FileOutcome::unsupported(SELF, "CycloneDX without a specVersion; 1.2 to 1.7 are known")),
    }
}

#[cfg(test)]
mod tests;

//! SPDX documents, 2.2 and 2.3, as JSON and as tags with values.
//!
//! Packages become components, and what is said about two of them becomes a relation. Files and snippets are no packages:
//! nothing can be looked up for them, so they are counted, and that is all.

mod json;
mod package;
mod relations;
mod tag_value;

use std::collections::HashMap;

use chiron_sdk::PluginError;
use chiron_sdk::content::Blob;
use chiron_sdk::sbom::{FileOutcome, Inventory, License};

use self::relations::Relations;
use crate::bom::parts::Part;
use crate::bom::{Document, resolve};
use crate::catalogers::Cataloger;
use crate::text::one_line;
use crate::{SELF, stream};

/// Versions that are read.
const VERSIONS: [&str; 2] = ["SPDX-2.2", "SPDX-2.3"];

/// Longest text of a licence that is shown as it stands, in bytes.
const LICENSE_BYTES_MAX: usize = 200;

/// Licences of a document's own that are kept.
const LICENSES_MAX: usize = 10_000;

/// SPDX documents, JSON.
pub(crate) const JSON: Cataloger = Cataloger {
    name: "SPDX JSON",
    media_types: &["application/spdx+json"],
    globs: &["*.spdx.json"],
    read: |_, blob| read(blob, stream::document),
};

/// SPDX documents, tag-value.
pub(crate) const TAG_VALUE: Cataloger = Cataloger {
    name: "SPDX tag-value",
    media_types: &["text/spdx"],
    globs: &["*.spdx"],
    read: |_, blob| read(blob, tag_value::document),
};

/// What a document says, in either form.
#[derive(Debug, Default)]
pub(crate) struct Spdx {
    version: Option<String>,
    /// The address of the context of a document of SPDX 3, which has no `spdxVersion` at its top.
    context: Option<String>,
    parts: Vec<Part>,
    relations: Relations,
    /// Texts of licences that only this document knows, by `LicenseRef-…`.
    licenses: HashMap<String, String>,
    files: u64,
    snippets: u64,
    /// Why entries were dropped, one for each.
    dropped: Vec<String>,
    /// Why nobody knows what was lost.
    broken: Option<String>,
}

impl Spdx {
    /// Notes a relation. Where packages came first, as they do nearly everywhere, those of files are left out at once.
    fn relate(&mut self, source: &str, kind: &str, target: &str) {
        if self.relations.is_full() && !self.parts.is_empty() {
            let known = self.parts.iter().filter_map(|part| part.bom_ref.as_deref()).collect();
            self.relations.keep(&known);
        }
        self.relations.add(source, kind, target);
    }

    /// Notes a licence of this document's own: its text where that is short, else its name.
    fn add_license(&mut self, id: String, name: Option<&str>, text: Option<&str>) {
        let said = |text: Option<&str>| {
            text.map(str::trim).filter(|text| !text.is_empty() && *text != "NOASSERTION").map(str::to_owned)
        };
        let short = said(text).filter(|text| text.len() <= LICENSE_BYTES_MAX && !text.contains('\n'));
        if let Some(words) = short.or_else(|| said(name))
            && self.licenses.len() < LICENSES_MAX
        {
            self.licenses.insert(id, one_line(&words, LICENSE_BYTES_MAX));
        }
    }
}

fn read(blob: &dyn Blob, parse: fn(&dyn Blob) -> Result<Spdx, String>) -> Result<Inventory, PluginError> {
    stream::inventory(blob, parse, inventory)
}

fn inventory(document: Spdx) -> Inventory {
    if let Err(outcome) = supported(&document) {
        return Inventory::of_file(outcome);
    }
    if let Some(reason) = &document.broken {
        return Inventory::of_file(FileOutcome::failed(SELF, reason.clone()));
    }
    let Spdx { mut parts, mut relations, licenses, files, snippets, mut dropped, .. } = document;
    for part in &mut parts {
        part.is_root = part.bom_ref.as_deref().is_some_and(|id| relations.describes(id));
        part.component.licenses.iter_mut().for_each(|license| name_license(license, &licenses));
    }
    let known = parts.iter().filter_map(|part| part.bom_ref.as_deref()).collect();
    dropped.extend(relations.lost());
    let dependencies = relations.between(&known);
    let note = (files + snippets > 0).then(|| format!("{files} files and {snippets} snippets are no packages"));
    resolve::inventory(Document::of(parts, dependencies, dropped, note))
}

/// A reference to a text of the document becomes that text.
fn name_license(license: &mut License, texts: &HashMap<String, String>) {
    let (License::Expression(text) | License::Text(text)) = &*license;
    if let Some(known) = texts.get(text) {
        *license = License::Text(known.clone());
    }
}

fn supported(document: &Spdx) -> Result<(), FileOutcome> {
    match (document.version.as_deref(), document.context.as_deref()) {
        (Some(version), _) if VERSIONS.contains(&version) => Ok(()),
        (Some(version), _) => {
            let reason = format!("`{}` is not read; SPDX 2.2 and 2.3 are", one_line(version, 60));
            Err(FileOutcome::failed(SELF, reason))
        }
        (None, Some(context)) if context.contains("spdx.org/rdf/3") => {
            Err(FileOutcome::failed(SELF, "SPDX 3 (JSON-LD) is not read; SPDX 2.2 and 2.3 are"))
        }
        (None, _) => Err(FileOutcome::unsupported(SELF, "not SPDX: it has no spdxVersion")),
    }
}

#[cfg(test)]
mod tests;

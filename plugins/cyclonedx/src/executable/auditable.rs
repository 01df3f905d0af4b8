//! The list that cargo-auditable puts into executables: the section `.dep-v0`, JSON in zlib.
//!
//! Format: "cargo-auditable/PARSING.md" and its JSON schema. Build dependencies are listed too, marked as such.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::ZlibDecoder;
use serde::Deserialize;

use super::image::Image;
use super::window::{Fault, Window};
use crate::listing::{Listing, Package, SOURCE};
use crate::purl;
use crate::text::one_line;

/// The section's name, in every format.
const SECTION: &str = ".dep-v0";

/// Most bytes of the section. A list of 1,000 crates takes about 20 KiB.
const SECTION_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Most bytes of the JSON in it.
const JSON_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Longest name or version, in bytes. crates.io ends at 64.
const WORD_BYTES_MAX: usize = 1024;

/// The document; what is not read here is not judged.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    packages: Vec<Entry<'a>>,
}

/// One crate.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    /// `crates.io`, `git`, `local`, `registry`, or a word of later versions.
    #[serde(borrow)]
    source: Cow<'a, str>,
    /// `build` for what only ran while building.
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    /// Places in the list.
    #[serde(default)]
    dependencies: Vec<usize>,
    #[serde(default)]
    root: bool,
}

/// The JSON in an image; none where it has no such section.
pub(super) fn find(file: &Window<'_>, image: &Image) -> Result<Option<String>, Fault> {
    let Some(section) = image.section(SECTION) else { return Ok(None) };
    if section.size > SECTION_BYTES_MAX {
        return Err(
            format!("`{SECTION}` has {} bytes, more than the {SECTION_BYTES_MAX} that are read", section.size).into()
        );
    }
    let packed = file.read(section.offset, section.size, "`.dep-v0`")?;
    let mut json = String::new();
    let read = ZlibDecoder::new(packed.as_slice()).take(JSON_BYTES_MAX + 1).read_to_string(&mut json);
    read.map_err(|error| format!("`{SECTION}` is not text in zlib: {}", one_line(&error.to_string(), 100)))?;
    if json.len() as u64 > JSON_BYTES_MAX {
        return Err(format!("`{SECTION}` unpacks to more than {JSON_BYTES_MAX} bytes").into());
    }
    Ok(Some(json))
}

/// Lists the crates.
pub(super) fn list(json: &str, listing: &mut Listing) -> Result<(), Fault> {
    let document: Document<'_> = serde_json::from_str(json)
        .map_err(|error| format!("`{SECTION}` is not cargo-auditable's list: {}", one_line(&error.to_string(), 150)))?;
    let ids: Vec<Option<String>> = document
        .packages
        .iter()
        .map(|entry| match package(entry) {
            Ok(package) => Some(listing.add(package)),
            Err(reason) => {
                listing.drop_entry(&reason);
                None
            }
        })
        .collect();
    for (entry, id) in document.packages.iter().zip(&ids) {
        let Some(id) = id else { continue };
        if entry.root {
            listing.set_root(id);
        }
        for place in &entry.dependencies {
            match ids.get(*place) {
                Some(Some(target)) => listing.depends_on(id, target),
                Some(None) => {}
                None => listing.drop_entry(&format!("`{id}` needs entry {place} of {}", ids.len())),
            }
        }
    }
    Ok(())
}

fn package(entry: &Entry<'_>) -> Result<Package, String> {
    for word in [&entry.name, &entry.version] {
        let is_word = !word.is_empty() && word.len() <= WORD_BYTES_MAX && word.chars().all(|c| c.is_ascii_graphic());
        if !is_word {
            return Err(format!("`{}` is no name or version of a crate", one_line(word, 60)));
        }
    }
    // Advisories about crates are about crates.io alone. Of other registries and repositories the list says no more than that.
    let mut package = match entry.source.as_ref() {
        "crates.io" => {
            let purl = purl::cargo(&entry.name, &entry.version);
            Package::new(&entry.name, Some(&entry.version), Some(purl))
        }
        other => Package::new(&entry.name, Some(&entry.version), None).with(SOURCE, other),
    };
    if entry.kind.as_deref() == Some("build") {
        package.scope = "development";
    }
    Ok(package)
}

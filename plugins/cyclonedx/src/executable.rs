//! Executables that carry the list of what they were built from: Rust's by cargo-auditable, Go's by itself.

mod auditable;
mod elf;
mod go;
mod image;
mod macho;
mod pe;
mod window;

use chiron_sdk::content::{self, Blob};
use chiron_sdk::sbom::{FileOutcome, Inventory};
use chiron_sdk::{PluginError, progress};

use self::image::Image;
use self::window::{Fault, Window};
use crate::SELF;
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing};

/// Executables, libraries and objects of Linux and other Unixes, Windows and macOS.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "executable with cargo-auditable's list or Go's build information",
    media_types: &["application/x-elf", "application/vnd.microsoft.portable-executable", "application/x-mach-binary"],
    globs: &[],
    read: |_, blob| read(blob),
};

/// What most executables are. Counted as a file that nobody reads, like any other: it may hold anything.
const SILENT: &str =
    "an executable that does not say what it was built from: it has no list by cargo-auditable, nor Go's";

/// What the executable says. Only a cancelled run is an error.
fn read(blob: &dyn Blob) -> Result<Inventory, PluginError> {
    progress::check()?;
    let file = Window::of(blob);
    Ok(match list(&file) {
        Ok(Some(listing)) => listing.into_inventory(),
        Ok(None) => Inventory::of_file(FileOutcome::unsupported(SELF, SILENT)),
        Err(Fault::Host(PluginError::Cancelled)) => return Err(PluginError::Cancelled),
        Err(Fault::Host(error)) => listing::failed(&content::reason(&error)),
        Err(Fault::Malformed(reason)) => listing::failed(&reason),
    })
}

/// What all images in the file were built from; none where none of them says.
fn list(file: &Window<'_>) -> Result<Option<Listing>, Fault> {
    let mut listing = None;
    for image in Image::all(file)? {
        if let Some(json) = auditable::find(file, &image)? {
            auditable::list(&json, listing.get_or_insert_default())?;
        }
        if let Some(build) = go::find(file, &image)? {
            go::list(&build, listing.get_or_insert_default())?;
        }
    }
    Ok(listing)
}

#[cfg(test)]
pub(crate) mod tests;

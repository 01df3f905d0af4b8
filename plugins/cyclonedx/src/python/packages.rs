//! What the lock files of Poetry, PDM, uv and PEP 751 have in common: a list of packages first, then who needs whom.

use super::Known;
use crate::listing::{Listing, Package};
use crate::toml_lock::Entry;

/// The packages of a lock file, while it is read.
pub(super) struct Packages<'d> {
    listing: Listing,
    known: Known,
    entries: Vec<(Entry<'d>, String)>,
}

/// What an entry needs: a name, and a version where the file says one.
pub(super) type Need<'d> = (&'d str, Option<&'d str>);

impl<'d> Packages<'d> {
    /// None yet, after what the listing holds already.
    pub(super) fn new(listing: Listing) -> Self {
        Self { listing, known: Known::default(), entries: Vec::new() }
    }

    /// The package of an entry, or why it is none. Two entries of one package are one component, with the dependencies of both.
    pub(super) fn add(&mut self, entry: Entry<'d>, package: Result<Package, String>) {
        match package {
            Ok(package) => {
                let (name, version) = (package.name.clone(), package.version.clone());
                let id = self.listing.add(package);
                self.known.add(&name, version.as_deref(), &id);
                self.entries.push((entry, id));
            }
            Err(reason) => self.listing.drop_entry(&format!("line {}: {reason}", entry.line)),
        }
    }

    /// The listing, once every entry has said what it needs. What the file does not list is passed over: it is for another platform.
    pub(super) fn related<N>(self, needs: impl Fn(Entry<'d>) -> N) -> Listing
    where
        N: Iterator<Item = Result<Need<'d>, String>>,
    {
        let Self { mut listing, known, entries } = self;
        for (entry, id) in entries {
            for need in needs(entry) {
                match need {
                    Ok((name, version)) => {
                        // With extras a package needs itself.
                        for target in known.find(name, version).filter(|target| *target != id) {
                            listing.depends_on(&id, target);
                        }
                    }
                    Err(reason) => listing.drop_entry(&format!("line {}: a dependency{reason}", entry.line)),
                }
            }
        }
        listing
    }
}

/// A dependency that is written as a table, as uv and PEP 751 do.
pub(super) fn need(dependency: Entry<'_>) -> Result<Need<'_>, String> {
    let name = dependency.text("name").ok_or(" has no `name`")?;
    Ok((name, dependency.text("version")))
}

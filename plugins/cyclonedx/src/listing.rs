//! What a file that lists packages (a lock file, a requirements file) lists, on its way to an inventory.

use std::collections::BTreeMap;

use chiron_sdk::sbom::{Component, FileOutcome, Inventory, Relation};
use chiron_sdk::{Digest, Location};

use crate::SELF;
use crate::text::one_line;

/// Reasons that are kept word by word; more are counted.
const REASONS_MAX: usize = 5;

/// Properties that one component gathers from all places that list it: a package installed in a thousand paths is one
/// component, and the paths are for people.
const PROPERTIES_MAX: usize = 64;

/// About what an answer may weigh, in bytes. The host takes 64 MiB; what goes beyond is dropped here, and counted.
const WEIGHT_MAX: usize = 48 * 1024 * 1024;

/// What a record costs besides its texts, in bytes.
const RECORD_BYTES: usize = 200;

/// Packages read so far, and what had to be dropped.
#[derive(Default)]
pub(crate) struct Listing {
    components: Vec<Component>,
    /// Component id -> its place above.
    places: BTreeMap<String, usize>,
    relations: Vec<Relation>,
    /// Of components and relations, in bytes.
    weight: usize,
    dropped: u64,
    reasons: Vec<String>,
}

/// One package as a file lists it.
pub(crate) struct Package {
    /// As the file spells it.
    pub(crate) name: String,
    /// None where the file pins none.
    pub(crate) version: Option<String>,
    /// None where it comes from no registry that purls know.
    pub(crate) purl: Option<String>,
    /// `runtime`, `development` or `optional`.
    pub(crate) scope: &'static str,
    /// Where in the file, from 1.
    pub(crate) line: Option<u32>,
    /// Of the archive that the registry serves.
    pub(crate) digests: Vec<Digest>,
    /// Facts by key; see `wit/PROPERTIES.md`.
    pub(crate) properties: Vec<(String, String)>,
}

impl Package {
    /// A package of which only this is known.
    pub(crate) fn new(name: &str, version: Option<&str>, purl: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            purl,
            scope: "runtime",
            line: None,
            digests: Vec::new(),
            properties: Vec::new(),
        }
    }
}

impl Listing {
    /// Adds a package and returns its id. One that is listed twice is one component with two places, and with the widest
    /// scope of the two: it is needed at run time if either listing says so.
    pub(crate) fn add(&mut self, package: Package) -> String {
        let version = package.version.as_deref().unwrap_or_default();
        let id = package.purl.clone().unwrap_or_else(|| format!("{}@{version}", package.name));
        let location = Location { path: SELF.to_owned(), line: package.line, layer: None };
        if let Some(component) = self.places.get(&id).and_then(|&place| self.components.get_mut(place)) {
            merge(component, package, location);
            return id;
        }
        let mut component = Component::new(&id, "library", &package.name);
        component.version = package.version;
        component.purl = package.purl;
        component.scope = package.scope.to_owned();
        component.digests = package.digests;
        component.locations = vec![location];
        component.properties = package.properties;
        component.properties.truncate(PROPERTIES_MAX);
        if self.fits(weight(&component)) {
            self.places.insert(id.clone(), self.components.len());
            self.components.push(component);
        }
        id
    }

    /// Says that one package needs another. Ids of packages that are not listed are dropped at the end, and counted.
    pub(crate) fn depends_on(&mut self, source: &str, target: &str) {
        if self.fits(RECORD_BYTES + source.len() + target.len()) {
            let (source, target) = (source.to_owned(), target.to_owned());
            self.relations.push(Relation { source, kind: "depends-on".to_owned(), target });
        }
    }

    /// Makes the component with this id the one that the file is about.
    pub(crate) fn set_root(&mut self, id: &str) {
        if let Some(component) = self.places.get(id).and_then(|&place| self.components.get_mut(place)) {
            component.kind = "application".to_owned();
            component.properties.push(("chiron:sbom-root".to_owned(), "true".to_owned()));
        }
    }

    /// Sets the scope of the component with this id, where a file says it elsewhere than at the package.
    pub(crate) fn set_scope(&mut self, id: &str, scope: &'static str) {
        if let Some(component) = self.places.get(id).and_then(|&place| self.components.get_mut(place)) {
            component.scope = scope.to_owned();
        }
    }

    fn fits(&mut self, weight: usize) -> bool {
        self.weight = self.weight.saturating_add(weight);
        let fits = self.weight <= WEIGHT_MAX;
        if !fits {
            self.drop_entry(&format!("the packages take more than {WEIGHT_MAX} bytes"));
        }
        fits
    }

    /// Counts an entry that could not be read.
    pub(crate) fn drop_entry(&mut self, reason: &str) {
        self.dropped += 1;
        let reason = one_line(reason, 200);
        if self.reasons.len() < REASONS_MAX && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// How many packages there are.
    pub(crate) fn len(&self) -> usize {
        self.components.len()
    }

    /// The inventory of the file.
    pub(crate) fn into_inventory(mut self) -> Inventory {
        let (places, before) = (&self.places, self.relations.len());
        self.relations
            .retain(|relation| places.contains_key(&relation.source) && places.contains_key(&relation.target));
        self.relations.sort_by(|a, b| (&a.source, &a.target).cmp(&(&b.source, &b.target)));
        self.relations.dedup();
        let dangling = before - self.relations.len();
        if dangling > 0 && self.reasons.is_empty() && self.dropped > 0 {
            self.reasons.push(format!("{dangling} dependencies on entries that were dropped"));
        }
        let read = self.components.len() as u64;
        let outcome = match self.dropped {
            0 => FileOutcome::read(SELF, read),
            dropped => FileOutcome::partly(SELF, read, dropped, self.reasons.join("; ")),
        };
        Inventory { components: self.components, relations: self.relations, files: vec![outcome] }
    }
}

fn merge(component: &mut Component, package: Package, location: Location) {
    if !component.locations.contains(&location) && component.locations.len() < PROPERTIES_MAX {
        component.locations.push(location);
    }
    if breadth(package.scope) > breadth(&component.scope) {
        component.scope = package.scope.to_owned();
    }
    for property in package.properties {
        if component.properties.len() < PROPERTIES_MAX && !component.properties.contains(&property) {
            component.properties.push(property);
        }
    }
    for digest in package.digests {
        if component.digests.len() < PROPERTIES_MAX && !component.digests.contains(&digest) {
            component.digests.push(digest);
        }
    }
}

/// Scopes from the narrowest to the widest.
fn breadth(scope: &str) -> u8 {
    match scope {
        "development" => 0,
        "optional" => 1,
        _ => 2,
    }
}

fn weight(component: &Component) -> usize {
    let texts = component.id.len() + component.name.len() + component.purl.as_ref().map_or(0, String::len);
    let properties: usize = component.properties.iter().map(|(key, value)| 32 + key.len() + value.len()).sum();
    3 * RECORD_BYTES + texts + properties + 160 * component.digests.len()
}

/// The inventory of a file that could not be read at all.
pub(crate) fn failed(reason: &str) -> Inventory {
    Inventory::of_file(FileOutcome::failed(SELF, one_line(reason, 300)))
}

#[cfg(test)]
mod tests {
    use chiron_sdk::sbom::Coverage;

    use super::*;

    #[test]
    fn a_package_listed_twice_is_one_component_and_what_was_dropped_is_counted() {
        let mut listing = Listing::default();
        let package = |line, scope| Package {
            line: Some(line),
            scope,
            ..Package::new("a", Some("1"), Some("pkg:npm/a@1".to_owned()))
        };
        let id = listing.add(package(1, "development"));
        assert_eq!(listing.add(package(9, "runtime")), id);
        listing.depends_on(&id, "pkg:npm/gone@1");
        listing.drop_entry("line 3: no version");
        assert_eq!(listing.len(), 1);
        let inventory = listing.into_inventory();
        assert_eq!(inventory.components[0].locations.len(), 2);
        assert_eq!((inventory.components[0].scope.as_str(), inventory.relations.len()), ("runtime", 0));
        assert_eq!(inventory.files[0].coverage, Coverage::Partly);
        assert_eq!(inventory.files[0].reason.as_deref(), Some("line 3: no version"));
    }
}

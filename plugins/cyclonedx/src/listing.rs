//! What a file that lists packages (a lock file, a requirements file) lists, on its way to an inventory.

use std::collections::{BTreeMap, BTreeSet};

use chiron_sdk::content::{self, Blob};
use chiron_sdk::sbom::{Component, FileOutcome, Inventory, Relation};
use chiron_sdk::{Digest, Location, PluginError, progress};

use crate::SELF;
use crate::text::{self, one_line};

/// Reasons that are kept word by word; more are counted.
const REASONS_MAX: usize = 5;

/// Properties, places and digests that one component gathers from all places that list it: a package installed in a
/// thousand paths is one component, and the paths are for people.
const PROPERTIES_MAX: usize = 128;

/// Relations kept. Real lock files have about five for a package; a hostile one could ask for all pairs.
const RELATIONS_MAX: usize = 250_000;

/// Files that one file includes.
const INCLUDES_MAX: usize = 1_000;

/// About what an answer may weigh, in bytes. The host takes 64 MiB; what goes beyond is dropped here, and counted.
const WEIGHT_MAX: usize = 48 * 1024 * 1024;

/// What a component costs besides its texts, in bytes.
const COMPONENT_BYTES: usize = 200;

/// What a relation costs besides its texts, in bytes.
const RELATION_BYTES: usize = 100;

/// Where a package comes from that no registry gave: a repository, a path, a URL.
pub(crate) const SOURCE: &str = "chiron:source";

/// Why a package has no version: the file pins none.
pub(crate) const UNRESOLVED: &str = "chiron:unresolved";

/// Packages read so far, and what had to be dropped.
#[derive(Default)]
pub(crate) struct Listing {
    components: Vec<Component>,
    /// Component id -> its place above.
    places: BTreeMap<String, usize>,
    relations: Vec<Relation>,
    relations_lost: u64,
    /// Paths of files that this one includes, from its folder.
    includes: BTreeSet<String>,
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
    /// Of its one archive; those of several archives are properties.
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

    /// The same with a fact.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), one_line(value, 500)));
        self
    }

    fn id(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        self.purl.clone().unwrap_or_else(|| format!("{}@{version}", self.name))
    }

    fn source(&self) -> Option<&str> {
        source(&self.properties)
    }
}

fn source(properties: &[(String, String)]) -> Option<&str> {
    properties.iter().find(|(key, _)| key == SOURCE).map(|(_, source)| source.as_str())
}

impl Listing {
    /// Adds a package and returns its id. One that is listed twice is one component with two places, and with the widest
    /// scope of the two: it is needed at run time if either listing says so.
    pub(crate) fn add(&mut self, package: Package) -> String {
        let id = self.id_of(&package);
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

    /// Unique in a file. The same name and version from two repositories are two packages.
    fn id_of(&self, package: &Package) -> String {
        let id = package.id();
        let other = self.places.get(&id).and_then(|&place| self.components.get(place));
        match (other.and_then(|other| source(&other.properties)), package.source()) {
            (Some(theirs), Some(own)) if package.purl.is_none() && theirs != own => format!("{id} {own}"),
            _ => id,
        }
    }

    /// Says that one package needs another. Ids of packages that are not listed are dropped at the end, and counted.
    pub(crate) fn depends_on(&mut self, source: &str, target: &str) {
        self.relate(source, "depends-on", target);
    }

    /// Says that one package has another inside.
    pub(crate) fn contains(&mut self, source: &str, target: &str) {
        self.relate(source, "contains", target);
    }

    fn relate(&mut self, source: &str, kind: &str, target: &str) {
        if self.relations.len() >= RELATIONS_MAX {
            self.relations_lost += 1;
            return;
        }
        if self.fits(RELATION_BYTES + source.len() + target.len()) {
            let (source, target) = (source.to_owned(), target.to_owned());
            self.relations.push(Relation { source, kind: kind.to_owned(), target });
        }
    }

    /// Says that the file includes another. The host knows whether that one is read by itself; where it is not, it counts as
    /// dropped (`wit/PROPERTIES.md`, kinds of relations).
    pub(crate) fn include(&mut self, path: &str) {
        if self.includes.len() >= INCLUDES_MAX {
            self.drop_entry(&format!("more than {INCLUDES_MAX} included files"));
        } else {
            self.includes.insert(one_line(path, 500));
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

    /// Says in the outcome how many packages have no version, because nobody can judge those.
    fn unresolved(&self, mut outcome: FileOutcome) -> FileOutcome {
        let unpinned = |component: &&Component| component.properties.iter().any(|(key, _)| key == UNRESOLVED);
        let count = self.components.iter().filter(unpinned).count();
        if count > 0 {
            let unpinned = format!("{count} of {} packages are not pinned to a version", self.components.len());
            outcome.reason = Some(outcome.reason.map_or_else(|| unpinned.clone(), |why| format!("{why}; {unpinned}")));
        }
        outcome
    }

    /// The inventory of the file.
    pub(crate) fn into_inventory(mut self) -> Inventory {
        if self.relations_lost > 0 {
            self.dropped += self.relations_lost;
            self.reasons.push(format!("more than {RELATIONS_MAX} dependencies"));
        }
        let (places, before) = (&self.places, self.relations.len());
        self.relations
            .retain(|relation| places.contains_key(&relation.source) && places.contains_key(&relation.target));
        self.relations.sort_by(|a, b| (&a.source, &a.target).cmp(&(&b.source, &b.target)));
        self.relations.dedup();
        let dangling = before - self.relations.len();
        if dangling > 0 && self.reasons.is_empty() && self.dropped > 0 {
            self.reasons.push(format!("{dangling} dependencies on entries that were dropped"));
        }
        let read = self.len() as u64;
        let outcome = match self.dropped {
            0 => FileOutcome::read(SELF, read),
            dropped => FileOutcome::partly(SELF, read, dropped, self.reasons.join("; ")),
        };
        let outcome = self.unresolved(outcome);
        let of_files = self.includes.into_iter().map(|target| Relation {
            source: SELF.to_owned(),
            kind: "includes".to_owned(),
            target,
        });
        self.relations.extend(of_files);
        Inventory { components: self.components, relations: self.relations, files: vec![outcome] }
    }
}

/// The inventory of a text file by what `read` makes of it. Only a cancelled run is an error.
pub(crate) fn of_text(
    blob: &dyn Blob,
    read: impl FnOnce(&str) -> Result<Listing, String>,
) -> Result<Inventory, PluginError> {
    progress::check()?;
    let text = match text::whole(blob, text::TEXT_BYTES_MAX) {
        Ok(text) => text,
        Err(PluginError::Cancelled) => return Err(PluginError::Cancelled),
        Err(error) => return Ok(failed(&content::reason(&error))),
    };
    Ok(match read(&text) {
        Ok(listing) => listing.into_inventory(),
        Err(reason) => failed(&reason),
    })
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
    COMPONENT_BYTES + texts + properties + 160 * component.digests.len()
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
    fn packages_of_one_name_from_two_places_stay_two() {
        let mut listing = Listing::default();
        let first = listing.add(Package::new("a", Some("1"), None).with(SOURCE, "git+https://x.example/a#1"));
        let second = listing.add(Package::new("a", Some("1"), None).with(SOURCE, "git+https://y.example/a#1"));
        assert_ne!(first, second);
        assert_eq!(listing.len(), 2);
    }

    #[test]
    fn dependencies_beyond_the_limit_are_counted() {
        let mut listing = Listing::default();
        let id = listing.add(Package::new("a", Some("1"), None));
        for _ in 0..=RELATIONS_MAX {
            listing.depends_on(&id, &id);
        }
        let outcome = listing.into_inventory().files.remove(0);
        assert_eq!((outcome.coverage, outcome.entries_dropped), (Coverage::Partly, 1));
        assert_eq!(outcome.reason.as_deref(), Some("more than 250000 dependencies"));
    }

    #[test]
    fn packages_without_a_version_are_counted_in_the_outcome() {
        let mut listing = Listing::default();
        listing.add(Package::new("a", None, None).with(UNRESOLVED, ">=1"));
        listing.add(Package::new("b", Some("1"), None));
        let outcome = listing.into_inventory().files.remove(0);
        assert_eq!(outcome.coverage, Coverage::Read);
        assert_eq!(outcome.reason.as_deref(), Some("1 of 2 packages are not pinned to a version"));
    }

    #[test]
    fn a_package_listed_twice_is_one_component_and_what_was_dropped_is_counted() {
        let mut listing = Listing::default();
        let package = |line, scope| Package {
            line: Some(line),
            scope,
            ..Package::new("a", Some("1"), Some("pkg:npm/a@1".to_owned())).with("chiron:marker", scope)
        };
        let id = listing.add(package(1, "development"));
        assert_eq!(listing.add(package(9, "runtime")), id);
        listing.depends_on(&id, "pkg:npm/gone@1");
        listing.drop_entry("line 3: no version");
        assert_eq!(listing.len(), 1);
        let inventory = listing.into_inventory();
        assert_eq!((inventory.components[0].locations.len(), inventory.components[0].properties.len()), (2, 2));
        assert_eq!((inventory.components[0].scope.as_str(), inventory.relations.len()), ("runtime", 0));
        assert_eq!(inventory.files[0].coverage, Coverage::Partly);
        assert_eq!(inventory.files[0].reason.as_deref(), Some("line 3: no version"));
    }
}

//! From syft's document to an inventory.

use std::collections::BTreeSet;

use chiron_plugin_report::plain;
use chiron_sdk::Location;
use chiron_sdk::sbom::{Component, FileOutcome, Inventory, License, Relation};

use crate::document::{self, Artifact, Document, File, Place, Relationship};

/// Places that one component keeps; a package seen in more is a package seen often enough.
const PLACES_MAX: usize = 64;

/// Reasons that are kept word by word; more are counted.
const REASONS_MAX: usize = 5;

/// What syft writes where it knows no version.
const NO_VERSION: &str = "UNKNOWN";

/// What the paths of a document lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Places {
    /// Somewhere else: the subject is the report, and the paths are facts about it.
    InReport,
    /// The subject.
    InSubject,
}

/// The inventory of a document.
pub(crate) fn of(document: Document, places: Places) -> Inventory {
    let mut dropped = Dropped::default();
    let mut ids = BTreeSet::new();
    let mut components = Vec::with_capacity(document.artifacts.len() + 1);
    components.extend(document.distro.and_then(|distro| release(&distro, places)));
    for artifact in document.artifacts {
        if artifact.name.is_empty() {
            dropped.add("a package without a name".to_owned());
        } else if !ids.insert(artifact.id.clone()) {
            dropped.add(format!("a second package with the id {}", plain(&artifact.id)));
        } else {
            components.push(component(artifact, places));
        }
    }
    for file in &document.files {
        unread(file).for_each(|reason| dropped.add(reason));
    }
    let relations = document.relationships.into_iter().filter_map(|relation| depends_on(relation, &ids)).collect();
    let files = vec![dropped.outcome(components.len() as u64)];
    Inventory { components, relations, files }
}

/// The operating system, without a purl: it is judged through its packages.
fn release(distro: &document::Distribution, places: Places) -> Option<Component> {
    if distro.id.is_empty() {
        return None;
    }
    let mut component = Component::new(&format!("operating-system:{}", distro.id), "operating-system", &distro.id);
    component.version = Some(distro.version.clone()).filter(|version| !version.is_empty());
    component.locations = match places {
        Places::InReport => vec![whole()],
        Places::InSubject => Vec::new(),
    };
    Some(component)
}

fn component(artifact: Artifact, places: Places) -> Component {
    let mut component = Component::new(&artifact.id, kind(&artifact.kind), &artifact.name);
    component.version = Some(artifact.version).filter(|version| !version.is_empty() && version != NO_VERSION);
    component.purl = Some(artifact.purl).filter(|purl| !purl.is_empty());
    component.licenses = artifact.licenses.unwrap_or_default().into_iter().map(license).collect();
    let facts =
        [("type", &artifact.kind), ("foundBy", &artifact.found_by), ("language", &artifact.language)].into_iter();
    let said = facts.filter(|(_, value)| !value.is_empty());
    // The keys under which syft itself writes them into CycloneDX.
    component.properties = said.map(|(key, value)| (format!("syft:package:{key}"), value.clone())).collect();
    match places {
        Places::InReport => {
            component.locations = vec![whole()];
            let paths = artifact.locations.iter().take(PLACES_MAX).enumerate();
            let named = paths.map(|(number, place)| (format!("syft:location:{number}:path"), place.path.clone()));
            component.properties.extend(named);
        }
        Places::InSubject => {
            component.locations = artifact.locations.iter().take(PLACES_MAX).filter_map(inside).collect()
        }
    }
    component
}

/// CycloneDX's word for a type of syft's.
fn kind(kind: &str) -> &'static str {
    match kind {
        "binary" | "linux-kernel" => "application",
        _ => "library",
    }
}

fn license(license: document::License) -> License {
    match license {
        document::License::Full { expression, .. } if !expression.is_empty() => License::Expression(expression),
        document::License::Full { value, .. } | document::License::Word(value) => License::Text(value),
    }
}

fn whole() -> Location {
    Location { path: ".".to_owned(), line: None, layer: None }
}

/// syft's paths begin at the root of what it looked at; one that leaves it is no place.
fn inside(place: &Place) -> Option<Location> {
    let path = place.path.trim_start_matches('/');
    let stays = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    stays.then(|| Location { path: path.to_owned(), line: None, layer: place.layer.clone() })
}

/// "a is a dependency of b": b depends on a. What else syft relates are files, and packages that own files.
fn depends_on(relation: Relationship, ids: &BTreeSet<String>) -> Option<Relation> {
    let known = ids.contains(&relation.parent) && ids.contains(&relation.child);
    (known && relation.kind == "dependency-of").then(|| Relation {
        source: relation.child,
        kind: "depends-on".to_owned(),
        target: relation.parent,
    })
}

/// What syft could not read of a file.
fn unread(file: &File) -> impl Iterator<Item = String> {
    file.unknowns.iter().map(|reason| format!("{}: {}", plain(&file.location.path), plain(reason)))
}

/// What did not become a component.
#[derive(Default)]
struct Dropped {
    count: u64,
    reasons: Vec<String>,
}

impl Dropped {
    fn add(&mut self, reason: String) {
        self.count += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(reason);
        }
    }

    fn outcome(self, read: u64) -> FileOutcome {
        if self.count == 0 {
            return FileOutcome::read(".", read);
        }
        let mut reason = self.reasons.join("; ");
        let more = self.count - self.reasons.len() as u64;
        if more > 0 {
            reason.push_str(&format!("; {more} more"));
        }
        FileOutcome::partly(".", read, self.count, reason)
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::FakeBlob;
    use chiron_sdk::sbom::Coverage;

    use super::*;
    use crate::document::tests::DOCUMENT;

    fn read(text: &str, places: Places) -> Inventory {
        of(document::read(&FakeBlob::new(text)).unwrap(), places)
    }

    #[test]
    fn packages_become_components_with_places_in_the_subject() {
        let inventory = read(DOCUMENT, Places::InSubject);
        let [release, requests, urllib3] = inventory.components.as_slice() else { unreachable!() };
        assert_eq!((release.kind.as_str(), release.version.as_deref()), ("operating-system", Some("12")));
        assert_eq!(requests.purl.as_deref(), Some("pkg:pypi/requests@2.32.3"));
        assert!(matches!(requests.licenses.as_slice(), [License::Expression(id)] if id == "Apache-2.0"));
        assert_eq!(requests.locations[0].path, "app/poetry.lock");
        assert_eq!((urllib3.version.as_deref(), urllib3.locations[0].layer.as_deref()), (None, Some("sha256:aa")));
        assert!(matches!(urllib3.licenses.as_slice(), [License::Text(text)] if text == "MIT"));
    }

    #[test]
    fn a_dependency_points_from_who_needs_it() {
        let relations = read(DOCUMENT, Places::InSubject).relations;
        assert_eq!(relations.len(), 1);
        assert_eq!((relations[0].source.as_str(), relations[0].target.as_str()), ("1", "2"));
    }

    #[test]
    fn what_syft_could_not_read_is_counted() {
        let outcome = read(DOCUMENT, Places::InReport).files.remove(0);
        assert_eq!((outcome.coverage, outcome.entries_dropped), (Coverage::Partly, 1));
        assert!(outcome.reason.unwrap().contains("app/broken.jar: java-archive-cataloger"));
    }

    #[test]
    fn a_path_that_leaves_the_subject_and_an_id_that_comes_twice_are_given_up() {
        let twice =
            DOCUMENT.replace("\"id\": \"2\"", "\"id\": \"1\"").replace("/app/poetry.lock\", \"acc", "/../x\", \"acc");
        let inventory = read(&twice, Places::InSubject);
        assert_eq!(inventory.components.len(), 2);
        assert!(inventory.components[1].locations.is_empty());
        assert_eq!(inventory.files[0].entries_dropped, 2);
    }
}

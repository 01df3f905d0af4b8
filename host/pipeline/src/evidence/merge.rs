//! One package that several files of a subject list is one component with several places: a lock file, and what was installed by it.

use std::collections::BTreeMap;

use chiron_model::component::Component;
use chiron_model::property;

use super::check::PROPERTIES_MAX;

/// Components of one purl that a new one is compared with: whoever makes more of them with digests that differ makes work.
const CANDIDATES_MAX: usize = 64;

/// Set by generators on the component that a file is about: two files about one thing stay two.
const SBOM_ROOT: &str = "chiron:sbom-root";

/// Places in the list of components by step, subject and purl.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<(String, String, String), Vec<usize>>);

impl Places {
    /// The component that another file listed before, and that is this one too: the same purl, found by the same step in the same
    /// subject, and no digest that says otherwise.
    pub(super) fn find(&self, components: &[Component], new: &Component) -> Option<usize> {
        let places = self.0.get(&key(new)?)?;
        places.iter().copied().find(|place| components.get(*place).is_some_and(|known| is_same(known, new)))
    }

    /// Remembers the components from this place on.
    pub(super) fn remember(&mut self, components: &[Component], from: usize) {
        for (place, component) in components.iter().enumerate().skip(from) {
            if let Some(key) = key(component) {
                let candidates = self.0.entry(key).or_default();
                if candidates.len() < CANDIDATES_MAX {
                    candidates.push(place);
                }
            }
        }
    }
}

fn key(component: &Component) -> Option<(String, String, String)> {
    let purl = component.purl.as_ref().filter(|_| property(&component.properties, SBOM_ROOT).is_none())?;
    Some((component.origin.step.clone(), component.origin.subject.clone(), purl.as_str().to_owned()))
}

fn is_same(known: &Component, new: &Component) -> bool {
    known.version == new.version && !contradict(known, new)
}

/// Two wheels of one version have different digests, and are two files that somebody may want to tell apart.
pub(super) fn contradict(known: &Component, new: &Component) -> bool {
    let contradicts = |digest: &chiron_model::digest::Digest| {
        known.digests.iter().any(|other| other.algorithm() == digest.algorithm() && other.hex() != digest.hex())
    };
    new.digests.iter().any(contradicts)
}

/// Adds what the second file says. Its places are its own; names are those of the file that came first.
pub(super) fn merge(known: &mut Component, new: Component) {
    known.locations.extend(new.locations);
    if breadth(&new.scope) > breadth(&known.scope) {
        known.scope = new.scope;
    }
    if known.licenses.is_empty() {
        known.licenses = new.licenses;
    }
    for digest in new.digests {
        if !known.digests.contains(&digest) {
            known.digests.push(digest);
        }
    }
    for property in new.properties {
        if known.properties.len() < PROPERTIES_MAX && !known.properties.contains(&property) {
            known.properties.push(property);
        }
    }
}

/// Scopes from the narrowest to the widest: what any of the files needs at run time is needed.
fn breadth(scope: &str) -> u8 {
    match scope {
        "development" => 0,
        "optional" => 1,
        _ => 2,
    }
}

//! References into ids: each component gets one that is its alone, and relations point only at components there are.

use std::collections::{BTreeSet, HashMap};

use chiron_sdk::log;
use chiron_sdk::sbom::{Component, FileOutcome, Inventory, Relation};

use super::document::Document;
use super::origin;
use super::parts::{Dependency, Part};
use crate::SELF;
use crate::text::one_line;

/// What a reference is that stands at two components.
const REPEATED: &str = "not unique: ";

/// Reasons told one by one; the rest is counted.
const REASONS_MAX: usize = 5;

/// The inventory of a document, with an account of what was lost.
pub(crate) fn inventory(document: Document) -> Inventory {
    let Document { mut parts, dependencies, mut dropped, unique_refs, note, .. } = document;
    origin::derive(&mut parts);
    let identities = identities(&parts, &mut dropped);
    if let Some(reason) = dropped.iter().find(|reason| unique_refs && reason.starts_with(REPEATED)) {
        return Inventory::of_file(FileOutcome::failed(SELF, reason.clone()));
    }
    let mut relations = contained(&parts, &identities);
    let known: BTreeSet<&str> = parts.iter().filter_map(|part| part.bom_ref.as_deref()).collect();
    relations.extend(related(dependencies, &known));
    let kept = parts.into_iter().zip(identities).filter(|(_, identity)| !identity.is_repeated);
    let components: Vec<Component> = kept.map(|(part, identity)| identified(part, identity)).collect();
    let read = components.len() as u64;
    let mut outcome = match dropped.len() as u64 {
        0 => FileOutcome::read(SELF, read),
        lost => FileOutcome::partly(SELF, read, lost, told(dropped).join("; ")),
    };
    if let Some(note) = note {
        outcome.reason = Some(outcome.reason.map_or_else(|| note.clone(), |reason| format!("{reason}; {note}")));
    }
    Inventory { components, relations, files: vec![outcome] }
}

/// What a part is in the inventory.
struct Identity {
    id: String,
    /// Whether the document is about it.
    is_root: bool,
    /// Whether it was listed before: some tools list what the document is about among its components as well.
    is_repeated: bool,
}

/// The first component of a bom-ref keeps it; a later one gets a fresh id, and what pointed at it is lost.
fn identities(parts: &[Part], dropped: &mut Vec<String>) -> Vec<Identity> {
    let taken: BTreeSet<&str> = parts.iter().filter_map(|part| part.bom_ref.as_deref()).collect();
    let mut fresh = Fresh { taken: &taken, next: 0 };
    let mut by_ref: HashMap<&str, usize> = HashMap::with_capacity(parts.len());
    let mut identities: Vec<Identity> = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let first = part.bom_ref.as_deref().map(|bom_ref| (bom_ref, *by_ref.entry(bom_ref).or_insert(at)));
        let (id, is_repeated) = match first {
            None => (fresh.id(), false),
            Some((bom_ref, first)) if first == at => (bom_ref.to_owned(), false),
            Some((bom_ref, first)) if is_root_again(&parts[first], part) => {
                identities[first].is_root = true;
                (bom_ref.to_owned(), true)
            }
            Some((bom_ref, _)) => {
                dropped.push(format!("{REPEATED}the reference `{}`", one_line(bom_ref, 100)));
                (fresh.id(), false)
            }
        };
        identities.push(Identity { id, is_root: part.is_root, is_repeated });
    }
    identities
}

/// Ids for components that have none, in the order of the document: the same document gives the same ids.
struct Fresh<'a> {
    taken: &'a BTreeSet<&'a str>,
    next: u64,
}

impl Fresh<'_> {
    fn id(&mut self) -> String {
        loop {
            self.next += 1;
            let id = format!("component-{}", self.next);
            if !self.taken.contains(id.as_str()) {
                return id;
            }
        }
    }
}

fn is_root_again(first: &Part, second: &Part) -> bool {
    let is_root = first.is_root || second.is_root;
    let (first, second) = (&first.component, &second.component);
    is_root && (&first.name, &first.version, &first.purl) == (&second.name, &second.version, &second.purl)
}

fn identified(part: Part, identity: Identity) -> Component {
    let mut component = part.component;
    component.id = identity.id;
    if identity.is_root {
        component.properties.push(("chiron:sbom-root".to_owned(), "true".to_owned()));
    }
    component
}

fn contained(parts: &[Part], identities: &[Identity]) -> Vec<Relation> {
    let nested = parts.iter().zip(identities).filter_map(|(part, own)| Some((identities.get(part.parent?)?, own)));
    let relation = |parent: &Identity, own: &Identity| Relation {
        source: parent.id.clone(),
        kind: "contains".to_owned(),
        target: own.id.clone(),
    };
    nested.map(|(parent, own)| relation(parent, own)).collect()
}

/// Services, vulnerabilities and other things have bom-refs too, so an end that is no component is not a loss.
fn related(dependencies: Vec<Dependency>, known: &BTreeSet<&str>) -> Vec<Relation> {
    let mut relations = Vec::new();
    let mut elsewhere = 0_usize;
    for Dependency { source, kind, targets } in dependencies {
        let source_is_known = known.contains(source.as_str());
        for target in targets {
            if source_is_known && known.contains(target.as_str()) {
                relations.push(Relation { source: source.clone(), kind: kind.to_owned(), target });
            } else {
                elsewhere += 1;
            }
        }
    }
    if elsewhere > 0 {
        let count = elsewhere.to_string();
        log::emit(log::Level::Info, "relations of things that are no components", &[("count", &count)]);
    }
    relations
}

/// Equal reasons once, the first few in words.
fn told(mut reasons: Vec<String>) -> Vec<String> {
    reasons.sort();
    reasons.dedup();
    let more = reasons.len().saturating_sub(REASONS_MAX);
    reasons.truncate(REASONS_MAX);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    reasons
}

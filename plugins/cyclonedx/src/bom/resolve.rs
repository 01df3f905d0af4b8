//! References into ids: each component gets one that is its alone, and relations point only at components there are.

use std::collections::{BTreeSet, HashMap};

use chiron_sdk::log;
use chiron_sdk::sbom::{Component, Relation};

use super::document::Document;
use super::parts::{Dependency, Part};
use crate::text::one_line;

/// Reasons told one by one; the rest is counted.
const REASONS_MAX: usize = 5;

/// An inventory's lists, and what was lost on the way.
pub(crate) struct Resolved {
    pub(crate) components: Vec<Component>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) dropped: u64,
    pub(crate) reasons: Vec<String>,
}

/// Resolves a document.
pub(crate) fn resolve(document: Document) -> Resolved {
    let Document { parts, dependencies, mut dropped, .. } = document;
    let mut ids: Vec<String> = Vec::with_capacity(parts.len());
    // bom-ref -> the first component that has it; later ones of the same ref lose it.
    let mut by_ref: HashMap<&str, usize> = HashMap::with_capacity(parts.len());
    let refs: BTreeSet<&str> = parts.iter().filter_map(|part| part.bom_ref.as_deref()).collect();
    let mut fresh = Fresh { taken: &refs, next: 0 };
    let mut again = vec![false; parts.len()];
    let mut roots: Vec<bool> = parts.iter().map(|part| part.is_root).collect();
    for (at, part) in parts.iter().enumerate() {
        let Some(bom_ref) = part.bom_ref.as_deref() else {
            ids.push(fresh.id());
            continue;
        };
        let first = *by_ref.entry(bom_ref).or_insert(at);
        if first == at {
            ids.push(bom_ref.to_owned());
        } else if (parts[first].is_root || part.is_root) && is_same(&parts[first], part) {
            // Some tools list what the document is about among its components as well.
            (again[at], roots[first]) = (true, true);
            ids.push(bom_ref.to_owned());
        } else {
            dropped.push(format!("bom-ref `{}` is not unique", one_line(bom_ref, 100)));
            ids.push(fresh.id());
        }
    }
    let mut relations = contained(&parts, &ids);
    relations.extend(depended(dependencies, &by_ref));
    let kept = parts.into_iter().zip(ids).zip(roots).zip(again).filter(|(_, again)| !again);
    let components = kept.map(|(((part, id), is_root), _)| with_id(part, id, is_root)).collect();
    Resolved { components, relations, dropped: dropped.len() as u64, reasons: told(dropped) }
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

fn is_same(first: &Part, second: &Part) -> bool {
    let (first, second) = (&first.component, &second.component);
    (&first.name, &first.version, &first.purl) == (&second.name, &second.version, &second.purl)
}

fn with_id(part: Part, id: String, is_root: bool) -> Component {
    let mut component = part.component;
    component.id = id;
    if is_root {
        component.properties.push(("chiron:sbom-root".to_owned(), "true".to_owned()));
    }
    component
}

fn contained(parts: &[Part], ids: &[String]) -> Vec<Relation> {
    let nested = parts.iter().zip(ids).filter_map(|(part, id)| Some((ids.get(part.parent?)?, id)));
    nested
        .map(|(parent, id)| Relation { source: parent.clone(), kind: "contains".to_owned(), target: id.clone() })
        .collect()
}

/// Services, vulnerabilities and other things have bom-refs too, so an end that is no component is not a loss.
fn depended(dependencies: Vec<Dependency>, by_ref: &HashMap<&str, usize>) -> Vec<Relation> {
    let mut relations = Vec::new();
    let mut elsewhere = 0_usize;
    for Dependency { source, targets } in dependencies {
        let source_is_known = by_ref.contains_key(source.as_str());
        for target in targets {
            if source_is_known && by_ref.contains_key(target.as_str()) {
                relations.push(Relation { source: source.clone(), kind: "depends-on".to_owned(), target });
            } else {
                elsewhere += 1;
            }
        }
    }
    if elsewhere > 0 {
        let count = elsewhere.to_string();
        log::emit(log::Level::Info, "dependencies between things that are no components", &[("count", &count)]);
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

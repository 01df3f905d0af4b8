//! Several generators over one subject: what more than one of them found is one component, and who found what is kept.
//!
//! `merge` joins what several files say by one generator; here it is several generators. Their purls may be written
//! differently (one names the distribution, another does not), so they are compared by what they mean.

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::component::Component;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::plugin::PluginKind;
use chiron_model::property;
use chiron_model::purl::Purl;
use chiron_model::report::Note;
use chiron_model::step::Ending;

use super::ownership::OWNED_BY;
use super::{Evidence, merge};

/// Property by which the host says which step found a component; once for each, where there are several generators.
pub(crate) const FOUND_BY: &str = "chiron:found-by";

/// Components of one package that a new one is compared with.
const CANDIDATES_MAX: usize = 64;

/// Subject, type, name, version and subpath.
type Key = (String, String, String, Option<String>, Option<String>);

/// Whether one of these steps found the component.
pub(crate) fn found_by_any(component: &Component, steps: &BTreeSet<String>) -> bool {
    finders(component).any(|step| steps.contains(step))
}

/// The steps that found a component.
pub(crate) fn finders(component: &Component) -> impl Iterator<Item = &str> {
    let others = component.properties.iter().filter(|(key, _)| key == FOUND_BY).map(|(_, step)| step.as_str());
    std::iter::once(component.origin.step.as_str()).chain(others)
}

/// Joins what several steps found, and marks every component with those that found it. Nothing where one step found all.
pub(crate) fn unite(evidence: &mut Evidence) {
    // Nobody but the host says so.
    for component in &mut evidence.components {
        component.properties.retain(|(key, _)| key != FOUND_BY);
    }
    // One that looked and found nothing differs most of all.
    let looked = evidence.steps.iter().filter(|step| step.kind == PluginKind::SbomGenerator && step.calls > 0);
    let looked = looked.filter(|step| step.ending == Ending::Succeeded).map(|step| step.id.clone());
    let found = evidence.components.iter().map(|component| component.origin.step.clone());
    let generators: BTreeSet<String> = looked.chain(found).collect();
    if generators.len() < 2 {
        return;
    }
    let (components, renamed) = joined(std::mem::take(&mut evidence.components));
    evidence.components = components;
    for relation in &mut evidence.relations {
        for end in [&mut relation.source, &mut relation.target] {
            if let Some(id) = renamed.get(end.as_str()) {
                end.clone_from(id);
            }
        }
    }
    evidence.dedup_relations();
    evidence.notes.push(difference(&evidence.components, &generators));
}

/// Each component once, with its finders; and the ids that are gone, with those in their place.
fn joined(found: Vec<Component>) -> (Vec<Component>, BTreeMap<String, String>) {
    let mut all: Vec<Component> = Vec::with_capacity(found.len());
    let mut finders: Vec<Vec<String>> = Vec::with_capacity(found.len());
    let mut places: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    let mut renamed = BTreeMap::new();
    for component in found {
        let step = component.origin.step.clone();
        let key = key(&component);
        let candidates = places.get(&key).into_iter().flatten().copied();
        // Of several copies it is the one at the same place; where generators tell places differently, the first.
        let same: Vec<usize> =
            candidates.filter(|&place| all[place].origin.step != step && is_same(&all[place], &component)).collect();
        let here = same.iter().copied().find(|&place| share_a_place(&all[place], &component)).or(same.first().copied());
        if let Some(place) = here {
            renamed.insert(component.id.clone(), all[place].id.clone());
            join(&mut all[place], component);
            if !finders[place].contains(&step) {
                finders[place].push(step);
            }
            continue;
        }
        let candidates = places.entry(key).or_default();
        if candidates.len() < CANDIDATES_MAX {
            candidates.push(all.len());
        }
        all.push(component);
        finders.push(vec![step]);
    }
    for (component, finders) in all.iter_mut().zip(finders) {
        component.properties.extend(finders.into_iter().map(|step| (FOUND_BY.to_owned(), step)));
    }
    (all, renamed)
}

fn key(component: &Component) -> Key {
    let Some(purl) = &component.purl else {
        let (subject, name) = (component.origin.subject.clone(), component.name.clone());
        return (subject, format!("a {} without a purl", component.kind), name, component.version.clone(), None);
    };
    let name = match Ecosystem::of(purl) {
        Some(ecosystem) => ecosystem.canonical_name(&purl.full_name()),
        None => purl.full_name(),
    };
    let parts = purl.canonical();
    let version = component.version.clone().or_else(|| purl.version().map(str::to_owned));
    (component.origin.subject.clone(), purl.kind().to_owned(), name, version, parts.subpath)
}

/// No digest and no qualifier of one says that it is not the other. The host's own properties say nothing about that.
fn is_same(known: &Component, new: &Component) -> bool {
    if merge::contradict(known, new) {
        return false;
    }
    match (&known.purl, &new.purl) {
        (Some(mine), Some(theirs)) => !contradict(mine, theirs),
        // A subject has one system. Of anything else a name alone tells too little.
        (None, None) => known.kind == "operating-system" || share_a_place(known, new),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn contradict(known: &Purl, new: &Purl) -> bool {
    let known = known.canonical();
    new.canonical().qualifiers.iter().any(|(key, value)| known.qualifier(key).is_some_and(|other| other != value))
}

fn share_a_place(known: &Component, new: &Component) -> bool {
    new.locations.iter().any(|place| known.locations.iter().any(|other| other.path == place.path))
}

/// Adds what the other generator says. Qualifiers that only it knows are added: they can decide what an advisory means.
fn join(known: &mut Component, mut new: Component) {
    // One generator's list of what a package owns takes no component out of judgement that another one found.
    let both = property(&known.properties, OWNED_BY).is_some() && property(&new.properties, OWNED_BY).is_some();
    if !both {
        known.properties.retain(|(key, _)| key != OWNED_BY);
    }
    new.properties.retain(|(key, _)| key != OWNED_BY);
    new.locations.retain(|place| !known.locations.contains(place));
    if let (Some(mine), Some(theirs)) = (known.purl.as_mut(), &new.purl) {
        for (key, value) in &theirs.canonical().qualifiers {
            if let Some(more) = mine.with_qualifier(key, value) {
                *mine = more;
            }
        }
    }
    merge::merge(known, new);
}

fn difference(components: &[Component], generators: &BTreeSet<String>) -> Note {
    let marks = |component: &Component| component.properties.iter().filter(|(key, _)| key == FOUND_BY).count();
    let common = components.iter().filter(|component| marks(component) > 1).count();
    let alone = generators.iter().map(|step| {
        let only =
            components.iter().filter(|component| marks(component) == 1 && component.origin.step == *step).count();
        format!("{only} only by `{step}`")
    });
    let alone: Vec<_> = alone.collect();
    let message =
        format!("{common} of {} components were found by several generators, {}", components.len(), alone.join(", "));
    Note { code: "generators-differ".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use chiron_model::component::{Origin, Relation};
    use chiron_model::location::Location;

    use super::*;

    fn component(step: &str, id: &str, purl: &str, place: &str) -> Component {
        let purl = Purl::parse(purl).unwrap();
        Component {
            id: id.to_owned(),
            kind: "library".to_owned(),
            name: purl.name().to_owned(),
            version: purl.version().map(str::to_owned),
            purl: Some(purl),
            scope: "runtime".to_owned(),
            licenses: Vec::new(),
            digests: Vec::new(),
            locations: vec![Location::file(place)],
            origin: Origin { step: step.to_owned(), subject: "app".to_owned() },
            properties: Vec::new(),
        }
    }

    fn united(components: Vec<Component>) -> Evidence {
        let mut evidence = Evidence { components, ..Evidence::default() };
        unite(&mut evidence);
        evidence
    }

    fn found(evidence: &Evidence) -> Vec<(&str, Vec<&str>)> {
        let mut found = Vec::new();
        for Component { id, properties, .. } in &evidence.components {
            let marks = properties.iter().filter(|(key, _)| key == FOUND_BY).map(|(_, step)| step.as_str());
            found.push((id.as_str(), marks.collect()));
        }
        found
    }

    #[test]
    fn what_both_found_is_one_component_and_what_one_found_says_which() {
        let mut evidence = Evidence {
            components: vec![
                component("ours", "a", "pkg:pypi/Jinja2@3.1.4", "uv.lock"),
                component("ours", "b", "pkg:pypi/flask@1", "uv.lock"),
                component("syft", "c", "pkg:pypi/jinja2@3.1.4", "uv.lock"),
                component("syft", "d", "pkg:pypi/zope@1", "uv.lock"),
            ],
            relations: vec![Relation { source: "d".into(), kind: "depends-on".into(), target: "c".into() }],
            ..Evidence::default()
        };
        unite(&mut evidence);
        assert_eq!(found(&evidence), [("a", vec!["ours", "syft"]), ("b", vec!["ours"]), ("d", vec!["syft"])]);
        assert_eq!(evidence.components[0].locations.len(), 1);
        assert_eq!(evidence.relations[0].target, "a");
        let message = "1 of 3 components were found by several generators, 1 only by `ours`, 1 only by `syft`";
        assert_eq!(evidence.notes[0].message, message);
    }

    #[test]
    fn one_generator_is_left_as_it_is() {
        let mut odd = component("ours", "a", "pkg:pypi/a@1", "x");
        odd.properties.push((FOUND_BY.to_owned(), "its own word".to_owned()));
        let evidence = united(vec![odd]);
        assert_eq!(found(&evidence), [("a", vec![])]);
        assert!(evidence.notes.is_empty());
    }

    #[test]
    fn a_qualifier_that_one_does_not_know_is_added_and_another_one_is_another_package() {
        let evidence = united(vec![
            component("ours", "a", "pkg:deb/debian/libc6@2.36?arch=amd64", "status"),
            component("syft", "b", "pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12", "status"),
            component("syft", "c", "pkg:deb/debian/libc6@2.36?arch=arm64", "status"),
        ]);
        assert_eq!(found(&evidence), [("a", vec!["ours", "syft"]), ("c", vec!["syft"])]);
        assert_eq!(evidence.components[0].purl.as_ref().unwrap().qualifier("distro"), Some("debian-12"));
    }

    #[test]
    fn of_two_copies_the_one_at_the_same_place_is_meant() {
        let evidence = united(vec![
            component("ours", "a", "pkg:npm/a@1", "one/package-lock.json"),
            component("ours", "b", "pkg:npm/a@1", "two/package-lock.json"),
            component("syft", "c", "pkg:npm/a@1", "two/package-lock.json"),
        ]);
        assert_eq!(found(&evidence), [("a", vec!["ours"]), ("b", vec!["ours", "syft"])]);
    }

    #[test]
    fn what_one_generator_says_is_owned_another_one_may_have_found_free() {
        let owned = (OWNED_BY.to_owned(), "pkg:deb/debian/python3-six@1".to_owned());
        let both = |first: bool, second: bool| {
            let mut pair =
                [component("ours", "a", "pkg:pypi/six@1", "x"), component("syft", "b", "pkg:pypi/six@1", "x")];
            for (component, is_owned) in pair.iter_mut().zip([first, second]) {
                component.properties.extend(is_owned.then(|| owned.clone()));
            }
            property(&united(pair.to_vec()).components[0].properties, OWNED_BY).is_some()
        };
        assert!(both(true, true));
        assert!(!both(true, false) && !both(false, true));
    }
}

//! Components: a package is one by type and name, whatever its version, qualifiers and spelling.

use std::collections::BTreeMap;

use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use schemars::JsonSchema;
use serde::Serialize;

use crate::json::Component;

/// What is different about components.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Components {
    /// There now, and not before.
    pub added: Vec<Part>,
    /// There before, and not now.
    pub removed: Vec<Part>,
    /// There in another version.
    pub changed: Vec<ChangedComponent>,
    /// How many are there as before.
    pub same: u64,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Package URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
}

/// A component in another version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ChangedComponent {
    /// As it was.
    pub old: Part,
    /// As it is.
    pub new: Part,
}

/// What makes two components one package: type of purl or of component, and canonical name.
pub(super) type Key = (String, String);

impl Components {
    /// Whether nothing is different.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl Part {
    /// "name version", for a person.
    pub(super) fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => format!("{} (no version)", self.name),
        }
    }
}

/// The key of a package by its purl, else by kind and name.
pub(super) fn key(purl: Option<&str>, kind: &str, name: &str) -> Key {
    let Some(purl) = purl.and_then(|text| Purl::parse(text).ok()) else {
        return (kind.to_owned(), name.to_owned());
    };
    let name = match Ecosystem::of(&purl) {
        Some(ecosystem) => ecosystem.canonical_name(&purl.full_name()),
        None => purl.full_name(),
    };
    (format!("pkg:{}", purl.kind()), name)
}

/// Versions of a package that are on both sides are the same. Of the others, one that went and one that came are a change.
pub(super) fn compare(old: &[Component], new: &[Component]) -> Components {
    let (mut before, mut after) = (versions(old), versions(new));
    let mut found = Components::default();
    let keys: Vec<Key> =
        before.keys().chain(after.keys()).cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    for key in keys {
        let mut gone = before.remove(&key).unwrap_or_default();
        let mut come = after.remove(&key).unwrap_or_default();
        let both: Vec<_> = gone.keys().filter(|version| come.contains_key(*version)).cloned().collect();
        for version in both {
            gone.remove(&version);
            come.remove(&version);
            found.same += 1;
        }
        let (mut gone, mut come) = (gone.into_values(), come.into_values());
        loop {
            match (gone.next(), come.next()) {
                (Some(old), Some(new)) => found.changed.push(ChangedComponent { old, new }),
                (Some(old), None) => found.removed.push(old),
                (None, Some(new)) => found.added.push(new),
                (None, None) => break,
            }
        }
    }
    found.added.sort();
    found.removed.sort();
    found.changed.sort();
    found
}

type Versions = BTreeMap<Key, BTreeMap<Option<String>, Part>>;

/// The versions of each package; several copies of one are one.
fn versions(components: &[Component]) -> Versions {
    let mut all = Versions::new();
    for component in components {
        let key = key(component.purl.as_deref(), &component.kind, &component.name);
        let Component { name, version, purl, .. } = component;
        let part = Part { name: name.clone(), version: version.clone(), purl: purl.clone() };
        all.entry(key).or_default().entry(version.clone()).or_insert(part);
    }
    all
}

//! `Pipfile.lock`, JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{from_source, indexed, unresolved, with_archives};
use crate::catalogers::Cataloger;
use crate::listing::{self, Listing, Package};
use crate::text::{Lines, one_line};

/// Pipenv's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Pipfile.lock",
    media_types: &[],
    globs: &["Pipfile.lock"],
    read: |_, blob| listing::of_text(blob, read),
};

/// Keys and values as they stand, so that a key that stands twice is not one.
struct Members<'t>(Vec<(String, &'t RawValue)>);

/// What is read of a package. Keys of the wrong type make the entry one that is dropped.
#[derive(Deserialize)]
struct Locked {
    version: Option<String>,
    markers: Option<String>,
    #[serde(default)]
    hashes: Vec<String>,
    git: Option<String>,
    #[serde(rename = "ref")]
    revision: Option<String>,
    path: Option<String>,
    file: Option<String>,
}

fn read(text: &str) -> Result<Listing, String> {
    let Members(categories) = parse(text)?;
    if !categories.iter().any(|(name, _)| name == "_meta") {
        return Err("no Pipfile.lock: it has no `_meta`".to_owned());
    }
    let mut listing = Listing::default();
    let mut lines = Lines::of(text);
    for (category, packages) in categories.iter().filter(|(name, _)| name != "_meta") {
        let Ok(Members(packages)) = parse(packages.get()) else {
            listing.drop_entry(&format!("`{}` is no table of packages", one_line(category, 60)));
            continue;
        };
        for (name, raw) in packages {
            let line = lines.at(place(text, raw));
            match package(&name, raw) {
                Ok(package) => {
                    listing.add(Package { scope: scope(category), line: Some(line), ..package });
                }
                Err(reason) => listing.drop_entry(&format!("line {line}: {reason}")),
            }
        }
    }
    Ok(listing)
}

fn package(name: &str, raw: &RawValue) -> Result<Package, String> {
    let locked: Locked = serde_json::from_str(raw.get())
        .map_err(|error| format!("`{}`: {}", one_line(name, 60), one_line(&error.to_string(), 100)))?;
    let version = locked.version.as_deref().and_then(|version| version.strip_prefix("=="));
    let place = locked
        .git
        .map(|url| format!("git+{url}@{}", locked.revision.as_deref().unwrap_or_default()))
        .or(locked.path)
        .or(locked.file);
    let package = match (place, version) {
        (Some(place), version) => from_source(name, version, &place)?,
        (None, Some(version)) if !version.ends_with('*') => indexed(name, Some(version))?,
        (None, _) => unresolved(indexed(name, None)?, locked.version.as_deref().unwrap_or_default()),
    };
    let package = with_archives(package, locked.hashes.iter().map(String::as_str));
    Ok(match &locked.markers {
        Some(marker) => package.with("chiron:marker", marker),
        None => package,
    })
}

/// Categories of one's own may be for anything: they are not needed to run the default.
fn scope(category: &str) -> &'static str {
    match category {
        "default" => "runtime",
        "develop" => "development",
        _ => "optional",
    }
}

fn parse(text: &str) -> Result<Members<'_>, String> {
    serde_json::from_str(text).map_err(|error| format!("not well-formed JSON: {}", one_line(&error.to_string(), 200)))
}

/// Where a part of a text begins in it.
fn place(text: &str, part: &RawValue) -> usize {
    (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::sbom::{Coverage, Inventory};

    use super::*;

    fn inventory(text: &str) -> Inventory {
        (CATALOGER.read)(&fake::subject("Pipfile.lock"), &FakeBlob::new(text)).unwrap()
    }

    #[test]
    fn packages_have_scopes_lines_and_archives() {
        let text = "{\n\"_meta\": {},\n\"default\": {\n\"Zope.X\": {\"version\": \"==1.0\", \"hashes\": [\"sha256:aa\"],\n\
            \"markers\": \"m\", \"index\": \"pypi\"},\n\"b\": {\"version\": \"*\"}},\n\
            \"develop\": {\"c\": {\"version\": \"==2\"}, \"b\": {\"version\": \"==3\"}},\n\"docs\": {\"d\": {\"version\": \"==4\"}}}";
        let inventory = inventory(text);
        let found: Vec<_> = inventory
            .components
            .iter()
            .map(|part| (part.purl.as_deref().unwrap(), part.scope.as_str(), part.locations[0].line.unwrap()))
            .collect();
        assert_eq!(
            found,
            [
                ("pkg:pypi/zope-x@1.0", "runtime", 4),
                ("pkg:pypi/b", "runtime", 6),
                ("pkg:pypi/c@2", "development", 7),
                ("pkg:pypi/b@3", "development", 7),
                ("pkg:pypi/d@4", "optional", 8),
            ]
        );
        let values: Vec<_> = inventory.components[0].properties.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["sha256:aa", "m"]);
        assert_eq!(inventory.files[0].reason.as_deref(), Some("1 of 5 packages are not pinned to a version"));
    }

    #[test]
    fn what_no_index_gave_has_a_source_and_no_purl() {
        let text = r#"{"_meta": {}, "default": {
            "a": {"git": "https://u:p@h.example/a", "ref": "abc"},
            "b": {"path": "./b", "editable": true, "version": "==1"},
            "c": {"file": "https://h.example/c.zip"}}}"#;
        let inventory = inventory(text);
        let found: Vec<_> = inventory.components.iter().map(|part| part.properties[0].1.as_str()).collect();
        assert_eq!(found, ["git+https://h.example/a@abc", "./b", "https://h.example/c.zip"]);
        assert!(inventory.components.iter().all(|part| part.purl.is_none()));
    }

    #[test]
    fn a_package_that_stands_twice_is_listed_twice() {
        let text = r#"{"_meta": {}, "default": {"a": {"version": "==1"}, "a": {"version": "==2"}}}"#;
        assert_eq!(inventory(text).components.len(), 2);
    }

    #[test]
    fn malformed_files_have_their_outcome_by_name() {
        for (text, coverage, expected) in [
            ("{}", Coverage::Failed, "no Pipfile.lock: it has no `_meta`"),
            ("", Coverage::Failed, "not well-formed JSON: EOF while parsing a value at line 1 column 0"),
            (
                "[]",
                Coverage::Failed,
                "not well-formed JSON: invalid type: sequence, expected an object at line 1 column 0",
            ),
            ("{\"_meta\": {}, \"default\": 1}", Coverage::Partly, "`default` is no table of packages"),
            (
                "{\"_meta\": {}, \"default\": {\"a\": {\"version\": 1}}}",
                Coverage::Partly,
                "line 1: `a`: invalid type: integer `1`, expected a string at line 1 column 13",
            ),
            (
                "{\"_meta\": {}, \"default\": {\"a b\": {\"version\": \"==1\"}}}",
                Coverage::Partly,
                "line 1: `a b` is no name of a package",
            ),
        ] {
            let outcome = inventory(text).files.remove(0);
            assert_eq!((outcome.coverage, outcome.reason.as_deref()), (coverage, Some(expected)));
        }
        let cut = inventory("{\"_meta\": {}, \"default\": {\"a\": {").files.remove(0);
        assert!(cut.reason.unwrap().starts_with("not well-formed JSON: EOF"));
        let deep = format!("{{\"_meta\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(inventory(&deep).files[0].coverage, Coverage::Read);
    }
}

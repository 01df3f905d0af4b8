//! .NET's `packages.lock.json`, versions 1 and 2: packages by target framework.

pub(crate) mod assets;
pub(crate) mod config;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::catalogers::Cataloger;
use crate::json::{Members, words};
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::purl;
use crate::text::one_line;

/// NuGet's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "NuGet packages.lock.json",
    media_types: &[],
    globs: &["packages.lock.json"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// A package; what is not read here is not judged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resolved: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content_hash: Option<Cow<'a, str>>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

fn parse(text: &Text) -> Result<Listing, String> {
    let document = Members::parse(text.as_str())?;
    match document.get("version").map(RawValue::get) {
        Some("1" | "2") => {}
        Some(version) => return Err(format!("version {version} is not known; 1 and 2 are")),
        None => return Err("no version: not NuGet's lock file".to_owned()),
    }
    let frameworks = document.object("dependencies")?.ok_or("no dependencies: not NuGet's lock file")?;
    let mut listing = Listing::default();
    for (framework, packages) in &frameworks.0 {
        match serde_json::from_str::<Members<'_>>(packages.get()) {
            Ok(packages) => list(text, framework, &packages, &mut listing),
            Err(_) => listing.drop_entry(&format!("`{framework}` is not an object")),
        }
    }
    Ok(listing)
}

fn list(text: &Text, framework: &str, packages: &Members<'_>, listing: &mut Listing) {
    // Names are equal whatever their case.
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut wanted = Vec::new();
    for (name, value) in &packages.0 {
        let line = text.line_of(value.get());
        let entry: Entry<'_> = match serde_json::from_str(value.get()) {
            Ok(entry) => entry,
            Err(error) => {
                listing.drop_entry(&format!("line {}: `{name}`: {}", line.unwrap_or(0), words(&error)));
                continue;
            }
        };
        let mut package = package(name, &entry);
        package.line = line;
        package.properties.push(("chiron:framework".to_owned(), one_line(framework, 100)));
        let id = listing.add(package);
        wanted.extend(Members::of(entry.dependencies).names().map(|name| (id.clone(), name.to_ascii_lowercase())));
        ids.insert(name.to_ascii_lowercase(), id);
    }
    for (id, name) in wanted {
        match ids.get(&name) {
            Some(target) => listing.depends_on(&id, target),
            None => listing.drop_entry(&format!("`{id}` needs `{name}`, which the file does not list")),
        }
    }
}

fn package(name: &str, entry: &Entry<'_>) -> Package {
    let version = entry.resolved.as_deref();
    if entry.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("project")) {
        let mut package = Package::new(name, version, None);
        package.properties.push(("chiron:source".to_owned(), format!("project:{name}")));
        return package;
    }
    let mut package = Package::new(name, version, Some(purl::of("nuget", "", name, version, &[])));
    if let Some(hash) = &entry.content_hash {
        // Over the package without its signature: not what a digest of the downloaded file is.
        package.properties.push(("chiron:archive-digest".to_owned(), format!("sha512-{hash}")));
    }
    package
}

/// `pkg:nuget/...`; names keep their case.
fn purl(name: &str, version: &str) -> String {
    purl::of("nuget", "", name, Some(version), &[])
}

/// A name or a version: NuGet's have at most 100 characters.
fn is_word(word: &str) -> bool {
    !word.is_empty() && word.len() <= 1024 && !word.contains(|c: char| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

    #[test]
    fn packages_of_all_frameworks_are_listed() {
        let text = r#"{"version": 1, "dependencies": {
            "net6.0": {
                "Newtonsoft.Json": {"type": "Direct", "requested": "[12.0.1, )", "resolved": "12.0.1", "contentHash": "abc=",
                    "dependencies": {"system.text": "4.0.0"}},
                "System.Text": {"type": "Transitive", "resolved": "4.3.0"},
                "own": {"type": "Project", "dependencies": {"Newtonsoft.Json": "[12.0.1, )"}}},
            "net8.0": {"Newtonsoft.Json": {"type": "Direct", "resolved": "12.0.1"}}}}"#;
        let inventory = inventory("packages.lock.json", text);
        let json = "pkg:nuget/Newtonsoft.Json@12.0.1";
        assert_eq!(
            listed(&inventory),
            ["pkg:nuget/Newtonsoft.Json@12.0.1 runtime", "pkg:nuget/System.Text@4.3.0 runtime", "own@ runtime"]
        );
        assert_eq!(needs(&inventory), [format!("own@ -> {json}"), format!("{json} -> pkg:nuget/System.Text@4.3.0")]);
        assert_eq!(property(&inventory, json, "chiron:framework"), ["net6.0", "net8.0"]);
        assert_eq!(property(&inventory, json, "chiron:archive-digest"), ["sha512-abc="]);
        assert_eq!((inventory.components[0].locations.len(), outcome(&inventory).as_str()), (2, "read 3 0"));
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let table = [
            ("", "failed 0 0: the document ends too early"),
            ("{}", "failed 0 0: no version: not NuGet's lock file"),
            ("{\"version\": 3, \"dependencies\": {}}", "failed 0 0: version 3 is not known; 1 and 2 are"),
            ("{\"version\": 1}", "failed 0 0: no dependencies"),
            ("{\"version\": 1, \"dependencies\": {\"net6.0\": []}}", "partly 0 1: `net6.0` is not an object"),
            ("{\"version\": 1, \"dependencies\": {\"net6.0\": {\"a\": 1}}}", "partly 0 1: line 1: `a`: invalid type"),
            (
                "{\"version\": 1, \"dependencies\": {\"net6.0\": {\"a\": {\"resolved\": \"1\", \"dependencies\": {\"b\": \"1\"}}}}}",
                "partly 1 1: `pkg:nuget/a@1` needs `b`",
            ),
        ];
        outcomes("packages.lock.json", &table);
    }
}

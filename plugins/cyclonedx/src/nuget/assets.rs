//! What .NET's build writes: `project.assets.json` when packages are restored, `*.deps.json` beside each program.
//!
//! Both have `libraries` (`name/version`) and `targets`, in which each library says what it needs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{is_word, purl};
use crate::catalogers::Cataloger;
use crate::json::{Members, words};
use crate::listing::{Listing, Package, SOURCE};
use crate::lockfile::{self, Text};
use crate::text::one_line;

/// Restored packages of a project, and those that a program was published with.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: ".NET project.assets.json and *.deps.json",
    media_types: &[],
    globs: &["project.assets.json", "*.deps.json"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// A library; what is not read here is not judged.
#[derive(Deserialize)]
struct Library<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    /// Of the package without its signature, in Base64.
    #[serde(borrow)]
    sha512: Option<Cow<'a, str>>,
}

fn parse(text: &Text) -> Result<Listing, String> {
    let document = Members::parse(text.as_str())?;
    let libraries = document.object("libraries")?.ok_or("no libraries: not written by .NET's build")?;
    let targets = document.object("targets")?.unwrap_or_default();
    let mut listing = Listing::default();
    // `name/version`, in lower case, and `name` alone -> id. Names are equal whatever their case.
    let mut ids = BTreeMap::new();
    for (key, value) in &libraries.0 {
        let line = text.line_of(value.get());
        match package(key, value.get()) {
            Ok((name, package)) => {
                let id = listing.add(Package { line, ..package });
                ids.insert(key.to_ascii_lowercase(), id.clone());
                ids.insert(name, id);
            }
            Err(reason) => listing.drop_entry(&format!("line {}: {reason}", line.unwrap_or(0))),
        }
    }
    for (framework, members) in &targets.0 {
        for (key, value) in &Members::of(Some(members)).0 {
            let Some(id) = ids.get(&key.to_ascii_lowercase()) else {
                let target = one_line(framework, 60);
                listing.drop_entry(&format!("`{}` of `{target}` is not in libraries", one_line(key, 100)));
                continue;
            };
            // What a library needs and is not there, the framework brings.
            for name in Members::of(Members::of(Some(value)).get("dependencies")).names() {
                if let Some(target) = ids.get(&name.to_ascii_lowercase()) {
                    listing.depends_on(id, target);
                }
            }
        }
    }
    Ok(listing)
}

/// A library and its name in lower case.
fn package(key: &str, value: &str) -> Result<(String, Package), String> {
    let library: Library<'_> =
        serde_json::from_str(value).map_err(|error| format!("`{}`: {}", one_line(key, 100), words(&error)))?;
    let (name, version) = key
        .split_once('/')
        .filter(|(name, version)| is_word(name) && is_word(version))
        .ok_or_else(|| format!("`{}` is not name/version", one_line(key, 100)))?;
    let package = if library.kind.eq_ignore_ascii_case("package") {
        let package = Package::new(name, Some(version), Some(purl(name, version)));
        match library.sha512.as_deref().filter(|sum| !sum.is_empty()) {
            Some(sum) => {
                package.with("chiron:archive-digest", &format!("sha512-{}", sum.trim_start_matches("sha512-")))
            }
            None => package,
        }
    } else {
        // A project of the same solution, a file that is referred to, a package of the runtime itself.
        Package::new(name, Some(version), None).with(SOURCE, &format!("{}:{name}", library.kind))
    };
    Ok((name.to_ascii_lowercase(), package))
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

    #[test]
    fn libraries_and_their_needs_are_listed() {
        let text = r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v8.0"},
            "targets": {".NETCoreApp,Version=v8.0": {
                "App/1.0.0": {"dependencies": {"newtonsoft.json": "13.0.1", "Framework": "8.0"}},
                "Newtonsoft.Json/13.0.1": {}}},
            "libraries": {
                "App/1.0.0": {"type": "project", "sha512": ""},
                "Newtonsoft.Json/13.0.1": {"type": "package", "sha512": "sha512-abc="}}}"#;
        for name in ["App.deps.json", "obj/project.assets.json"] {
            let inventory = inventory(name, text);
            let json = "pkg:nuget/Newtonsoft.Json@13.0.1";
            assert_eq!(listed(&inventory), ["App@1.0.0 runtime", "pkg:nuget/Newtonsoft.Json@13.0.1 runtime"]);
            assert_eq!(needs(&inventory), [format!("App@1.0.0 -> {json}")]);
            assert_eq!(property(&inventory, json, "chiron:archive-digest"), ["sha512-abc="]);
            assert_eq!(outcome(&inventory), "read 2 0");
        }
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        outcomes(
            "a.deps.json",
            &[
                ("", "failed 0 0: the document ends too early"),
                ("{}", "failed 0 0: no libraries"),
                ("{\"libraries\": []}", "failed 0 0: `libraries` is not an object"),
                ("{\"libraries\": {\"a\": {\"type\": \"package\"}}}", "partly 0 1: line 1: `a` is not name/version"),
                ("{\"libraries\": {\"a/1\": {}}}", "partly 0 1: line 1: `a/1`: missing field `type`"),
                (
                    "{\"libraries\": {}, \"targets\": {\"x\": {\"b/1\": {}}}}",
                    "partly 0 1: `b/1` of `x` is not in libraries",
                ),
            ],
        );
    }
}

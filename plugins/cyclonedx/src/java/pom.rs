//! Maven's `pom.xml`: what a project asks for. It is no lock file: what its parent, imported lists and the dependencies of its
//! dependencies add stands in repositories, and is counted as dropped.

mod properties;

use std::collections::BTreeMap;

use self::properties::{Properties, Value};
use super::coordinates::{Coordinates, is_word};
use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package, SOURCE, UNRESOLVED};
use crate::lockfile::{self, Text};
use crate::purl;
use crate::xml::Element;

/// Maven's projects.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "Maven pom.xml",
    media_types: &[],
    globs: &["pom.xml", "*.pom"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// The project's own coordinates; of group and version, those of its parent where it has none of its own.
///
/// # Errors
/// In words: no XML, no project, what is missing.
pub(super) fn coordinates(text: &str) -> Result<Coordinates, String> {
    let top = project(text)?;
    let properties = Properties::of(&top);
    let value = |name| properties.of_project(name).and_then(Value::known);
    Coordinates::new(value("groupId").as_deref(), value("artifactId").as_deref(), value("version").as_deref())
}

fn project(text: &str) -> Result<Element, String> {
    let top = Element::parse(text)?;
    if top.name == "project" { Ok(top) } else { Err("no `project`: not a pom.xml".to_owned()) }
}

/// Versions that `dependencyManagement` gives, by `group:artifact`.
type Managed<'e> = BTreeMap<String, &'e Element>;

fn parse(text: &Text) -> Result<Listing, String> {
    let top = project(text.as_str())?;
    let properties = Properties::of(&top);
    let mut listing = Listing::default();
    let root = root(&top, &properties, &mut listing)?;
    if let Some(parent) = top.child("parent") {
        let parent = written(parent, &properties);
        listing.drop_entry(&format!("the parent `{parent}` stands in a repository: what it adds is not known"));
    }
    let managed = managed(&top, &properties, &mut listing);
    let before = listing.len();
    for dependency in top.list("dependencies", "dependency") {
        take(dependency, &properties, &managed, None, &root, &mut listing);
    }
    for profile in top.list("profiles", "profile") {
        let name = profile.text("id").unwrap_or("without a name");
        for dependency in profile.list("dependencies", "dependency") {
            take(dependency, &properties, &managed, Some(name), &root, &mut listing);
        }
    }
    let count = listing.len() - before;
    if count > 0 {
        listing.drop_entry(&format!("what its {count} dependencies need in turn stands in repositories"));
    }
    Ok(listing)
}

fn root(top: &Element, properties: &Properties<'_>, listing: &mut Listing) -> Result<String, String> {
    let known = |name| properties.of_project(name).and_then(Value::known).filter(|word| is_word(word));
    let artifact = known("artifactId").ok_or("no artifactId: not a pom.xml")?;
    let name = known("groupId").map_or_else(|| artifact.clone(), |group| format!("{group}:{artifact}"));
    // The project is what is built here, not what a repository serves.
    let package = Package { line: Some(top.line), ..Package::new(&name, known("version").as_deref(), None) };
    let id = listing.add(package);
    listing.set_root(&id);
    Ok(id)
}

fn managed<'e>(top: &'e Element, properties: &Properties<'_>, listing: &mut Listing) -> Managed<'e> {
    let mut managed = Managed::new();
    let list = top.child("dependencyManagement");
    for dependency in list.iter().flat_map(|list| list.list("dependencies", "dependency")) {
        if dependency.text("scope") == Some("import") {
            let list = written(dependency, properties);
            listing.drop_entry(&format!("line {}: the imported list `{list}` stands in a repository", dependency.line));
            continue;
        }
        managed.entry(key(dependency, properties)).or_insert(dependency);
    }
    managed
}

/// `group:artifact`, with properties resolved where they are known.
fn key(dependency: &Element, properties: &Properties<'_>) -> String {
    let word = |name| dependency.text(name).map(|text| properties.resolve(text).text().to_owned()).unwrap_or_default();
    format!("{}:{}", word("groupId"), word("artifactId"))
}

/// As people write coordinates, whatever is in them.
fn written(element: &Element, properties: &Properties<'_>) -> String {
    let version = element.text("version").map(|text| properties.resolve(text).text().to_owned());
    format!("{}:{}", key(element, properties), version.as_deref().unwrap_or("?"))
}

fn take(
    dependency: &Element,
    properties: &Properties<'_>,
    managed: &Managed<'_>,
    profile: Option<&str>,
    root: &str,
    listing: &mut Listing,
) {
    match package(dependency, properties, managed) {
        Ok(mut package) => {
            if let Some(profile) = profile {
                package.scope = if package.scope == "development" { "development" } else { "optional" };
                package = package.with("chiron:note", &format!("only in the profile `{profile}`"));
            }
            let id = listing.add(Package { line: Some(dependency.line), ..package });
            listing.depends_on(root, &id);
        }
        Err(reason) => listing.drop_entry(&format!("line {}: {reason}", dependency.line)),
    }
}

fn package(dependency: &Element, properties: &Properties<'_>, managed: &Managed<'_>) -> Result<Package, String> {
    let word = |name: &str| match dependency.text(name).map(|text| properties.resolve(text)) {
        Some(Value::Known(word)) if is_word(&word) => Ok(word),
        Some(other) => Err(format!("`{}` is no {name}", other.text())),
        None => Err(format!("a dependency without {name}")),
    };
    let (group, artifact) = (word("groupId")?, word("artifactId")?);
    let list = managed.get(&key(dependency, properties));
    let value = |name| dependency.text(name).or_else(|| list.and_then(|list| list.text(name)));
    let name = format!("{group}:{artifact}");
    let scope = value("scope").unwrap_or("compile");
    let mut package = match version(value("version"), properties) {
        // A file that the project brings along: no repository gave it.
        Ok(version) if scope == "system" => {
            let path = value("systemPath").unwrap_or("a file of the system");
            Package::new(&name, Some(&version), None).with(SOURCE, path)
        }
        Ok(version) => {
            let purl = purl::of("maven", &group, &artifact, Some(&version), &[]);
            Package::new(&name, Some(&version), Some(purl))
        }
        Err(why) => {
            let purl = purl::of("maven", &group, &artifact, None, &[]);
            Package::new(&name, None, Some(purl)).with(UNRESOLVED, &why)
        }
    };
    package.scope = match scope {
        "test" => "development",
        _ if value("optional") == Some("true") => "optional",
        _ => "runtime",
    };
    Ok(package)
}

/// The one version that is asked for, or why there is none. `1.0` is a wish by Maven's words, and what it takes for a direct
/// dependency; `[1.0]` is that version and no other.
fn version(text: Option<&str>, properties: &Properties<'_>) -> Result<String, String> {
    let Some(text) = text else {
        return Err("its version is given by the parent or an imported list, which stand in a repository".to_owned());
    };
    let text = match properties.resolve(text) {
        Value::Known(text) => text,
        Value::Unknown(text) => return Err(format!("{text}, which this file does not set")),
    };
    let exact = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&text);
    if matches!(exact, "LATEST" | "RELEASE") || !is_word(exact) {
        return Err(text);
    }
    Ok(exact.to_owned())
}

#[cfg(test)]
mod tests;

//! `pnpm-lock.yaml`, versions 5 to 9.

mod key;

use std::collections::BTreeMap;

use self::key::Key;
use super::origin::Origin;
use super::reach::Reach;
use super::{Locked, aliased};
use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::yaml::{self, Node};

/// pnpm's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "pnpm-lock.yaml",
    media_types: &[],
    globs: &["pnpm-lock.yaml"],
    read: |_, blob| lockfile::read(blob, parse),
};

/// Lists in which packages and projects say what they need, and the scope of what a project needs.
const LISTS: [(&str, &str); 5] = [
    ("dependencies", "runtime"),
    ("optionalDependencies", "optional"),
    ("devDependencies", "development"),
    ("configDependencies", "development"),
    ("packageManagerDependencies", "development"),
];

fn parse(text: &Text) -> Result<Listing, String> {
    let documents = yaml::parse(text.as_str())?;
    let mut listing = Listing::default();
    if documents.is_empty() {
        return Err("no lockfileVersion: not pnpm's lock file".to_owned());
    }
    // pnpm 11 puts what it needs itself into a document of its own before the project's.
    for document in &documents {
        let version = document.text_of("lockfileVersion").ok_or("no lockfileVersion: not pnpm's lock file")?;
        let major = version.split('.').next().and_then(|major| major.parse().ok());
        let major = major.filter(|major| (5..=9).contains(major));
        let major: u32 = major.ok_or_else(|| format!("lockfileVersion `{version}` is not known; 5 to 9 are"))?;
        for name in ["packages", "snapshots", "importers"] {
            if document.get(name).is_some_and(|node| !node.is_map()) {
                return Err(format!("`{name}` is not a map"));
            }
        }
        Lock { major, ids: BTreeMap::new(), reach: Reach::default() }.read(document, &mut listing);
    }
    Ok(listing)
}

/// One document being read.
struct Lock {
    major: u32,
    /// Keys of packages, with and without their peers -> ids.
    ids: BTreeMap<String, String>,
    reach: Reach,
}

impl Lock {
    fn read(mut self, document: &Node, listing: &mut Listing) {
        let packages = document.get("packages").map(Node::members).unwrap_or_default();
        for (key, entry) in packages {
            match package(self.major, key, entry) {
                Ok(package) => {
                    let id = listing.add(package);
                    self.ids.insert(key::without_peers(key).to_owned(), id.clone());
                    self.ids.insert(key.clone(), id);
                }
                Err(reason) => listing.drop_entry(&format!("line {}: `{key}`: {reason}", entry.line)),
            }
        }
        // Since version 9 what a package needs stands apart from what it is.
        let snapshots = document.get("snapshots").map(Node::members).unwrap_or_default();
        let needs = if self.major >= 9 { snapshots } else { packages };
        for (key, entry) in needs {
            match self.id(key) {
                Some(id) => self.relate(&id, entry, listing),
                None if self.major < 9 => {}
                None => listing.drop_entry(&format!("line {}: `{key}` stands in no `packages`", entry.line)),
            }
        }
        match document.get("importers") {
            Some(importers) => importers.members().iter().for_each(|(_, project)| self.project(project, listing)),
            None => self.project(document, listing),
        }
        // Before version 9 packages carry their own flags.
        if self.major >= 9 {
            self.reach.apply(listing);
        }
    }

    fn relate(&mut self, id: &str, entry: &Node, listing: &mut Listing) {
        for (list, scope) in &LISTS[..2] {
            for (name, reference) in entry.get(list).map(Node::members).unwrap_or_default() {
                let reference = reference.text().unwrap_or_default();
                if let Some(target) = self.target(name, reference) {
                    listing.depends_on(id, &target);
                    self.reach.edge(id, &target, *scope == "optional");
                } else if *scope != "optional" && !reference.starts_with("link:") {
                    listing.drop_entry(&format!("`{id}` needs `{name}` {reference}, which the file does not list"));
                }
            }
        }
    }

    /// What a project of the workspace asks for. Packages of the workspace itself are links.
    fn project(&mut self, project: &Node, listing: &mut Listing) {
        for (list, scope) in LISTS {
            for (name, wanted) in project.get(list).map(Node::members).unwrap_or_default() {
                let reference = wanted.text().or_else(|| wanted.text_of("version")).unwrap_or_default();
                if let Some(target) = self.target(name, reference) {
                    self.reach.root(&target, scope);
                } else if reference.starts_with("link:") || reference.starts_with("file:") {
                    let origin = Origin::Local(reference.to_owned());
                    let line = Some(wanted.line);
                    let locked = Locked { name, alias: None, version: None, origin, integrity: None, line };
                    match locked.package() {
                        Ok(package) => drop(listing.add(Package { scope, ..package })),
                        Err(reason) => listing.drop_entry(&format!("line {}: {reason}", wanted.line)),
                    }
                } else {
                    let line = wanted.line;
                    listing.drop_entry(&format!("line {line}: `{name}` {reference} is asked for, and not listed"));
                }
            }
        }
    }

    fn id(&self, key: &str) -> Option<String> {
        self.ids.get(key).or_else(|| self.ids.get(key::without_peers(key))).cloned()
    }

    /// The package that a reference means: a version, or a whole key where the name is an alias.
    fn target(&self, name: &str, reference: &str) -> Option<String> {
        let spellings = [
            format!("{name}@{reference}"),
            format!("/{name}@{reference}"),
            format!("/{name}/{reference}"),
            format!("/{reference}"),
        ];
        self.id(reference).or_else(|| spellings.iter().find_map(|key| self.id(key)))
    }
}

fn package(major: u32, key: &str, entry: &Node) -> Result<Package, String> {
    let Key { name, version, reference } = Key::parse(major, key).ok_or("names no package")?;
    let name = entry.text_of("name").or(name).ok_or("names no package")?;
    let resolution = entry.get("resolution");
    let of = |field| resolution.and_then(|resolution| resolution.text_of(field));
    let origin = match (of("type"), of("repo"), of("tarball")) {
        (_, Some(repository), _) => {
            Origin::of(&format!("git+{}#{}", plain(repository), of("commit").unwrap_or("")), name)
        }
        (Some("directory"), ..) => Origin::Local(of("directory").unwrap_or(key).to_owned()),
        (_, _, Some(tarball)) => Origin::of(tarball, name),
        (..) => aliased(reference).map_or_else(|| Origin::of(reference, name), |_| Origin::Registry(None)),
    };
    let version = entry.text_of("version").or(version);
    let mut package =
        Locked { name, alias: None, version, origin, integrity: of("integrity"), line: Some(entry.line) }.package()?;
    if entry.text_of("dev") == Some("true") {
        package.scope = "development";
    } else if entry.text_of("optional") == Some("true") {
        package.scope = "optional";
    }
    Ok(package)
}

/// A repository's address without `git+`, which some versions write and some do not.
fn plain(address: &str) -> &str {
    address.strip_prefix("git+").unwrap_or(address)
}

#[cfg(test)]
mod tests;

//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3: npm's tree of installed packages.

mod tree;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::tree::{Node, Tree};
use super::aliased;
use super::origin::Origin;
use crate::catalogers::Cataloger;
use crate::json::{Members, words};
use crate::listing::Listing;
use crate::lockfile::{self, Text};

/// Packages installed within packages: version 1 nests them, and each level is read once more. npm's trees stay below 20.
const DEPTH_MAX: usize = 40;

/// npm's lock files. `.package-lock.json` is the one that npm keeps in `node_modules`.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "npm package-lock.json and npm-shrinkwrap.json",
    media_types: &[],
    globs: &["package-lock.json", "npm-shrinkwrap.json", ".package-lock.json"],
    read: |_, blob| lockfile::read(blob, parse),
};

fn parse(text: &Text) -> Result<Listing, String> {
    let document = Members::parse(text.as_str())?;
    let version = document.get("lockfileVersion").map(RawValue::get);
    if let Some(version) = version.filter(|version| !["1", "2", "3"].contains(version)) {
        return Err(format!("lockfileVersion {version} is not known; 1 to 3 are"));
    }
    let mut listing = Listing::default();
    let mut tree = Tree::default();
    match (document.object("packages")?, document.object("dependencies")?) {
        (Some(packages), _) => flat(text, &packages, &mut tree, &mut listing),
        (None, Some(dependencies)) => {
            tree.push(Node::root(document.text("name"), document.text("version")));
            nested(text, dependencies, &mut tree, &mut listing);
        }
        // A project without dependencies.
        (None, None) if version.is_some() => {}
        (None, None) => return Err("no lockfileVersion, packages or dependencies: not npm's lock file".to_owned()),
    }
    tree.list(&mut listing);
    Ok(listing)
}

/// An entry of any version; what is not read here is not judged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resolved: Option<&'a RawValue>,
    #[serde(borrow)]
    integrity: Option<Cow<'a, str>>,
    link: Option<bool>,
    dev: Option<bool>,
    optional: Option<bool>,
    dev_optional: Option<bool>,
    peer: Option<bool>,
    in_bundle: Option<bool>,
    bundled: Option<bool>,
    #[serde(borrow)]
    requires: Option<&'a RawValue>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    dev_dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    optional_dependencies: Option<&'a RawValue>,
    #[serde(borrow)]
    peer_dependencies: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// `resolved` may be `false` for what is not to be fetched.
    fn resolved(&self) -> Option<String> {
        self.resolved.and_then(|value| serde_json::from_str(value.get()).ok())
    }

    fn scope(&self) -> &'static str {
        if self.dev == Some(true) {
            "development"
        } else if self.optional == Some(true) || self.dev_optional == Some(true) {
            "optional"
        } else {
            "runtime"
        }
    }

    /// The node at a path, its name as installed still its name.
    fn node(&self, path: String, line: Option<u32>) -> Node {
        let installed = path.rsplit("node_modules/").next().unwrap_or_default().to_owned();
        let mut node = Node::new(path, installed);
        node.scope = self.scope();
        node.is_bundled = self.in_bundle == Some(true) || self.bundled == Some(true);
        node.is_peer = self.peer == Some(true);
        node.integrity = self.integrity.as_deref().map(str::to_owned);
        node.line = line;
        node
    }
}

/// Versions 2 and 3: one list, keyed by the path from the project.
fn flat(text: &Text, packages: &Members<'_>, tree: &mut Tree, listing: &mut Listing) {
    for (path, value) in &packages.0 {
        let line = text.line_of(value.get());
        match serde_json::from_str::<Entry<'_>>(value.get()) {
            Ok(entry) if entry.link == Some(true) => {
                tree.link(path.to_string(), entry.resolved().unwrap_or_default(), line, entry.scope());
            }
            Ok(entry) => tree.push(placed(path, &entry, line)),
            Err(error) => listing.drop_entry(&format!("line {}: `{path}`: {}", line.unwrap_or(0), words(&error))),
        }
    }
}

fn placed(path: &str, entry: &Entry<'_>, line: Option<u32>) -> Node {
    let mut node = entry.node(path.to_owned(), line);
    node.name = entry.name.as_deref().map_or_else(|| node.installed.clone(), str::to_owned);
    node.version = entry.version.as_deref().map(str::to_owned);
    // What stands outside of node_modules is the project's own: its root and its workspaces.
    let is_own = !path.split('/').any(|part| part == "node_modules");
    node.is_root = path.is_empty();
    node.origin = if is_own {
        Origin::Local(path.to_owned())
    } else {
        entry.resolved().map_or(Origin::Registry(None), |resolved| Origin::of(&resolved, &node.name))
    };
    let mut lists = vec![entry.dependencies, entry.optional_dependencies, entry.peer_dependencies];
    if is_own {
        lists.push(entry.dev_dependencies);
    }
    node.needs = lists.into_iter().flat_map(|list| Members::of(list).0).map(|(name, _)| name.into_owned()).collect();
    node
}

/// Version 1: packages within packages. The stack is ours, so that depth cannot exhaust the machine's.
fn nested(text: &Text, dependencies: Members<'_>, tree: &mut Tree, listing: &mut Listing) {
    let mut stack = vec![(String::new(), 1, dependencies)];
    while let Some((parent, depth, members)) = stack.pop() {
        for (name, value) in members.0 {
            let line = text.line_of(value.get());
            let entry = match serde_json::from_str::<Entry<'_>>(value.get()) {
                Ok(entry) => entry,
                Err(error) => {
                    listing.drop_entry(&format!("line {}: `{name}`: {}", line.unwrap_or(0), words(&error)));
                    continue;
                }
            };
            let path = tree::below(&parent, &name);
            if path.len() > tree::PATH_BYTES_MAX {
                listing.drop_entry(&format!("line {}: a path of {} bytes", line.unwrap_or(0), path.len()));
                continue;
            }
            let node = old(&name, &entry, path.clone(), line);
            let inner = Members::of(entry.dependencies);
            if depth < DEPTH_MAX {
                stack.push((path, depth + 1, inner));
            } else if !inner.0.is_empty() {
                listing.drop_entry(&format!("line {}: nested more than {DEPTH_MAX} deep", line.unwrap_or(0)));
            }
            tree.push(node);
        }
    }
}

/// A node of version 1, where `version` is whatever the requirement came to: a version, an alias, an address or a path.
fn old(name: &str, entry: &Entry<'_>, path: String, line: Option<u32>) -> Node {
    let mut node = entry.node(path, line);
    let version = entry.version.as_deref().unwrap_or_default();
    let (own_name, own_version) = aliased(version).unwrap_or((name, version));
    own_name.clone_into(&mut node.name);
    node.origin = match Origin::of(own_version, own_name) {
        Origin::Registry(None) => {
            node.version = Some(own_version.to_owned()).filter(|version| !version.is_empty());
            entry.resolved().map_or(Origin::Registry(None), |resolved| Origin::of(&resolved, own_name))
        }
        // An address is no version; what is there under it, nobody says.
        origin @ (Origin::Registry(Some(_)) | Origin::Git(_) | Origin::Archive(_) | Origin::Local(_)) => origin,
    };
    node.needs = Members::of(entry.requires).names().map(str::to_owned).collect();
    node
}

#[cfg(test)]
mod tests;

//! npm's tree: which copy of a package another one loads is decided by where both are.

use std::collections::BTreeMap;

use crate::listing::Listing;
use crate::npm::Locked;
use crate::npm::origin::Origin;

/// Longest path of an installed package, in bytes: each step of a search costs its length.
pub(super) const PATH_BYTES_MAX: usize = 4096;

/// One installed copy.
pub(super) struct Node {
    pub(super) path: String,
    /// The last part of its path: its name, or an alias.
    pub(super) installed: String,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) origin: Origin,
    pub(super) integrity: Option<String>,
    pub(super) scope: &'static str,
    pub(super) is_root: bool,
    pub(super) is_bundled: bool,
    pub(super) is_peer: bool,
    pub(super) line: Option<u32>,
    /// Names, as its own package.json has them.
    pub(super) needs: Vec<String>,
}

impl Node {
    /// A copy at a path, of which nothing else is known.
    pub(super) fn new(path: String, installed: String) -> Self {
        Self {
            path,
            name: installed.clone(),
            installed,
            version: None,
            origin: Origin::Registry(None),
            integrity: None,
            scope: "runtime",
            is_root: false,
            is_bundled: false,
            is_peer: false,
            line: None,
            needs: Vec::new(),
        }
    }

    /// The project itself, where the file names it at its top. Version 1 does not say which packages it asks for.
    pub(super) fn root(name: Option<String>, version: Option<String>) -> Self {
        let mut root = Self::new(String::new(), name.unwrap_or_default());
        root.origin = Origin::Local(String::new());
        root.version = version;
        root.is_root = true;
        root
    }
}

/// A link from node_modules to a folder.
struct Link {
    path: String,
    target: String,
    line: Option<u32>,
    scope: &'static str,
}

/// All copies of one file.
#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    links: Vec<Link>,
}

/// The path of a package installed right below another.
pub(super) fn below(parent: &str, name: &str) -> String {
    if parent.is_empty() { format!("node_modules/{name}") } else { format!("{parent}/node_modules/{name}") }
}

impl Tree {
    /// Adds a copy.
    pub(super) fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// Adds a link.
    pub(super) fn link(&mut self, path: String, target: String, line: Option<u32>, scope: &'static str) {
        self.links.push(Link { path, target, line, scope });
    }

    /// Lists every copy, and what each loads.
    pub(super) fn list(mut self, listing: &mut Listing) {
        self.name_workspaces(listing);
        // Path -> id of the package there.
        let mut ids: BTreeMap<&str, String> = BTreeMap::new();
        for node in &self.nodes {
            if let Some(id) = list(node, listing) {
                ids.insert(&node.path, id);
            }
        }
        for link in &self.links {
            if let Some(id) = ids.get(link.target.as_str()).cloned() {
                ids.insert(&link.path, id);
            }
        }
        for node in &self.nodes {
            let Some(source) = ids.get(node.path.as_str()) else { continue };
            let targets = node.needs.iter().filter_map(|name| found(&ids, &node.path, name));
            for target in targets.filter(|target| *target != source) {
                listing.depends_on(source, target);
            }
        }
    }

    /// A workspace without a name of its own is called what the link to it is called. A link whose target the file does
    /// not list is a folder of which only name and place are known.
    fn name_workspaces(&mut self, listing: &mut Listing) {
        let mut places: BTreeMap<String, usize> =
            self.nodes.iter().enumerate().map(|(place, node)| (node.path.clone(), place)).collect();
        for link in &self.links {
            let installed = link.path.rsplit("node_modules/").next().unwrap_or_default();
            if link.target.is_empty() {
                listing.drop_entry(&format!("`{}` is a link to nowhere", link.path));
            } else if let Some(node) = places.get(&link.target).and_then(|&place| self.nodes.get_mut(place)) {
                if node.name == node.installed {
                    installed.clone_into(&mut node.name);
                }
            } else {
                let mut node = Node::new(link.target.clone(), installed.to_owned());
                node.origin = Origin::Local(link.target.clone());
                (node.line, node.scope) = (link.line, link.scope);
                places.insert(link.target.clone(), self.nodes.len());
                self.nodes.push(node);
            }
        }
    }
}

/// Lists one copy and returns its id.
fn list(node: &Node, listing: &mut Listing) -> Option<String> {
    if node.is_root && node.name.is_empty() {
        return None;
    }
    let locked = Locked {
        name: &node.name,
        alias: (!matches!(node.origin, Origin::Local(_))).then_some(node.installed.as_str()),
        version: node.version.as_deref(),
        origin: if node.is_root { Origin::Local(".".to_owned()) } else { node.origin.clone() },
        integrity: node.integrity.as_deref(),
        line: node.line,
    };
    let reason = match locked.package() {
        _ if node.path.len() > PATH_BYTES_MAX => format!("a path of {} bytes", node.path.len()),
        Err(reason) => reason,
        Ok(mut package) => {
            package.scope = node.scope;
            let mut add = |key: &str, value: &str| package.properties.push((key.to_owned(), value.to_owned()));
            if !node.is_root {
                add("chiron:installed-path", &node.path);
            }
            if node.is_bundled {
                add("chiron:bundled", "true");
            }
            if node.is_peer {
                add("chiron:peer", "true");
            }
            let id = listing.add(package);
            if node.is_root {
                listing.set_root(&id);
            }
            return Some(id);
        }
    };
    listing.drop_entry(&format!("line {}: {reason}", node.line.unwrap_or(0)));
    None
}

/// Node's search: the nearest node_modules upwards that has the name.
fn found<'a>(ids: &'a BTreeMap<&str, String>, path: &str, name: &str) -> Option<&'a String> {
    let mut base = path;
    loop {
        let is_folder_of_packages = base == "node_modules" || base.ends_with("/node_modules");
        if !is_folder_of_packages && let Some(id) = ids.get(below(base, name).as_str()) {
            return Some(id);
        }
        if base.is_empty() {
            return None;
        }
        base = base.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

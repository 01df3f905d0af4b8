//! `bun.lock`: JSON with comments and trailing commas. The older `bun.lockb` is binary, and is not read.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::origin::Origin;
use super::reach::Reach;
use super::{Locked, split};
use crate::catalogers::Cataloger;
use crate::json::{self, Members, words};
use crate::listing::Listing;
use crate::lockfile::{self, Text};

/// Bun's lock files.
pub(crate) const CATALOGER: Cataloger =
    Cataloger { name: "bun.lock", media_types: &[], globs: &["bun.lock"], read: |_, blob| lockfile::read(blob, parse) };

/// Longest key, in bytes: each step of a search costs its length.
const KEY_BYTES_MAX: usize = 4096;

/// Lists of requirements, and the scope of what a project asks for there.
const LISTS: [(&str, &str); 4] = [
    ("dependencies", "runtime"),
    ("peerDependencies", "runtime"),
    ("optionalDependencies", "optional"),
    ("devDependencies", "development"),
];

fn parse(text: &Text) -> Result<Listing, String> {
    let text = Text::decode(json::plain(text.as_str()).into_bytes())?;
    let document = Members::parse(text.as_str())?;
    match document.get("lockfileVersion").map(RawValue::get) {
        Some("0" | "1") => {}
        Some(version) => return Err(format!("lockfileVersion {version} is not known; 0 and 1 are")),
        None => return Err("no lockfileVersion: not Bun's lock file".to_owned()),
    }
    let workspaces = document.object("workspaces")?.unwrap_or_default();
    let mut listing = Listing::default();
    let mut lock = Lock::default();
    for (key, value) in document.object("packages")?.unwrap_or_default().0 {
        let line = text.line_of(value.get());
        if let Err(reason) = lock.package(&key, value, line, &workspaces, &mut listing) {
            listing.drop_entry(&format!("line {}: `{key}`: {reason}", line.unwrap_or(0)));
        }
    }
    for (path, workspace) in &workspaces.0 {
        lock.project(path, workspace, text.line_of(workspace.get()), &mut listing);
    }
    lock.relate(&mut listing);
    Ok(listing)
}

/// One file being read.
#[derive(Default)]
struct Lock {
    /// Keys, which are paths of names from the project -> ids.
    ids: BTreeMap<String, String>,
    /// (key, id, name it needs, whether it can do without).
    wanted: Vec<(String, String, String, bool)>,
    reach: Reach,
}

impl Lock {
    /// `["name@version", "registry", {dependencies}, "integrity"]`; what is no registry's has no second element.
    fn package(
        &mut self,
        key: &str,
        value: &RawValue,
        line: Option<u32>,
        workspaces: &Members<'_>,
        listing: &mut Listing,
    ) -> Result<(), String> {
        if key.len() > KEY_BYTES_MAX {
            return Err(format!("a key of {} bytes", key.len()));
        }
        let parts: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|error| words(&error))?;
        let texts: Vec<String> = parts.iter().filter_map(|part| serde_json::from_str(part.get()).ok()).collect();
        let resolution = texts.first().ok_or("names no package")?;
        let (name, reference) = split(resolution).ok_or("names no package")?;
        let origin = Origin::of(reference, name);
        let path = reference.strip_prefix("workspace:");
        let own = path.and_then(|path| workspaces.object(path).ok().flatten()).and_then(|own| own.text("version"));
        let version = if matches!(origin, Origin::Registry(_)) { Some(reference) } else { own.as_deref() };
        // The second element is the archive's address, or empty for the default registry.
        let address = texts.get(1).filter(|text| text.starts_with("http"));
        let origin = match (origin, address) {
            (Origin::Registry(None), Some(address)) => Origin::Registry(Some(address.clone())),
            (origin, _) => origin,
        };
        let installed = installed(key);
        let alias = (!matches!(origin, Origin::Local(_))).then_some(installed);
        let integrity = texts.last().map(String::as_str).filter(|text| text.starts_with("sha"));
        let id = listing.add(Locked { name, alias, version, origin, integrity, line }.package()?);
        if let Some(information) = parts.iter().find(|part| part.get().starts_with('{')) {
            let information = Members::of(Some(information));
            for (list, scope) in LISTS {
                for name in Members::of(information.get(list)).names() {
                    let can_do_without = scope == "optional" || list == "peerDependencies";
                    self.wanted.push((key.to_owned(), id.clone(), name.to_owned(), can_do_without));
                }
            }
        }
        self.ids.insert(key.to_owned(), id);
        Ok(())
    }

    /// A workspace's own requirements; the project itself has the path "".
    fn project(&mut self, path: &str, workspace: &RawValue, line: Option<u32>, listing: &mut Listing) {
        let workspace = Members::of(Some(workspace));
        let name = workspace.text("name").unwrap_or_default();
        let version = workspace.text("version");
        let origin = Origin::Local(if path.is_empty() { ".".to_owned() } else { format!("workspace:{path}") });
        let locked = Locked { name: &name, alias: None, version: version.as_deref(), origin, integrity: None, line };
        let own = match locked.package() {
            // A project without a name is no component; what it asks for counts all the same.
            Err(_) if name.is_empty() => None,
            Err(reason) => {
                listing.drop_entry(&format!("line {}: {reason}", line.unwrap_or(0)));
                None
            }
            Ok(package) => Some(listing.add(package)),
        };
        if let Some(id) = own.as_ref().filter(|_| path.is_empty()) {
            listing.set_root(id);
        }
        let place = if own.is_some() { name.as_str() } else { "" };
        for (list, scope) in LISTS {
            for wanted in Members::of(workspace.get(list)).names() {
                let Some(target) = self.found(place, wanted).cloned() else {
                    if list == "dependencies" || list == "devDependencies" {
                        listing.drop_entry(&format!("`{wanted}` is asked for, and not listed"));
                    }
                    continue;
                };
                self.reach.root(&target, scope);
                if let Some(id) = &own {
                    listing.depends_on(id, &target);
                }
            }
        }
    }

    fn relate(mut self, listing: &mut Listing) {
        for (key, id, name, can_do_without) in std::mem::take(&mut self.wanted) {
            match self.found(&key, &name).cloned() {
                Some(target) => {
                    listing.depends_on(&id, &target);
                    self.reach.edge(&id, &target, can_do_without);
                }
                None if can_do_without => {}
                None => listing.drop_entry(&format!("`{id}` needs `{name}`, which the file does not list")),
            }
        }
        self.reach.apply(listing);
    }

    /// Node's search over keys: the nearest one that ends in the name.
    fn found(&self, key: &str, name: &str) -> Option<&String> {
        let mut base = key;
        loop {
            // A scope alone (`@scope`) is no place.
            let is_scope = base.rsplit('/').next().is_some_and(|part| part.starts_with('@'));
            let place = if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") };
            if let Some(id) = self.ids.get(&place).filter(|_| !is_scope) {
                return Some(id);
            }
            if base.is_empty() {
                return None;
            }
            base = base.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }
}

/// The last name of a key.
fn installed(key: &str) -> &str {
    let Some((parents, last)) = key.rsplit_once('/') else { return key };
    let scope = parents.rsplit('/').next().unwrap_or_default();
    if scope.starts_with('@') { &key[key.len() - last.len() - 1 - scope.len()..] } else { last }
}

#[cfg(test)]
mod tests;

//! Scopes of packages, where a file gives them only for what the project asks for itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::listing::Listing;

/// Who needs whom, by ids, and what the project asks for.
#[derive(Default)]
pub(super) struct Reach {
    /// Id -> what it needs; true where it can do without.
    edges: BTreeMap<String, Vec<(String, bool)>>,
    roots: Vec<(String, &'static str)>,
}

impl Reach {
    /// The project asks for this package itself.
    pub(super) fn root(&mut self, id: &str, scope: &'static str) {
        self.roots.push((id.to_owned(), scope));
    }

    /// One package needs another.
    pub(super) fn edge(&mut self, source: &str, target: &str, is_optional: bool) {
        self.edges.entry(source.to_owned()).or_default().push((target.to_owned(), is_optional));
    }

    /// Gives every package the widest scope in which it is reached. What is not reached keeps its own.
    pub(super) fn apply(&self, listing: &mut Listing) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut later: Vec<&str> = Vec::new();
        for scope in ["runtime", "optional", "development"] {
            let roots = self.roots.iter().filter(|(_, of)| *of == scope).map(|(id, _)| id.as_str());
            let mut open: Vec<&str> = roots.chain(std::mem::take(&mut later)).collect();
            while let Some(id) = open.pop() {
                if !seen.insert(id) {
                    continue;
                }
                listing.set_scope(id, scope);
                for (target, is_optional) in self.edges.get(id).into_iter().flatten() {
                    if *is_optional && scope == "runtime" { later.push(target) } else { open.push(target) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Package;

    #[test]
    fn the_widest_scope_wins_and_cycles_end() {
        let mut listing = Listing::default();
        for name in ["a", "b", "c", "d", "alone"] {
            listing.add(Package::new(name, None, Some(name.to_owned())));
        }
        let mut reach = Reach::default();
        reach.root("d", "development");
        reach.root("a", "runtime");
        for (source, target, is_optional) in [("a", "b", true), ("b", "c", false), ("c", "a", false), ("d", "c", false)]
        {
            reach.edge(source, target, is_optional);
        }
        reach.apply(&mut listing);
        let scopes: Vec<_> = listing.into_inventory().components.into_iter().map(|component| component.scope).collect();
        assert_eq!(scopes, ["runtime", "optional", "optional", "development", "runtime"]);
    }
}

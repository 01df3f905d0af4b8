//! Who needs whom, and the shortest way there.

use std::collections::{HashMap, HashSet, VecDeque};

/// The kind of the relations that say so.
pub const DEPENDS_ON: &str = "depends-on";

/// The dependencies of components, by their ids.
#[derive(Debug)]
pub struct Dependencies<'a> {
    needs: HashMap<&'a str, Vec<&'a str>>,
    needed_by: HashMap<&'a str, Vec<&'a str>>,
    before: HashMap<&'a str, &'a str>,
}

impl<'a> Dependencies<'a> {
    /// Walks the pairs `(who needs, what is needed)` once, breadth first from all components that nothing needs. Circles that none
    /// of those leads to have no way.
    #[must_use]
    pub fn new(ids: impl Iterator<Item = &'a str>, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut needs: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut needed_by: HashMap<&str, Vec<&str>> = HashMap::new();
        for (source, target) in pairs {
            needs.entry(source).or_default().push(target);
            needed_by.entry(target).or_default().push(source);
        }
        for sources in needed_by.values_mut() {
            sources.sort_unstable();
            sources.dedup();
        }
        let mut queue: VecDeque<&str> = ids.filter(|id| !needed_by.contains_key(id)).collect();
        let mut seen: HashSet<&str> = queue.iter().copied().collect();
        let mut before = HashMap::new();
        while let Some(id) = queue.pop_front() {
            for &target in needs.get(id).into_iter().flatten() {
                if seen.insert(target) {
                    before.insert(target, id);
                    queue.push_back(target);
                }
            }
        }
        Self { needs, needed_by, before }
    }

    /// What a component needs directly, as the report has it.
    #[must_use]
    pub fn needs(&self, id: &str) -> &[&'a str] {
        self.needs.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// What needs a component directly, sorted.
    #[must_use]
    pub fn needed_by(&self, id: &str) -> &[&'a str] {
        self.needed_by.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The component before this one on its shortest way; None for one that nothing leads to.
    #[must_use]
    pub fn before(&self, id: &str) -> Option<&'a str> {
        self.before.get(id).copied()
    }

    /// Its shortest way, from a component that nothing needs to this one, both included: the last `steps_max` components of it.
    #[must_use]
    pub fn way_to(&self, id: &'a str, steps_max: usize) -> Vec<&'a str> {
        let mut way = vec![id];
        let mut at = id;
        while let Some(previous) = self.before(at).filter(|_| way.len() < steps_max) {
            way.push(previous);
            at = previous;
        }
        way.reverse();
        way
    }

    /// Whether the report says at all what needs what.
    #[must_use]
    pub fn are_known(&self) -> bool {
        !self.needed_by.is_empty()
    }
}

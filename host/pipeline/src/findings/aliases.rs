//! Which ids mean the same problem, as the pinned databases assert it. What a plugin says about aliases is not asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::databases::Databases;

/// Groups of ids, remembered.
pub(super) struct Aliases<'a> {
    databases: Option<&'a Databases>,
    known: BTreeMap<String, Vec<String>>,
}

impl<'a> Aliases<'a> {
    pub(super) fn new(databases: Option<&'a Databases>) -> Self {
        Self { databases, known: BTreeMap::new() }
    }

    /// Every id of the group of `id`, sorted; the id alone where no database knows it.
    pub(super) fn group(&mut self, id: &str) -> Result<Vec<String>, String> {
        if let Some(group) = self.known.get(id) {
            return Ok(group.clone());
        }
        let mut group = BTreeSet::from([id.to_owned()]);
        let mut open = vec![id.to_owned()];
        // Several databases may each know a part of the group.
        while let Some(member) = open.pop() {
            for database in self.databases.iter().flat_map(|databases| databases.open.iter()) {
                let members = database.alias_group(&member).map_err(|error| error.to_string())?;
                open.extend(members.into_iter().filter(|other| group.insert(other.clone())));
            }
        }
        let group: Vec<_> = group.into_iter().collect();
        for member in &group {
            self.known.insert(member.clone(), group.clone());
        }
        Ok(group)
    }
}

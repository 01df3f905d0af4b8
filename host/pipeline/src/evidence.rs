//! What the steps established: checked, attributed, given ids by the host.

mod check;
pub(crate) mod ownership;

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::advisory::DatabaseId;
use chiron_model::component::{Component, Origin, Relation};
use chiron_model::coverage::{Coverage, FileOutcome, Inventory};
use chiron_model::finding::Claim;
use chiron_model::report::Note;
use chiron_model::step::StepOutcome;

pub(crate) use check::{check_claim, check_inventory, check_verdict};

/// Everything established so far.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// Components, with ids unique in the run.
    pub components: Vec<Component>,
    /// Relations between them.
    pub relations: Vec<Relation>,
    /// The account of files.
    pub files: Vec<FileOutcome>,
    /// What scanners said.
    pub claims: Vec<Claim>,
    /// How steps ended, in the order they ran.
    pub steps: Vec<StepOutcome>,
    /// Which databases answered.
    pub databases: Vec<DatabaseId>,
    /// Remarks.
    pub notes: Vec<Note>,
    ids: BTreeSet<String>,
}

/// The one file that an inventory is about.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// Step and subject.
    pub(crate) origin: Origin,
    /// Path of the file relative to the subject; the file's name where the subject is a file.
    pub(crate) path: String,
    /// Whether it is all files of the subject, of which a plugin reads what it wants: then no account of `.` is due.
    tree: bool,
}

impl Evidence {
    /// Adds what a generator found in one unit. Ids become unique in the run, paths relative to the subject.
    pub(crate) fn extend_inventory(&mut self, unit: &Unit, inventory: Inventory) {
        let mut ids = BTreeMap::new();
        for mut component in inventory.components {
            let id = self.fresh_id(&component);
            ids.insert(std::mem::replace(&mut component.id, id.clone()), id);
            component.origin = unit.origin.clone();
            for location in &mut component.locations {
                location.path = unit.join(&location.path);
            }
            self.components.push(component);
        }
        let mut dangling = 0_u64;
        for relation in inventory.relations {
            match (ids.get(&relation.source), ids.get(&relation.target)) {
                (Some(source), Some(target)) => {
                    let (source, target) = (source.clone(), target.clone());
                    self.relations.push(Relation { source, target, kind: relation.kind });
                }
                _ => dangling += 1,
            }
        }
        self.extend_files(unit, inventory.files, dangling);
    }

    fn extend_files(&mut self, unit: &Unit, files: Vec<FileOutcome>, dangling: u64) {
        let names_itself = files.iter().any(|file| file.path == ".");
        for mut file in files {
            if file.path == "." && dangling > 0 && file.coverage == Coverage::Read {
                file.coverage = Coverage::Partly;
                file.entries_dropped += dangling;
                file.reason = Some(format!("{dangling} relations name components that are not there"));
            }
            file.path = unit.join(&file.path);
            file.origin = unit.origin.clone();
            self.files.push(file);
        }
        if !names_itself && !unit.tree {
            self.files.push(unit.outcome(Coverage::Failed, Some("the plugin gave no account of it".to_owned())));
        }
    }

    /// The purl, or name and version, numbered where several components share it.
    fn fresh_id(&mut self, component: &Component) -> String {
        let base = match (&component.purl, &component.version) {
            (Some(purl), _) => purl.as_str().to_owned(),
            (None, Some(version)) => format!("{}@{version}", component.name),
            (None, None) => component.name.clone(),
        };
        let mut id = base.clone();
        let mut number = 1_u32;
        while !self.ids.insert(id.clone()) {
            number += 1;
            id = format!("{base}#{number}");
        }
        id
    }
}

impl Unit {
    /// A file, or the subject itself.
    pub(crate) fn new(origin: Origin, path: String) -> Self {
        Self { origin, path, tree: false }
    }

    /// All files of a subject.
    pub(crate) fn tree(origin: Origin) -> Self {
        Self { origin, path: ".".to_owned(), tree: true }
    }

    /// A path inside the unit as a path inside the subject.
    pub(crate) fn join(&self, inner: &str) -> String {
        match (self.path.as_str(), inner) {
            (_, ".") => self.path.clone(),
            (".", inner) => inner.to_owned(),
            (path, inner) => format!("{path}/{inner}"),
        }
    }

    /// The host's own account of the unit.
    pub(crate) fn outcome(&self, coverage: Coverage, reason: Option<String>) -> FileOutcome {
        FileOutcome {
            path: self.path.clone(),
            coverage,
            entries_read: 0,
            entries_dropped: 0,
            reason,
            origin: self.origin.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(id: &str, name: &str) -> Component {
        Component {
            id: id.to_owned(),
            kind: "library".to_owned(),
            name: name.to_owned(),
            version: Some("1".to_owned()),
            purl: None,
            scope: "runtime".to_owned(),
            licenses: Vec::new(),
            digests: Vec::new(),
            locations: vec![chiron_model::location::Location::file(".")],
            origin: Origin::default(),
            properties: Vec::new(),
        }
    }

    #[test]
    fn ids_are_the_hosts_and_relations_follow_them() {
        let mut evidence = Evidence::default();
        let unit = Unit::new(Origin { step: "sbom".into(), subject: "dist".into() }, "a.json".into());
        let relation = |target: &str| Relation { source: "x".into(), kind: "depends-on".into(), target: target.into() };
        let inventory = || Inventory {
            components: vec![component("x", "a"), component("y", "a")],
            relations: vec![relation("y"), relation("gone")],
            files: vec![Unit { path: ".".into(), ..unit.clone() }.outcome(Coverage::Read, None)],
        };
        evidence.extend_inventory(&unit, inventory());
        evidence.extend_inventory(&unit, inventory());
        let ids: Vec<_> = evidence.components.iter().map(|component| component.id.as_str()).collect();
        assert_eq!(ids, ["a@1", "a@1#2", "a@1#3", "a@1#4"]);
        assert_eq!(evidence.relations.len(), 2);
        assert_eq!(evidence.relations[1].target, "a@1#4");
        assert_eq!((evidence.files[0].path.as_str(), evidence.files[0].coverage), ("a.json", Coverage::Partly));
    }
}

//! What the steps established: checked, attributed, given ids by the host.

mod check;
mod merge;
pub(crate) mod ownership;
pub(crate) mod union;

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
    /// Files about which a call failed: step, subject and path.
    given_up: BTreeSet<(Origin, String)>,
    merged: merge::Places,
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
        let before = self.components.len();
        for mut component in inventory.components {
            component.origin = unit.origin.clone();
            for location in &mut component.locations {
                location.path = unit.join(&location.path);
            }
            if let Some(known) = self.merged.find(&self.components, &component) {
                let known = &mut self.components[known];
                ids.insert(std::mem::take(&mut component.id), known.id.clone());
                merge::merge(known, component);
                continue;
            }
            let id = self.fresh_id(&component);
            ids.insert(std::mem::replace(&mut component.id, id.clone()), id);
            self.components.push(component);
        }
        // Only now: what one file lists twice, its generator has told apart.
        self.merged.remember(&self.components, before);
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

    /// The account of a file about which a call failed.
    pub(crate) fn give_up(&mut self, unit: &Unit, reason: &str) {
        self.given_up.insert((unit.origin.clone(), unit.path.clone()));
        self.files.push(unit.outcome(Coverage::Failed, Some(reason.to_owned())));
    }

    /// Takes out the accounts of failed calls about files that a step read which stood in for the failed one: itself, or as part of
    /// the whole subject. How the step failed stands with the step. What it said of a file in an answer stays.
    ///
    /// A failed call about a whole subject goes where the one that stood in read files of it one by one. Returns the subjects
    /// that nobody has looked at as a whole then: of those, each file that nobody reads has to be accounted for.
    pub(crate) fn forget_what_stand_ins_read(&mut self) -> Vec<String> {
        let stand_ins: BTreeMap<_, _> =
            self.steps.iter().filter_map(|o| Some((o.id.as_str(), o.replaced_by.as_deref()?))).collect();
        let read = |file: &&FileOutcome| matches!(file.coverage, Coverage::Read | Coverage::Partly);
        let read: BTreeSet<_> =
            self.files.iter().filter(read).map(|file| (file.origin.clone(), file.path.clone())).collect();
        let origins: BTreeSet<_> = read.iter().map(|(origin, _)| origin.clone()).collect();
        let given_up = &self.given_up;
        let mut wholes = Vec::new();
        self.files.retain(|file| {
            let Some(stand_in) = stand_ins.get(file.origin.step.as_str()) else { return true };
            if file.coverage != Coverage::Failed || !given_up.contains(&(file.origin.clone(), file.path.clone())) {
                return true;
            }
            let origin = Origin { step: (*stand_in).to_owned(), subject: file.origin.subject.clone() };
            let by = |path: &str| read.contains(&(origin.clone(), path.to_owned()));
            let whole = file.path == "." && origins.contains(&origin);
            if whole {
                wholes.push(file.origin.subject.clone());
            }
            !by(&file.path) && !by(".") && !whole
        });
        wholes.retain(|subject| !read.iter().any(|(origin, path)| origin.subject == *subject && path == "."));
        wholes
    }

    /// Keeps each relation once: two files can say the same of merged components.
    pub(crate) fn dedup_relations(&mut self) {
        let mut seen = BTreeSet::new();
        let key = |relation: &Relation| (relation.source.clone(), relation.kind.clone(), relation.target.clone());
        self.relations.retain(|relation| seen.insert(key(relation)));
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

    #[test]
    fn a_package_that_two_files_list_is_one_component_with_two_places() {
        let mut evidence = Evidence::default();
        let unit = |path: &str| Unit::new(Origin { step: "sbom".into(), subject: ".".into() }, path.into());
        let listed = |id: &str, digest: Option<&str>, scope: &str| Component {
            purl: Some(chiron_model::purl::Purl::parse("pkg:npm/a@1").unwrap()),
            digests: digest.map(|hex| chiron_model::digest::Digest::new("sha1", hex).unwrap()).into_iter().collect(),
            scope: scope.to_owned(),
            ..component(id, "a")
        };
        let relation = || Relation { source: "x".into(), kind: "depends-on".into(), target: "y".into() };
        let inventory = |digest, scope| Inventory {
            components: vec![listed("x", digest, scope), component("y", "b")],
            relations: vec![relation()],
            files: vec![Unit { path: ".".into(), ..unit("") }.outcome(Coverage::Read, None)],
        };
        evidence.extend_inventory(&unit("package-lock.json"), inventory(Some("aa"), "development"));
        evidence.extend_inventory(&unit("node_modules/a/package.json"), inventory(None, "runtime"));
        evidence.extend_inventory(&unit("other/package-lock.json"), inventory(Some("bb"), "runtime"));
        let ids: Vec<_> = evidence.components.iter().map(|component| component.id.as_str()).collect();
        assert_eq!(ids, ["pkg:npm/a@1", "b@1", "b@1#2", "pkg:npm/a@1#2", "b@1#3"]);
        let places: Vec<_> = evidence.components[0].locations.iter().map(|location| location.path.as_str()).collect();
        assert_eq!(places, ["package-lock.json", "node_modules/a/package.json"]);
        assert_eq!(evidence.components[0].scope, "runtime");
        assert_eq!(evidence.relations[1].source, "pkg:npm/a@1");
        evidence.relations.push(evidence.relations[0].clone());
        evidence.dedup_relations();
        assert_eq!(evidence.relations.len(), 3);
    }
}

//! What elements of a document have to do with each other.

use std::collections::{BTreeSet, HashSet};

use crate::bom::parts::Dependency;

/// Relations kept. A document of all files of an image has more, nearly all of them of files.
const RELATIONS_MAX: usize = 500_000;

/// The document itself.
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// Relations in the order of the document.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    list: Vec<(String, &'static str, String)>,
    described: HashSet<String>,
    lost: usize,
}

impl Relations {
    /// Notes one, by its type (SPDX 2.3, 11.1). Types that say neither what needs what nor what is in what are left out.
    pub(super) fn add(&mut self, source: &str, kind: &str, target: &str) {
        let (kind, turned) = match kind {
            "DESCRIBES" if source == DOCUMENT => return self.describe(target),
            "DESCRIBED_BY" if target == DOCUMENT => return self.describe(source),
            "DEPENDS_ON" | "HAS_PREREQUISITE" => ("depends-on", false),
            "DEPENDENCY_OF"
            | "RUNTIME_DEPENDENCY_OF"
            | "BUILD_DEPENDENCY_OF"
            | "DEV_DEPENDENCY_OF"
            | "OPTIONAL_DEPENDENCY_OF"
            | "PROVIDED_DEPENDENCY_OF"
            | "TEST_DEPENDENCY_OF"
            | "PREREQUISITE_FOR" => ("depends-on", true),
            "CONTAINS" => ("contains", false),
            "CONTAINED_BY" => ("contains", true),
            _ => return,
        };
        if self.list.len() >= RELATIONS_MAX {
            self.lost += 1;
            return;
        }
        let (source, target) = if turned { (target, source) } else { (source, target) };
        self.list.push((source.to_owned(), kind, target.to_owned()));
    }

    /// Notes what the document is about.
    pub(super) fn describe(&mut self, id: &str) {
        self.described.insert(id.to_owned());
    }

    /// Whether the document is about this.
    pub(super) fn describes(&self, id: &str) -> bool {
        self.described.contains(id)
    }

    /// Takes out what cannot be between packages, so that those of files do not fill the list.
    pub(super) fn keep(&mut self, known: &HashSet<&str>) {
        self.list.retain(|(source, _, target)| known.contains(source.as_str()) && known.contains(target.as_str()));
    }

    /// Whether the list is full of what may be relations of files.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= RELATIONS_MAX
    }

    /// One reason for each relation beyond the limit.
    pub(super) fn lost(&self) -> impl Iterator<Item = String> {
        std::iter::repeat_n(format!("more than {RELATIONS_MAX} relations"), self.lost)
    }

    /// Those between packages.
    pub(super) fn between(&mut self, known: &BTreeSet<&str>) -> Vec<Dependency> {
        let mut list = std::mem::take(&mut self.list);
        list.retain(|(source, _, target)| known.contains(source.as_str()) && known.contains(target.as_str()));
        list.sort();
        list.dedup();
        list.into_iter().map(|(source, kind, target)| Dependency { source, kind, targets: vec![target] }).collect()
    }
}

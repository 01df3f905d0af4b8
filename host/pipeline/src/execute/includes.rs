//! Files that a file includes (pip's `-r base.txt`): a generator sees one file at a time and cannot say whether the other is read
//! as well. It says what is included, in a relation from the file itself, and the account is completed here.

use std::collections::BTreeSet;

use chiron_model::coverage::{Coverage, Inventory};
use chiron_model::text::{cut, inert, one_line};

/// The relation's kind.
const KIND: &str = "includes";

/// The file itself, in its own paths.
const SELF: &str = ".";

/// Names that are quoted; the rest is counted.
const NAMES_MAX: usize = 5;

/// Takes such relations out of an inventory. What is included and not among `read` counts as dropped, by name. `place` is the
/// file's path, counted from where the paths in `read` are.
pub(super) fn settle(place: &str, read: &BTreeSet<String>, inventory: &mut Inventory) {
    let mut missing = BTreeSet::new();
    inventory.relations.retain(|relation| {
        let includes = relation.source == SELF && relation.kind == KIND;
        if includes && !resolve(place, &relation.target).is_some_and(|path| read.contains(&path)) {
            missing.insert(relation.target.clone());
        }
        !includes
    });
    let Some(outcome) = inventory.files.iter_mut().find(|file| file.path == SELF).filter(|_| !missing.is_empty())
    else {
        return;
    };
    let names: Vec<_> =
        missing.iter().take(NAMES_MAX).map(|name| format!("`{}`", cut(&one_line(&inert(name)), 100))).collect();
    let are = if missing.len() == 1 { "is included, and is" } else { "are included, and are" };
    let more = missing.len().saturating_sub(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let why = format!("{}{more} {are} not among the files that are read", names.join(", "));
    outcome.reason = Some(outcome.reason.take().map_or_else(|| why.clone(), |reason| format!("{reason}; {why}")));
    outcome.entries_dropped += missing.len() as u64;
    if outcome.coverage == Coverage::Read {
        outcome.coverage = Coverage::Partly;
    }
}

/// A path as the including file writes it, from where its own path begins; none for an address, or what leads out.
fn resolve(place: &str, target: &str) -> Option<String> {
    if target.starts_with('/') || target.contains("://") {
        return None;
    }
    let (folder, _) = place.rsplit_once('/').unwrap_or(("", place));
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != SELF).collect();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != SELF) {
        match part {
            ".." => drop(path.pop()?),
            part => path.push(part),
        }
    }
    Some(path.join("/"))
}

#[cfg(test)]
mod tests {
    use chiron_model::component::{Origin, Relation};
    use chiron_model::coverage::FileOutcome;

    use super::*;

    fn settled(place: &str, targets: &[&str], read: &[&str]) -> FileOutcome {
        let relation = |target: &&str| Relation { source: ".".into(), kind: KIND.into(), target: (*target).into() };
        let outcome = FileOutcome {
            path: ".".into(),
            coverage: Coverage::Read,
            entries_read: 1,
            entries_dropped: 0,
            reason: None,
            origin: Origin::default(),
        };
        let mut inventory =
            Inventory { components: vec![], relations: targets.iter().map(relation).collect(), files: vec![outcome] };
        settle(place, &read.iter().map(|path| (*path).to_owned()).collect(), &mut inventory);
        assert!(inventory.relations.is_empty());
        inventory.files.remove(0)
    }

    #[test]
    fn what_is_read_by_itself_is_not_dropped() {
        let read = ["app/base.txt", "requirements.txt", "base.txt"];
        for (place, target) in [
            ("app/dev.txt", "base.txt"),
            ("app/dev.txt", "./base.txt"),
            ("app/dev.txt", "../requirements.txt"),
            ("dev.txt", "base.txt"),
        ] {
            let outcome = settled(place, &[target], &read);
            assert_eq!((outcome.coverage, outcome.reason), (Coverage::Read, None), "{place} {target}");
        }
    }

    #[test]
    fn what_is_not_read_counts_as_dropped_by_name() {
        for target in ["other.txt", "../../base.txt", "/base.txt", "https://h.example/base.txt", ""] {
            let outcome = settled("dev.txt", &[target], &["base.txt"]);
            assert_eq!((outcome.coverage, outcome.entries_dropped), (Coverage::Partly, 1), "{target}");
        }
        let reason = settled("dev.txt", &["x.txt", "y.txt"], &[]).reason.unwrap();
        assert_eq!(reason, "`x.txt`, `y.txt` are included, and are not among the files that are read");
    }
}

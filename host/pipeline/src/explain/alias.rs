//! Other ids, and who says that they mean the same.

use chiron_advisories::{Database, LookupError, walk};
use chiron_formats::json::Finding;
use schemars::JsonSchema;
use serde::Serialize;

use super::facts::Facts;

/// Another id of the same problem.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Alias {
    /// The id.
    pub id: String,
    /// Whose word it is.
    #[serde(flatten)]
    pub by: AssertedBy,
}

/// Whose word an alias is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum AssertedBy {
    /// A record of a given database says so, on one side or the other.
    Record {
        /// The database.
        database: String,
        /// The record.
        record: String,
    },
    /// The databases of the run say so; which record is not told, because those databases are not given.
    Run,
    /// A scanner says so. It merges nothing, and carries nobody's word over.
    Claimed {
        /// The scanner's step.
        scanner: String,
    },
}

/// Of a finding: what databases assert, and what its scanners claim.
pub(super) fn of_finding(finding: &Finding, facts: &Facts<'_>) -> Result<Vec<Alias>, LookupError> {
    let mut aliases = of_group(&finding.id, &finding.advisories, facts.databases)?;
    for matched in &finding.matched {
        aliases.extend(
            matched
                .claimed_aliases
                .iter()
                .map(|id| Alias { id: id.clone(), by: AssertedBy::Claimed { scanner: matched.step.clone() } }),
        );
    }
    aliases.dedup();
    Ok(aliases)
}

/// The other ids of a group. The record that asserts one is the id's own, or another one of the group that names it.
pub(super) fn of_group(id: &str, group: &[String], databases: &[Database]) -> Result<Vec<Alias>, LookupError> {
    let mut asserted = Vec::new();
    for database in databases {
        for record in group {
            if let Some(walk) = walk(database, record, None)? {
                asserted.push((database.id().name.clone(), walk));
            }
        }
    }
    let by = |other: &String| {
        let names = asserted.iter().find(|(_, walk)| walk.id != *other && walk.aliases.contains(other));
        // The other one may be the record that names this one.
        let named = || asserted.iter().find(|(_, walk)| walk.id == *other && !walk.aliases.is_empty());
        match names.or_else(named) {
            Some((database, walk)) => AssertedBy::Record { database: database.clone(), record: walk.id.clone() },
            None => AssertedBy::Run,
        }
    };
    let others = group.iter().filter(|other| *other != id);
    Ok(others.map(|other| Alias { id: other.clone(), by: by(other) }).collect())
}

//! Records of databases held against a package, range by range.

use chiron_advisories::{Database, LookupError, Position, Walk, WalkedEntry, WalkedRange, walk};
use chiron_model::advisory::{Evaluation, Which};
use chiron_model::purl::Purl;
use schemars::JsonSchema;
use serde::Serialize;

use super::Answer;

/// Most entries of a record that are told one by one.
const ENTRIES_MAX: usize = 20;

/// A record of a database, and what it says of the package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Record {
    /// The database, by its name.
    pub database: String,
    /// Of the record.
    pub id: String,
    /// RFC 3339.
    pub modified: String,
    /// Since when its publisher takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// One line.
    pub summary: String,
    /// What it comes down to.
    pub answer: Answer,
    /// In a sentence.
    pub says: String,
    /// Its entries about the package; all of them where none was named.
    pub entries: Vec<Entry>,
    /// Packages that it is about, as it writes them, where that is not the one asked about.
    pub packages: Vec<String>,
    /// Ids that it names without saying that they are one.
    pub related: Vec<String>,
    /// Versions that end the problem for this package, the closest first.
    pub fixed_versions: Vec<String>,
    /// Where none is known: the last version known to be affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
}

/// One entry of a record: a package with its ranges and versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// As the record writes it: `PyPI`, `Debian:12`.
    pub ecosystem: String,
    /// As the record writes it.
    pub name: String,
    /// The version that was held against it: a distribution's advisories are about source packages, whose version may be another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Which order versions are compared by; absent where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Whether it is about another release of the distribution than the package is from.
    pub other_release: bool,
    /// Its ranges.
    pub ranges: Vec<Range>,
    /// How many versions it lists.
    pub listed: u64,
    /// Whether it lists the version.
    pub lists_it: bool,
}

/// One range in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Range {
    /// What it contains.
    pub affected: String,
    /// Whether the version is in it; absent where that cannot be told, or no version was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<bool>,
    /// Where the version stands, in a sentence; empty where none was asked about.
    pub position: String,
}

/// The records of a group that databases hold, each held against the package.
pub(super) fn all(group: &[String], purl: Option<&Purl>, databases: &[Database]) -> Result<Vec<Record>, LookupError> {
    let mut records = Vec::new();
    for database in databases {
        for id in group {
            if let Some(walk) = walk(database, id, purl)? {
                records.push(one(database, walk, purl)?);
            }
        }
    }
    Ok(records)
}

fn one(database: &Database, walk: Walk, purl: Option<&Purl>) -> Result<Record, LookupError> {
    let said = match purl {
        Some(purl) => said(database, &walk, purl)?,
        None => Said::new(Answer::NoPackage, format!("it is about {}", named(&packages(&walk)))),
    };
    let packages = if walk.entries.is_empty() { packages(&walk) } else { Vec::new() };
    let Walk { id, modified, withdrawn, summary, related, entries, .. } = walk;
    Ok(Record {
        database: database.id().name.clone(),
        id,
        modified,
        withdrawn,
        summary,
        answer: said.answer,
        says: said.says,
        entries: entries.into_iter().take(ENTRIES_MAX).map(Entry::from).collect(),
        packages,
        related,
        fixed_versions: said.fixed_versions,
        last_affected: said.last_affected,
    })
}

/// What a record says.
struct Said {
    answer: Answer,
    says: String,
    fixed_versions: Vec<String>,
    last_affected: Option<String>,
}

impl Said {
    fn new(answer: Answer, says: String) -> Self {
        Self { answer, says, fixed_versions: Vec::new(), last_affected: None }
    }
}

/// The database decides, as it does in a run.
fn said(database: &Database, walk: &Walk, purl: &Purl) -> Result<Said, LookupError> {
    let all = Which { affected: true, unknown: true, unaffected: true, withdrawn: true };
    let found = match database.lookup(purl, all) {
        Ok(candidates) => candidates.into_iter().find(|candidate| candidate.id == walk.id),
        Err(error @ LookupError::Damaged { .. }) => return Err(error),
        Err(error) => return Ok(Said::new(Answer::CannotTell, format!("{error}: its silence means nothing"))),
    };
    let version = purl.version().unwrap_or("a component without a version");
    let Some(candidate) = found else {
        let says = format!("it is about {}, and not about {}", named(&packages(walk)), purl.as_str());
        return Ok(Said::new(Answer::OtherPackage, says));
    };
    let mut said = match candidate.evaluation {
        Evaluation::Affected(matched) => Said {
            answer: Answer::Affected,
            says: format!("it applies to {version}, by {}", by(&matched.matched_by)),
            fixed_versions: matched.fixed,
            last_affected: matched.last_affected,
        },
        Evaluation::Unknown(reason) => {
            Said::new(Answer::CannotTell, format!("it cannot be told whether it applies to {version}: {reason}"))
        }
        Evaluation::Unaffected { note } => {
            let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
            Said::new(Answer::Unaffected, format!("it does not apply to {version}{note}"))
        }
    };
    if let Some(since) = &walk.withdrawn {
        said.says =
            format!("its publisher withdrew it on {}, so that it counts no more; else {}", day(since), said.says);
        said.answer = Answer::Unaffected;
    }
    Ok(said)
}

/// `range affected[0].ranges[1]` in words.
fn by(matched_by: &str) -> String {
    match matched_by.split_once(' ') {
        Some(("range", place)) => format!("a range ({place} in the record)"),
        Some(("versions", place)) => format!("its list of versions ({place} in the record)"),
        _ => matched_by.to_owned(),
    }
}

fn packages(walk: &Walk) -> Vec<String> {
    walk.packages.iter().map(|(ecosystem, name)| format!("{name} of {ecosystem}")).collect()
}

/// A few of them, and how many more.
pub(super) fn named(packages: &[String]) -> String {
    const NAMED_MAX: usize = 5;
    match packages {
        [] => "no package".to_owned(),
        few if few.len() <= NAMED_MAX => few.join(", "),
        many => format!("{} and {} more packages", many[..NAMED_MAX].join(", "), many.len() - NAMED_MAX),
    }
}

/// The day of a time.
pub(super) fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

impl From<WalkedEntry> for Entry {
    fn from(entry: WalkedEntry) -> Self {
        Self {
            ecosystem: entry.ecosystem,
            name: entry.name,
            version: entry.version,
            order: entry.order.map(str::to_owned),
            other_release: entry.other_release,
            ranges: entry.ranges.into_iter().map(Range::from).collect(),
            listed: entry.listed as u64,
            lists_it: entry.lists_it,
        }
    }
}

impl From<WalkedRange> for Range {
    fn from(range: WalkedRange) -> Self {
        let (contains, position) = match range.position {
            Position::Inside(words) => (Some(true), words),
            Position::Outside(words) => (Some(false), words),
            Position::CannotTell(reason) => (None, format!("cannot tell: {reason}")),
            Position::NotAsked => (None, String::new()),
        };
        Self { affected: range.words, contains, position }
    }
}

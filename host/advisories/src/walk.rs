//! A record laid open for a person: what each entry says in words, and where a version stands in it.
//!
//! It decides nothing: [`Database::lookup`] does. The walk says by which events, in the order that the ecosystem gives them.

mod range;

use chiron_model::ecosystem::{Ecosystem, Release};
use chiron_model::purl::Purl;

pub use self::range::{Position, WalkedRange};
use crate::database::{Database, LookupError};
use crate::osv::{Affected, Record, range_row};
use crate::package::Package;
use crate::version::{Version, list_key, order_of};

/// A record, as far as it can be told in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Of the record.
    pub id: String,
    /// RFC 3339.
    pub modified: String,
    /// Since when it is taken back, as the record says it.
    pub withdrawn: Option<String>,
    /// One line.
    pub summary: String,
    /// Other ids that the record itself asserts.
    pub aliases: Vec<String>,
    /// Ids that it names without saying that they are one (`related`, `upstream`).
    pub related: Vec<String>,
    /// (ecosystem, name) of every package that it is about, as it writes them, each once.
    pub packages: Vec<(String, String)>,
    /// Its `affected` entries about the package that was asked for; all of them where none was.
    pub entries: Vec<WalkedEntry>,
}

/// One `affected` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkedEntry {
    /// Its place in the record's `affected`.
    pub place: usize,
    /// As the record writes it, with the release: `Debian:12`.
    pub ecosystem: String,
    /// As the record writes it.
    pub name: String,
    /// The version that was held against it: a distribution's advisories are about source packages, whose version may be another.
    pub version: Option<String>,
    /// Which order versions are compared by; None where none is known.
    pub order: Option<&'static str>,
    /// Whether it is about another release than the package is from.
    pub other_release: bool,
    /// Its ranges.
    pub ranges: Vec<WalkedRange>,
    /// How many versions it lists.
    pub listed: usize,
    /// Whether it lists the version.
    pub lists_it: bool,
}

/// The record `id` as the database has it, held against a package; None where there is none of that id.
///
/// # Errors
/// [`LookupError::Damaged`].
pub fn walk(database: &Database, id: &str, purl: Option<&Purl>) -> Result<Option<Walk>, LookupError> {
    let Some(raw) = database.raw(id)? else { return Ok(None) };
    let record = Record::parse(&raw).map_err(|_| LookupError::Damaged { what: format!("the record {id}") })?;
    let related = names(&raw, "related").into_iter().chain(names(&raw, "upstream")).collect();
    let packages = record.affected.iter().filter_map(|affected| affected.package.as_ref());
    let mut packages: Vec<_> = packages.map(|package| (package.ecosystem.clone(), package.name.clone())).collect();
    packages.sort();
    packages.dedup();
    let asked = purl.map(Wanted::of);
    let entries = record.affected.iter().enumerate();
    Ok(Some(Walk {
        entries: entries.filter_map(|(place, affected)| entry(place, affected, asked.as_ref())).collect(),
        withdrawn: Some(record.withdrawn).filter(|since| !since.is_empty()),
        id: record.id,
        modified: record.modified,
        summary: record.summary,
        aliases: record.aliases,
        related,
        packages,
    }))
}

/// Whether a record names a package under one of the names that a purl is looked up by.
#[must_use]
pub fn is_about(purl: &Purl, ecosystem: &str, name: &str) -> bool {
    Wanted::of(purl).meets(ecosystem, name).is_some()
}

fn names(raw: &[u8], key: &str) -> Vec<String> {
    let record: Option<serde_json::Value> = serde_json::from_slice(raw).ok();
    let listed = record.as_ref().and_then(|record| record.get(key)).and_then(serde_json::Value::as_array);
    listed.into_iter().flatten().filter_map(serde_json::Value::as_str).map(str::to_owned).collect()
}

/// What a purl is looked up by: names, each with a version.
struct Wanted {
    ecosystem: Option<Ecosystem>,
    release: Option<String>,
    names: Vec<(String, Option<String>)>,
}

impl Wanted {
    fn of(purl: &Purl) -> Self {
        let ecosystem = Ecosystem::of(purl);
        match (Package::of(purl), ecosystem) {
            (Some(package), _) => Self { ecosystem, release: package.installed.release, names: package.names },
            (None, Some(known)) => {
                let name = known.canonical_name(&purl.full_name());
                Self { ecosystem, release: None, names: vec![(name, purl.version().map(str::to_owned))] }
            }
            (None, None) => Self { ecosystem: None, release: None, names: Vec::new() },
        }
    }

    /// The version to hold against an entry about this package, where it is the one.
    fn meets(&self, ecosystem: &str, name: &str) -> Option<Option<&str>> {
        let own = self.ecosystem.filter(|own| Ecosystem::from_osv_name(ecosystem) == Some(*own))?;
        let name = own.canonical_name(name);
        self.names.iter().find(|(known, _)| *known == name).map(|(_, version)| version.as_deref())
    }

    fn is_of_other_release(&self, ecosystem: Ecosystem, published: &str) -> bool {
        let release = Release::published(ecosystem, published).name;
        let asked = self.release.as_deref();
        crate::database::standing(ecosystem, asked, &release).is_none()
    }
}

fn entry(place: usize, affected: &Affected, asked: Option<&Wanted>) -> Option<WalkedEntry> {
    let package = affected.package.as_ref()?;
    let version = match asked {
        Some(wanted) => wanted.meets(&package.ecosystem, &package.name)?,
        None => None,
    };
    let known = Ecosystem::from_osv_name(&package.ecosystem);
    let version = version.map(str::trim).filter(|version| !version.is_empty());
    let key = known.zip(version).map(|(ecosystem, version)| list_key(ecosystem, version));
    let lists = |key: &String| {
        affected.versions.iter().any(|listed| known.is_some_and(|ecosystem| list_key(ecosystem, listed) == *key))
    };
    Some(WalkedEntry {
        place,
        ecosystem: package.ecosystem.clone(),
        name: package.name.clone(),
        version: version.map(str::to_owned),
        order: known.map(order_of),
        other_release: known.zip(asked).is_some_and(|(own, asked)| asked.is_of_other_release(own, &package.ecosystem)),
        ranges: ranges(affected, known, version),
        listed: affected.versions.len(),
        lists_it: key.as_ref().is_some_and(lists),
    })
}

fn ranges(affected: &Affected, known: Option<Ecosystem>, version: Option<&str>) -> Vec<WalkedRange> {
    let ranges = affected.ranges.iter().enumerate();
    ranges
        .map(|(place, range)| match known {
            _ if range.kind == "GIT" => WalkedRange::told(
                place,
                "commits of a repository",
                Position::CannotTell("only the repository tells which versions hold those commits".to_owned()),
            ),
            None => WalkedRange::told(
                place,
                "versions without a known order",
                Position::CannotTell("no version order is known for this ecosystem".to_owned()),
            ),
            Some(ecosystem) => {
                let row = range_row(ecosystem, place, range);
                let asked = version.map(|text| (text, Version::parse(ecosystem, text).map(|version| version.key())));
                WalkedRange::of(ecosystem, place, &row, asked)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn walked(ecosystem: &str, name: &str, ranges: Value, versions: Value, purl: Option<&str>) -> Walk {
        let folder = tempfile::tempdir().unwrap();
        let record = json!({"id": "X-1", "modified": "2024-01-01T00:00:00Z", "withdrawn": "2024-02-02T00:00:00Z",
            "aliases": ["CVE-1"], "related": ["CVE-2"], "affected": [{"package": {"ecosystem": ecosystem, "name": name},
            "ranges": ranges, "versions": versions}]});
        std::fs::write(folder.path().join("a.json"), record.to_string()).unwrap();
        let index = folder.path().join("db");
        let _ = crate::import(&[folder.path().to_owned()], &index, &|_| {}).unwrap();
        let database = Database::open(&index, "d").unwrap();
        let purl = purl.map(|purl| Purl::parse(purl).unwrap());
        walk(&database, "X-1", purl.as_ref()).unwrap().unwrap()
    }

    fn range(events: Value) -> Value {
        json!([{"type": "ECOSYSTEM", "events": events}])
    }

    #[test]
    fn a_range_is_told_in_words_and_the_version_in_it() {
        let events = json!([{"fixed": "1.4.2"}, {"introduced": "3"}, {"introduced": "1.0"}, {"last_affected": "3.5"}]);
        let events = || {
            let mut events = events.clone();
            events.as_array_mut().unwrap().pop();
            events.as_array_mut().unwrap().push(json!({"fixed": "3.6"}));
            range(events)
        };
        for (version, expected) in [
            ("1.2", Position::Inside("1.2 is inside: introduced 1.0, fixed 1.4.2".to_owned())),
            ("0.9", Position::Outside("0.9 is before 1.0, where it was introduced".to_owned())),
            (
                "1.4.2",
                Position::Outside("1.4.2 is not before the fix 1.4.2, and before 3, where it came back".to_owned()),
            ),
            ("4", Position::Outside("4 is not before the fix 3.6".to_owned())),
            ("x!", Position::CannotTell("`x!` is not a version of PyPI, so that nothing can be compared".to_owned())),
        ] {
            let purl = format!("pkg:pypi/Demo@{version}");
            let walk = walked("PyPI", "demo", events(), json!([]), Some(&purl));
            let range = &walk.entries[0].ranges[0];
            assert_eq!(range.words, ">= 1.0, < 1.4.2, or >= 3, < 3.6");
            assert_eq!(range.position, expected, "{version}");
        }
    }

    #[test]
    fn ends_and_beginnings_have_words_of_their_own() {
        let words =
            |events: Value| walked("PyPI", "demo", range(events), json!(null), None).entries[0].ranges[0].words.clone();
        assert_eq!(words(json!([{"introduced": "0"}])), "every version");
        assert_eq!(words(json!([{"introduced": "0"}, {"fixed": "2"}])), "< 2");
        assert_eq!(words(json!([{"introduced": "1"}, {"last_affected": "2"}])), ">= 1, <= 2");
        assert_eq!(words(json!([{"introduced": "1"}])), ">= 1, with no known end");
        assert_eq!(words(json!([{"introduced": "1"}, {"limit": "3"}])), ">= 1, with no known end; only below 3");
    }

    #[test]
    fn lists_releases_and_withdrawal_are_told() {
        let walk = walked("PyPI", "Demo", json!([]), json!(["1.0", "1.1"]), Some("pkg:pypi/demo@1.00"));
        assert_eq!((walk.entries[0].listed, walk.entries[0].lists_it), (2, true));
        assert_eq!(walk.withdrawn.as_deref(), Some("2024-02-02T00:00:00Z"));
        assert_eq!((walk.aliases, walk.related), (vec!["CVE-1".to_owned()], vec!["CVE-2".to_owned()]));
        let of = |purl: &str| {
            let events = json!([{"introduced": "0"}, {"fixed": "2"}]);
            walked("Debian:12", "curl", range(events), json!([]), Some(purl)).entries
        };
        assert!(!of("pkg:deb/debian/libcurl4@1?distro=debian-12&upstream=curl")[0].other_release);
        assert!(of("pkg:deb/debian/curl@1?distro=debian-11")[0].other_release);
        assert!(of("pkg:deb/debian/other@1?distro=debian-12").is_empty());
        assert!(is_about(&Purl::parse("pkg:npm/a").unwrap(), "npm", "a"));
    }
}

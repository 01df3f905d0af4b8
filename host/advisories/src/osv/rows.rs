//! From a record to the rows of the index.

use std::collections::BTreeMap;

use chiron_model::ecosystem::{Ecosystem, Release};
use chiron_model::text::{cut, one_line};
use serde_json::Value;

use super::facts::{facts, is_unimportant};
use super::ratings::ratings;
use super::{Affected, Event, Range, Record};
use crate::index::PackageName;
use crate::row::{Edge, Entry, Notice, Range as RangeRow, Reach, Row};

/// Longest summary kept, in characters. The schema recommends 120; where the first line of the details stands in, it
/// can be a whole paragraph.
const SUMMARY_CHARS_MAX: usize = 240;

/// An `affected` entry, its place in the record, and what of a release it is about.
pub(super) struct Placed<'a> {
    pub(super) place: usize,
    pub(super) channel: String,
    pub(super) affected: &'a Affected,
}

/// One row for each package of the record in an ecosystem whose versions can be ordered; for distributions, one for each
/// release.
pub(crate) fn rows(record: &Record) -> Vec<(PackageName, Row<String>)> {
    let mut packages: BTreeMap<_, Vec<Placed<'_>>> = BTreeMap::new();
    for (place, affected) in record.affected.iter().enumerate() {
        let Some((package, channel)) = package(affected) else { continue };
        packages.entry(package).or_default().push(Placed { place, channel, affected });
    }
    packages
        .into_iter()
        .map(|(package, entries)| {
            let row = row(record, package.ecosystem, &entries);
            (package, row)
        })
        .collect()
}

/// Other names under which a package of the record is installed: SUSE's records name source packages, and list the binary
/// ones of each beside them.
pub(crate) fn binaries(record: &Record) -> Vec<(PackageName, PackageName)> {
    let mut names = Vec::new();
    for affected in &record.affected {
        let Some((source, _)) = package(affected) else { continue };
        let lists = affected.ecosystem_specific["binaries"].as_array().into_iter().flatten();
        for binary in lists.filter_map(Value::as_object).flat_map(|list| list.keys()) {
            if source.ecosystem.goes_by_source() && *binary != source.name {
                names.push((PackageName { name: binary.clone(), ..source.clone() }, source.clone()));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn package(affected: &Affected) -> Option<(PackageName, String)> {
    let package = affected.package.as_ref()?;
    let ecosystem = Ecosystem::from_osv_name(&package.ecosystem)?;
    let release = Release::published(ecosystem, &package.ecosystem);
    let name = ecosystem.canonical_name(&package.name);
    Some((PackageName { ecosystem, name, release: release.name }, release.channel))
}

fn row(record: &Record, ecosystem: Ecosystem, entries: &[Placed<'_>]) -> Row<String> {
    let mut aliases = record.aliases.clone();
    aliases.retain(|alias| !alias.is_empty() && *alias != record.id);
    aliases.sort();
    aliases.dedup();
    let reach = Reach {
        withdrawn: !record.withdrawn.is_empty(),
        entries: entries.iter().map(|placed| entry(ecosystem, placed)).collect(),
    };
    let notice = Notice {
        id: record.id.clone(),
        modified: record.modified.clone(),
        published: Some(record.published.clone()).filter(|published| !published.is_empty()),
        category: category(record, entries),
        summary: summary(record),
        url: url(&record.references),
        aliases,
        ratings: ratings(record, entries),
        facts: facts(entries),
    };
    Row { reach, notice }
}

/// The summary, or the first line of the details that says anything.
fn summary(record: &Record) -> String {
    let lines = std::iter::once(record.summary.as_str()).chain(record.details.lines());
    let said = lines.map(|line| one_line(line.trim_start_matches('#'))).find(|line| !line.is_empty());
    cut(&said.unwrap_or_default(), SUMMARY_CHARS_MAX).into_owned()
}

/// The advisory's own page, else any page. Only web addresses: a report makes links of them.
fn url(references: &Value) -> Option<String> {
    let of_kind = |kind: &str| {
        let wanted = references.as_array()?.iter().find(|reference| {
            reference["type"] == kind
                && reference["url"]
                    .as_str()
                    .is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
        })?;
        wanted["url"].as_str().map(str::to_owned)
    };
    of_kind("ADVISORY").or_else(|| of_kind("WEB"))
}

/// `malicious`, `unimportant` where a distribution takes all it says for that, RustSec's informational kinds
/// (`unmaintained`, `unsound`, `notice`, ...), or `vulnerability`.
fn category(record: &Record, entries: &[Placed<'_>]) -> String {
    let own = || entries.iter().map(|placed| &placed.affected.database_specific);
    let malicious = record.id.starts_with("MAL-") || own().chain([&record.database_specific]).any(says_malicious);
    if malicious {
        return "malicious".to_owned();
    }
    if is_unimportant(entries) {
        return "unimportant".to_owned();
    }
    own()
        .filter_map(|specific| specific["informational"].as_str())
        .find(|word| !word.is_empty() && word.len() <= 40 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        .unwrap_or("vulnerability")
        .to_owned()
}

/// The OpenSSF's malicious-packages data marks its records with `malicious-packages-origins`; others use categories.
fn says_malicious(specific: &Value) -> bool {
    let is_word = |value: &Value| {
        value.as_str().is_some_and(|word| ["malicious", "malware"].iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    let Some(fields) = specific.as_object() else {
        return false;
    };
    fields.iter().any(|(key, value)| match key.as_str() {
        "malicious-packages-origins" => true,
        "category" | "categories" | "type" => {
            is_word(value) || value.as_array().is_some_and(|words| words.iter().any(is_word))
        }
        _ => false,
    })
}

fn entry(ecosystem: Ecosystem, placed: &Placed<'_>) -> Entry<String> {
    let affected = placed.affected;
    let is_git = |range: &Range| range.kind == "GIT";
    let ordered = affected.ranges.iter().enumerate().filter(|(_, range)| !is_git(range));
    let ranges = ordered.map(|(place, range)| range_row(ecosystem, place, range)).collect();
    let versions = affected.versions.iter().map(String::as_str);
    let entry = Entry::new(ecosystem, number(placed.place), ranges, versions, affected.ranges.iter().any(is_git));
    Entry { channel: placed.channel.clone(), ..entry }
}

/// One range as the index keeps it.
pub(crate) fn range_row(ecosystem: Ecosystem, place: usize, range: &Range) -> RangeRow<String> {
    let all: Vec<_> = range.events.iter().flat_map(bounds).collect();
    let meant: Vec<_> = all.iter().filter_map(|&(edge, text)| Some((edge, meant(ecosystem, edge, text)?))).collect();
    RangeRow::new(ecosystem, number(place), &meant, defect(range, &all))
}

fn bounds(event: &Event) -> impl Iterator<Item = (Edge, &str)> {
    let bounds = [
        (Edge::Introduced, &event.introduced),
        (Edge::Fixed, &event.fixed),
        (Edge::LastAffected, &event.last_affected),
        (Edge::Limit, &event.limit),
    ];
    bounds.into_iter().filter_map(|(edge, text)| Some((edge, text.as_deref()?)))
}

/// The Debian tracker's states have been published as fixed versions (osv-schema#189): `<not-affected>` is "fixed from the
/// start", the others are no fix at all.
fn meant(ecosystem: Ecosystem, edge: Edge, text: &str) -> Option<&str> {
    if edge != Edge::Fixed || !ecosystem.is_distribution() {
        return Some(text);
    }
    match text {
        "<not-affected>" => Some("0"),
        "<unfixed>" | "<no-dsa>" | "<ignored>" | "<postponed>" | "<end-of-life>" => None,
        _ => Some(text),
    }
}

/// What the OSV schema forbids, and what makes a range undecidable.
fn defect(range: &Range, all: &[(Edge, &str)]) -> Option<&'static str> {
    let has = |wanted: Edge| all.iter().any(|(edge, _)| *edge == wanted);
    if !matches!(range.kind.as_str(), "SEMVER" | "ECOSYSTEM") {
        return Some("its type is neither SEMVER nor ECOSYSTEM");
    }
    if range.events.iter().any(|event| bounds(event).count() != 1) {
        return Some("it has an event that is not exactly one of introduced, fixed, last_affected and limit");
    }
    if has(Edge::Fixed) && has(Edge::LastAffected) {
        return Some("it has both fixed and last_affected events");
    }
    if !has(Edge::Introduced) {
        return Some("it has no introduced event");
    }
    None
}

/// A place in a list of a record, which is never larger than [`super::RECORD_BYTES_MAX`].
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(json: &str) -> Row<String> {
        rows(&Record::parse(json.as_bytes()).unwrap()).remove(0).1
    }

    fn with(fields: &str, affected: &str) -> Row<String> {
        first(&format!(
            r#"{{"id": "X-1", {fields} "affected": [{{"package": {{"ecosystem": "npm", "name": "a"}}, {affected} "ranges": []}}]}}"#
        ))
    }

    #[test]
    fn the_category_says_what_kind_of_record_it_is() {
        let category = |fields: &str, affected: &str| with(fields, affected).notice.category;
        assert_eq!(category("", ""), "vulnerability");
        for kind in ["unmaintained", "unsound", "notice"] {
            let specific = format!(r#""database_specific": {{"informational": "{kind}"}},"#);
            assert_eq!(category("", &specific), kind);
        }
        assert_eq!(category("", r#""database_specific": {"informational": null},"#), "vulnerability");
        assert_eq!(category("", r#""database_specific": {"categories": ["malicious"]},"#), "malicious");
        assert_eq!(category(r#""database_specific": {"malicious-packages-origins": []},"#, ""), "malicious");
        let named = first(r#"{"id": "MAL-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "A_b"}}]}"#);
        assert_eq!(named.notice.category, "malicious");
    }

    #[test]
    fn the_first_line_of_the_details_stands_in_for_a_summary() {
        assert_eq!(with(r#""summary": "two\nlines", "#, "").notice.summary, "two lines");
        assert_eq!(with(r####""details": "\n### Impact\nmore", "####, "").notice.summary, "Impact");
    }

    #[test]
    fn only_web_pages_become_the_address_and_the_advisory_comes_first() {
        let url = |references: &str| with(&format!(r#""references": {references},"#), "").notice.url;
        assert_eq!(
            url(r#"[{"type": "WEB", "url": "https://w"}, {"type": "ADVISORY", "url": "https://a"}]"#).as_deref(),
            Some("https://a")
        );
        assert_eq!(
            url(r#"[{"type": "ADVISORY", "url": "javascript:x"}, {"type": "WEB", "url": "http://w"}]"#).as_deref(),
            Some("http://w")
        );
        assert_eq!(url(r#"[{"type": "FIX", "url": "https://f"}, 3]"#), None);
    }

    #[test]
    fn forbidden_ranges_are_marked_and_git_ranges_left_out() {
        let row = first(
            r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": [
                {"type": "GIT", "events": [{"introduced": "0"}]},
                {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]},
                {"type": "SEMVER", "events": [{"introduced": "0", "fixed": "2.0.0"}]},
                {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}, {"last_affected": "1.0.0"}]},
                {"type": "SEMVER", "events": [{"fixed": "2.0.0"}]},
                {"type": "SEMVER", "events": [{"introduced": "0"}, {}]},
                {"type": "NEW", "events": [{"introduced": "0"}]}]}]}"#,
        );
        let entry = &row.reach.entries[0];
        assert!(entry.has_commits);
        let seen: Vec<_> = entry.ranges.iter().map(|range| (range.place, range.defect.is_some())).collect();
        assert_eq!(seen, [(1, false), (2, true), (3, true), (4, true), (5, true), (6, true)]);
    }

    #[test]
    fn a_record_has_one_row_for_each_package_by_its_canonical_name() {
        let record = Record::parse(
            br#"{"id": "X-1", "aliases": ["B", "A", "B", "X-1", ""], "affected": [
                {"package": {"ecosystem": "PyPI", "name": "Zope.Interface"}},
                {"package": {"ecosystem": "Hackage", "name": "a:b"}},
                {"package": {"ecosystem": "PyPI", "name": "zope-interface"}},
                {"package": {"ecosystem": "npm", "name": "Morris.js"}}, {}]}"#,
        );
        let rows = rows(&record.unwrap());
        let names: Vec<_> = rows.iter().map(|(package, _)| (package.ecosystem, package.name.as_str())).collect();
        assert_eq!(names, [(Ecosystem::PyPi, "zope-interface"), (Ecosystem::Npm, "Morris.js")]);
        assert_eq!(rows[0].1.reach.entries.len(), 2);
        assert_eq!(rows[0].1.notice.aliases, ["A", "B"]);
    }
}

//! Our own ignore file: TOML, one `[[suppress]]` each, the same table as in pipeline.toml.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Complaint, Condition, Rule, Source, Until, day};
use crate::PurlPattern;
use crate::text::{self, Lines};

/// A `[[suppress]]` as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// An id of the alias group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A pattern of packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// A pattern of places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "date_or_text")]
    pub expires: Option<String>,
}

/// A bare date is what people write.
fn date_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Date(toml::value::Datetime),
        Text(String),
    }
    Ok(Some(match Written::deserialize(deserializer)? {
        Written::Date(date) => date.to_string(),
        Written::Text(text) => text,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    suppress: Vec<Spanned<Entry>>,
}

/// The entries of a file with their lines.
///
/// # Errors
/// What is no such file.
pub fn entries(name: &str, text: &str) -> Result<Vec<(Entry, usize)>, Vec<Complaint>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let line = text::line(text, error.span().map_or(0, |span| span.start));
        vec![Complaint { file: name.to_owned(), line, message: text::name(error.message()) }]
    })?;
    let lines = Lines::of(text);
    let with_line = |entry: Spanned<Entry>| (lines.at(entry.span().start), entry);
    Ok(file.suppress.into_iter().map(with_line).map(|(line, entry)| (entry.into_inner(), line)).collect())
}

/// What makes two entries the same: id, purl and path.
type Key = (Option<String>, Option<String>, Option<String>);

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Rule>, Vec<Complaint>> {
    let entries = entries(name, text)?;
    let (mut rules, mut wrong) = (Vec::new(), Vec::new());
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (entry, line) in entries {
        let mut complain = |message| wrong.push(Complaint { file: name.to_owned(), line, message });
        let same = (entry.id.clone(), entry.purl.clone(), entry.path.clone());
        if let Some(before) = seen.insert(same, line) {
            complain(format!("the same as in line {before}: keep one of them"));
        }
        match rule(&entry, Source { file: name.to_owned(), line: Some(line) }) {
            Ok(rule) => rules.push(rule),
            Err(reasons) => reasons.into_iter().for_each(|(_, reason)| complain(reason)),
        }
    }
    if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
}

/// What an entry means.
///
/// # Errors
/// Each key that is wrong, and why.
pub fn rule(entry: &Entry, source: Source) -> Result<Rule, Vec<(&'static str, String)>> {
    let mut wrong = Vec::new();
    let mut rule = Rule::new(source);
    match entry.id.as_deref().map(str::trim) {
        Some("") => wrong.push(("id", "`id` is empty".to_owned())),
        Some(id) if id.contains('*') => wrong.push(("id", format!("`{}`: an id has no wildcards", text::name(id)))),
        id => rule.id = id.map(str::to_owned),
    }
    if let Some(pattern) = &entry.purl {
        match PurlPattern::parse(pattern) {
            Ok(pattern) => rule.conditions.push(Condition::Purl(vec![pattern])),
            Err(error) => wrong.push(("purl", error.to_string())),
        }
    }
    if let Some(path) = &entry.path {
        match Condition::paths(&[path]) {
            Ok(condition) => rule.conditions.push(condition),
            Err((_, reason)) => wrong.push(("path", format!("`{}` is no glob: {reason}", text::name(path)))),
        }
    }
    rule.reason = text::explanation(&entry.reason);
    if rule.reason.is_none() {
        wrong.push(("reason", "a suppression needs a reason".to_owned()));
    }
    rule.owner = entry.owner.as_deref().and_then(text::explanation);
    if let Some(date) = &entry.expires {
        match day(date) {
            Some(day) => rule.until = Some(Until::Day(day)),
            None => wrong.push(("expires", format!("`{}` is not a date: write it as 2027-01-31", text::name(date)))),
        }
    }
    if wrong.is_empty() && rule.is_everything() {
        let key = if entry.purl.is_some() { "purl" } else { "reason" };
        wrong.push((key, "it would set everything aside: name an id, or a package".to_owned()));
    }
    if wrong.is_empty() { Ok(rule) } else { Err(wrong) }
}

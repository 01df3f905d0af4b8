//! OSV-Scanner's `osv-scanner.toml`, as its page "Configuration" has it.

use std::collections::HashSet;

use serde::Deserialize;
use toml::Spanned;

use super::date::moment;
use super::{Complaint, Condition, Rule, Source, Until};
use crate::text::{self, Lines};

/// What of the file is about findings. Other keys configure the tool.
#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "IgnoredVulns")]
    ignored: Vec<Spanned<Ignored>>,
    #[serde(default, rename = "PackageOverrides")]
    overrides: Vec<Spanned<Override>>,
}

#[derive(Deserialize)]
struct Ignored {
    #[serde(default)]
    id: String,
    #[serde(rename = "ignoreUntil")]
    until: Option<toml::value::Datetime>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Override {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "nameIsRegex")]
    name_is_regex: bool,
    #[serde(default)]
    version: String,
    #[serde(default)]
    ecosystem: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    ignore: bool,
    vulnerability: Option<Vulnerability>,
    #[serde(rename = "effectiveUntil")]
    until: Option<toml::value::Datetime>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    ignore: bool,
}

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Rule>, Vec<Complaint>> {
    let complaint = |line: usize, message: String| Complaint { file: name.to_owned(), line, message };
    let file: File = toml::from_str(text).map_err(|error| {
        vec![complaint(text::line(text, error.span().map_or(0, |span| span.start)), text::name(error.message()))]
    })?;
    let (mut rules, mut wrong) = (Vec::new(), Vec::new());
    let lines = Lines::of(text);
    let mut seen = HashSet::new();
    for entry in file.ignored {
        let line = lines.at(entry.span().start);
        let entry = entry.into_inner();
        let mut rule = Rule::new(Source { file: name.to_owned(), line: Some(line) });
        rule.reason = entry.reason.as_deref().and_then(text::explanation);
        rule.until = until(entry.until.as_ref());
        if entry.id.is_empty() {
            rule.idle = Some("it names no id".to_owned());
        } else if !seen.insert(entry.id.clone()) {
            rule.idle = Some("an entry above has the same id, and the first is used".to_owned());
        }
        rule.id = Some(entry.id);
        rules.push(rule);
    }
    for entry in file.overrides {
        let line = lines.at(entry.span().start);
        match package(entry.into_inner(), Source { file: name.to_owned(), line: Some(line) }) {
            Ok(rule) => rules.extend(rule),
            Err(message) => wrong.push(complaint(line, message)),
        }
    }
    if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
}

/// None where it only says something about licences.
fn package(entry: Override, source: Source) -> Result<Option<Rule>, String> {
    if !entry.ignore && !entry.vulnerability.is_some_and(|vulnerability| vulnerability.ignore) {
        return Ok(None);
    }
    let mut rule = Rule::new(source);
    rule.first_decides = true;
    rule.reason = entry.reason.as_deref().and_then(text::explanation);
    rule.until = until(entry.until.as_ref());
    match (entry.name.as_str(), entry.name_is_regex) {
        ("", _) => {}
        (pattern, true) => rule.conditions.push(Condition::name_like(pattern)?),
        (name, false) => rule.conditions.push(Condition::Name(name.to_owned())),
    }
    if !entry.version.is_empty() {
        rule.conditions.push(Condition::Version(entry.version));
    }
    if !entry.ecosystem.is_empty() {
        rule.conditions.push(Condition::Ecosystem(entry.ecosystem));
    }
    match entry.group.as_str() {
        "" => {}
        "dev" => rule.conditions.push(Condition::Scope("development".to_owned())),
        group => rule.conditions.push(Condition::Scope(group.to_owned())),
    }
    Ok(Some(rule))
}

/// A date without a time is midnight, here in UTC.
fn until(date: Option<&toml::value::Datetime>) -> Option<Until> {
    moment(&date?.to_string()).map(Until::Before)
}

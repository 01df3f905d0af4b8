//! Trivy's `.trivyignore` and `.trivyignore.yaml`, as its guide "Filtering" and its behaviour have them.

use super::date::moment;
use super::{Complaint, Condition, Rule, Source, Until};
use crate::yaml::{self, Node};
use crate::{PurlPattern, text};

/// One id a line, `#` comments, `exp:2027-01-31` behind an id. A line with a date that is none is passed over by Trivy.
pub(super) fn lines(name: &str, text: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut fields = line.split_whitespace();
        let Some(id) = fields.next().filter(|id| !id.starts_with('#')) else { continue };
        let mut rule = Rule::new(Source { file: name.to_owned(), line: Some(index + 1) });
        rule.id = Some(id.to_owned());
        if let Some(date) = fields.find_map(|field| field.strip_prefix("exp:")) {
            match super::day(date).and_then(|_| moment(date)) {
                Some(end) => rule.until = Some(Until::Through(end)),
                None => rule.idle = Some(format!("`{}` is not a date", text::name(date))),
            }
        }
        rules.push(rule);
    }
    rules
}

/// The sections, and the category of findings that each is about.
const SECTIONS: [(&str, &str); 4] = [
    ("vulnerabilities", "vulnerability"),
    ("misconfigurations", "misconfiguration"),
    ("secrets", "secret"),
    ("licenses", "license"),
];

pub(super) fn yaml(name: &str, text: &str) -> Result<Vec<Rule>, Vec<Complaint>> {
    let complaint = |line: usize, message: String| Complaint { file: name.to_owned(), line, message };
    let document = yaml::parse(text).map_err(|(line, message)| vec![complaint(line, message)])?;
    let (mut rules, mut wrong) = (Vec::new(), Vec::new());
    for (section, category) in SECTIONS {
        for entry in document.get(section).map(Node::items).unwrap_or_default() {
            match one(name, entry, category) {
                Ok(rule) => rules.push(rule),
                Err((line, message)) => wrong.push(complaint(line, message)),
            }
        }
    }
    if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
}

fn one(name: &str, entry: &Node, category: &'static str) -> Result<Rule, (usize, String)> {
    let mut rule = Rule::new(Source { file: name.to_owned(), line: Some(entry.line) });
    rule.id = entry.text_of("id").map(str::to_owned);
    rule.conditions.push(Condition::Category(category));
    let paths = entry.texts_of("paths");
    if !paths.is_empty() {
        let globs: Vec<_> = paths.iter().map(|(glob, _)| *glob).collect();
        let condition = Condition::paths(&globs);
        rule.conditions.push(condition.map_err(|(at, reason)| (paths[at].1, format!("not a glob: {reason}")))?);
    }
    let purls = entry.texts_of("purls");
    if !purls.is_empty() {
        let pattern =
            |(purl, line): &(&str, usize)| PurlPattern::parse(purl).map_err(|error| (*line, error.to_string()));
        rule.conditions.push(Condition::Purl(purls.iter().map(pattern).collect::<Result<_, _>>()?));
    }
    if let Some(date) = entry.text_of("expired_at") {
        let end = moment(date).ok_or_else(|| (entry.line, format!("`{}` is not a date", text::name(date))))?;
        rule.until = Some(Until::Through(end));
    }
    rule.reason = entry.text_of("statement").and_then(text::explanation);
    // Neither id, path nor package: Trivy finds no finding with an empty id.
    if rule.id.is_none() && rule.conditions.len() == 1 {
        rule.idle = Some("it names nothing".to_owned());
    }
    Ok(rule)
}

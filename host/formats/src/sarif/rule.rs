//! Rules: one for each advisory or policy rule that has a result.

use std::collections::HashMap;

use chiron_model::finding::Finding;
use chiron_model::report::Report;
use chiron_model::severity::Severity;
use chiron_model::text::cut;

use super::result::word;
use super::text::plain;
use super::wire::{Configuration, Descriptor, DescriptorProperties, Help, Message};
use crate::level::Level;
use crate::markdown::inert;
use crate::objection::Objection;
use crate::publisher;

/// GitHub's limit on descriptions, in characters.
const DESCRIPTION_CHARS_MAX: usize = 1024;

/// Rules in the order in which results first name them.
pub(super) struct Rules {
    descriptors: Vec<Descriptor>,
    index: HashMap<String, usize>,
}

impl Rules {
    pub(super) fn new(report: &Report, objections: &[Objection<'_>]) -> Self {
        let mut rules = Self { descriptors: Vec::new(), index: HashMap::new() };
        let mut groups: HashMap<&str, Vec<&Finding>> = HashMap::new();
        for finding in &report.findings {
            groups.entry(&finding.id).or_default().push(finding);
        }
        for finding in &report.findings {
            rules.add(&finding.id, || of_findings(&groups[finding.id.as_str()]));
        }
        for objection in objections {
            rules.add(&id_of(objection), || of_policy(objection));
        }
        rules
    }

    /// Position of a rule; every result's rule was added.
    pub(super) fn position(&self, id: &str) -> usize {
        self.index.get(id).copied().unwrap_or_default()
    }

    pub(super) fn into_descriptors(self) -> Vec<Descriptor> {
        self.descriptors
    }

    fn add(&mut self, id: &str, make: impl FnOnce() -> Descriptor) {
        if !self.index.contains_key(id) {
            self.index.insert(id.to_owned(), self.descriptors.len());
            self.descriptors.push(make());
        }
    }
}

/// The rule of a policy's objection.
pub(super) fn id_of(objection: &Objection<'_>) -> String {
    format!("policy/{}/{}", objection.step, objection.reason.rule_id)
}

/// One advisory, in the words of the first finding that has some; as bad as the worst of them.
fn of_findings(findings: &[&Finding]) -> Descriptor {
    let id = findings.first().map(|finding| finding.id.clone()).unwrap_or_default();
    let first = |text: fn(&Finding) -> &String| {
        findings
            .iter()
            .map(|finding| text(finding))
            .find(|text| !text.is_empty())
            .cloned()
            .unwrap_or_else(|| id.clone())
    };
    let (title, message) = (first(|finding| &finding.title), first(|finding| &finding.message));
    let severity = findings.iter().map(|finding| finding.severity).fold(Severity::Unknown, Severity::worse);
    let mut tags = vec!["security".to_owned(), "supply-chain".to_owned()];
    for finding in findings {
        if !tags.contains(&finding.category) {
            tags.push(finding.category.clone());
        }
    }
    Descriptor {
        help_uri: publisher::of(&id).map(|publisher| publisher.page),
        help: help(&id, &title, &message, findings),
        short_description: description(&title),
        full_description: description(&message),
        default_configuration: Configuration { level: word(Level::of(severity)) },
        properties: DescriptorProperties { tags, security_severity: security_severity(severity, findings) },
        id,
    }
}

fn of_policy(objection: &Objection<'_>) -> Descriptor {
    let id = id_of(objection);
    let title = format!("Rule {} of the policy {}", objection.reason.rule_id, objection.step);
    Descriptor {
        help_uri: None,
        help: Help { text: plain(&title), markdown: inert(&title) },
        short_description: description(&title),
        full_description: description(&title),
        default_configuration: Configuration { level: if objection.denies { "error" } else { "warning" } },
        properties: DescriptorProperties {
            tags: vec!["policy".to_owned(), "supply-chain".to_owned()],
            security_severity: None,
        },
        id,
    }
}

fn description(text: &str) -> Message {
    Message { text: cut(&plain(text), DESCRIPTION_CHARS_MAX - 1).into_owned() }
}

fn help(id: &str, title: &str, message: &str, findings: &[&Finding]) -> Help {
    let mut names: Vec<&str> = findings.iter().flat_map(|finding| &finding.advisories).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let text = format!("{title}\n\n{message}\n\nKnown as: {}", names.join(", "));
    let link = |name: &&str| match publisher::of(name) {
        Some(publisher) => format!("- [{}]({})", inert(name), publisher.page),
        None => format!("- {}", inert(name)),
    };
    let names: Vec<String> = names.iter().map(link).collect();
    let about = if message == id { String::new() } else { format!("{}\n\n", paragraphs(message)) };
    Help { text: plain(&text), markdown: format!("**{}**\n\n{about}{}\n", inert(title), names.join("\n")) }
}

/// Paragraphs stay apart; what is inside them is inert.
fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(inert).filter(|paragraph| !paragraph.is_empty());
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// The number by which GitHub sorts: the highest score of a record that agrees with the severity, else the lowest of the
/// severity's band. Nothing where nobody rated it.
fn security_severity(severity: Severity, findings: &[&Finding]) -> Option<String> {
    let lowest = match severity {
        Severity::Critical => 9.0,
        Severity::High => 7.0,
        Severity::Medium => 4.0,
        Severity::Low => 0.1,
        Severity::None => 0.0,
        Severity::Unknown => return None,
    };
    let scores = findings.iter().flat_map(|finding| &finding.scores).filter_map(|score| score.value);
    let own = scores.filter(|value| Severity::from_score(*value) == severity);
    Some(format!("{:.1}", own.fold(lowest, f64::max)))
}

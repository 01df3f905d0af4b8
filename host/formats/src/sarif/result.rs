//! Results: findings, and objections of policies.

use std::collections::BTreeMap;

use chiron_model::component::Component;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::location::Location as Place;
use chiron_model::report::Report;

use super::location::location;
use super::rule::{self, Rules};
use super::text::{message, plain};
use super::wire::{Fingerprints, Location, Message, Outcome, Suppression};
use crate::disk::Disk;
use crate::level::Level;
use crate::objection::Objection;
use crate::places::Places;
use crate::{exploit, panel, sentence};

/// What results are made from.
struct Source<'a> {
    report: &'a Report,
    rules: &'a Rules,
    places: Places<'a>,
    disk: &'a Disk<'a>,
}

/// Every finding, then every objection.
pub(super) fn all(report: &Report, objections: &[Objection<'_>], rules: &Rules, disk: &Disk<'_>) -> Vec<Outcome> {
    let source = Source { report, rules, places: Places::new(report), disk };
    let findings = report.findings.iter().map(|finding| of_finding(finding, &source));
    let objections = objections.iter().map(|objection| of_policy(objection, &source));
    findings.chain(objections).collect()
}

/// SARIF's word.
pub(super) const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// A finding of which it cannot be told is an ordinary result, with its severity's level: SARIF's `open` would force the
/// level "none", which readers show as harmless.
fn of_finding(finding: &Finding, source: &Source<'_>) -> Outcome {
    let component = source.places.component_of(finding);
    let places = source.places.of(finding);
    Outcome {
        rule_id: finding.id.clone(),
        rule_index: source.rules.position(&finding.id),
        level: word(Level::of(finding.severity)),
        message: Message { text: message(&sentence::whole(finding, component)) },
        locations: places.iter().map(|(subject, place)| location(source.disk, subject, place)).collect(),
        partial_fingerprints: fingerprints(&finding.fingerprint),
        suppressions: suppressions(finding),
        properties: properties(finding, component),
    }
}

fn of_policy(objection: &Objection<'_>, source: &Source<'_>) -> Outcome {
    let id = rule::id_of(objection);
    let component = objection.reason.component.as_deref().and_then(|id| source.places.component(id));
    Outcome {
        rule_index: source.rules.position(&id),
        rule_id: id,
        level: if objection.denies { "error" } else { "warning" },
        message: Message { text: message(&objection.sentence()) },
        locations: component.map_or_else(|| subjects(source), |component| of_component(component, source)),
        partial_fingerprints: fingerprints(&objection.fingerprint()),
        suppressions: None,
        properties: component.map(component_properties).unwrap_or_default(),
    }
}

fn of_component(component: &Component, source: &Source<'_>) -> Vec<Location> {
    let places = source.places.of_component(component);
    places.iter().map(|(subject, place)| location(source.disk, subject, place)).collect()
}

/// GitHub refuses a result without a place.
fn subjects(source: &Source<'_>) -> Vec<Location> {
    let whole = Place::file(".");
    source.report.subjects.iter().map(|subject| location(source.disk, &subject.name, &whole)).collect()
}

fn fingerprints(fingerprint: &str) -> Fingerprints {
    Fingerprints { own: fingerprint.to_owned(), line_hash: fingerprint.to_owned() }
}

fn suppressions(finding: &Finding) -> Option<Vec<Suppression>> {
    let FindingStatus::Suppressed(suppression) = &finding.status else { return None };
    let expires = suppression.expires.iter().map(|date| ("chiron:expires", date.clone()));
    Some(vec![Suppression {
        kind: "external",
        status: "accepted",
        justification: plain(&suppression.reason),
        properties: expires.collect(),
    }])
}

fn properties(finding: &Finding, component: Option<&Component>) -> BTreeMap<&'static str, String> {
    let mut properties = component.map(component_properties).unwrap_or_default();
    properties.insert("chiron:status", finding.status.word().to_owned());
    properties.insert("chiron:severity", finding.severity.word().to_owned());
    if !finding.fixed_versions.is_empty() {
        properties.insert("chiron:fixed-versions", finding.fixed_versions.join(" "));
    }
    if let Some(reason) = &finding.unknown_reason {
        properties.insert("chiron:unknown-reason", reason.clone());
    }
    if let Some(epss) = &finding.epss {
        properties.insert("chiron:epss", format!("{:.5}", epss.score));
        properties.insert("chiron:epss-percentile", format!("{:.5}", epss.percentile));
    }
    if let Some(kev) = &finding.kev {
        properties.insert("chiron:kev", kev.added.clone());
    }
    let databases = exploit::databases(finding);
    if !databases.is_empty() {
        properties.insert("chiron:databases", databases.join(" "));
    }
    if let Some(disagreement) = panel::disagreement(finding) {
        properties.insert("chiron:scanners", disagreement);
    }
    properties
}

fn component_properties(component: &Component) -> BTreeMap<&'static str, String> {
    let mut properties = BTreeMap::from([("chiron:component", sentence::name(Some(component)))]);
    if let Some(purl) = &component.purl {
        properties.insert("chiron:purl", purl.to_string());
    }
    properties
}

//! Where a finding is: files, and the ways that lead to its component.

use std::collections::{BTreeSet, HashMap};

use chiron_formats::json::{Finding, FindingComponent, Location, Report};
use chiron_model::dependencies::{DEPENDS_ON, Dependencies};
use schemars::JsonSchema;
use serde::Serialize;

/// Most ways that are told one by one.
const WAYS_MAX: usize = 5;

/// Longest way that is told, in components.
const STEPS_MAX: usize = 20;

/// Where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Places {
    /// Subject and file, with line and layer where they are known.
    pub files: Vec<String>,
    /// Ways from a component that nothing needs to this one, each as names with versions; the shortest first.
    pub paths: Vec<Vec<String>>,
    /// How many more components need it directly.
    pub more: u64,
}

/// A component as people name it.
pub(super) fn name(component: Option<&FindingComponent>) -> String {
    match component {
        Some(FindingComponent { name, version: Some(version), .. }) => format!("{name} {version}"),
        Some(FindingComponent { name, .. }) => name.clone(),
        None => "the subject".to_owned(),
    }
}

/// What the report knows.
pub(super) fn of_finding(finding: &Finding, report: &Report) -> Places {
    let purl = finding.component.as_ref().and_then(|component| component.purl.as_ref());
    let own = finding.component.as_ref().map(|component| component.id.as_str());
    let copies: Vec<_> = report
        .components
        .iter()
        .filter(|component| Some(component.id.as_str()) == own || (purl.is_some() && component.purl.as_ref() == purl))
        .collect();
    let mut files = BTreeSet::new();
    for component in &copies {
        files.extend(component.locations.iter().map(|location| place(&component.subject, location)));
        if component.locations.is_empty() {
            files.insert(component.subject.clone());
        }
    }
    if let ([subject], true) = (&finding.subjects[..], files.is_empty()) {
        files.extend(finding.locations.iter().map(|location| place(subject, location)));
    }
    if files.is_empty() {
        files.extend(finding.subjects.iter().cloned());
    }
    let ids: Vec<&str> = copies.iter().map(|component| component.id.as_str()).collect();
    let (paths, more) = ways(&ids, report);
    Places { files: files.into_iter().collect(), paths, more }
}

fn place(subject: &str, location: &Location) -> String {
    let file = match location.path.as_str() {
        "" | "." => subject.to_owned(),
        path if path == subject => path.to_owned(),
        path if subject == "." => path.to_owned(),
        path => format!("{subject}: {path}"),
    };
    let line = location.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let layer = location.layer.as_ref().map(|layer| format!(", layer {layer}")).unwrap_or_default();
    format!("{file}{line}{layer}")
}

/// For each component that needs one of these directly, the shortest way from one that nothing needs.
fn ways(targets: &[&str], report: &Report) -> (Vec<Vec<String>>, u64) {
    let names: HashMap<&str, String> = report
        .components
        .iter()
        .map(|component| {
            let version = component.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
            (component.id.as_str(), format!("{}{version}", component.name))
        })
        .collect();
    let ids = report.components.iter().map(|component| component.id.as_str());
    let needs = report.relations.iter().filter(|relation| relation.kind == DEPENDS_ON);
    let pairs = needs.map(|relation| (relation.source.as_str(), relation.target.as_str()));
    let dependencies = Dependencies::new(ids, pairs);
    let sources = targets.iter().flat_map(|target| dependencies.needed_by(target)).copied();
    let direct: BTreeSet<&str> = sources.filter(|source| !targets.contains(source)).collect();
    let way = |needs: &&str| {
        let mut ids = dependencies.way_to(needs, STEPS_MAX);
        ids.extend(dependencies.needs(needs).iter().find(|target| targets.contains(target)));
        ids.into_iter().map(|id| names.get(id).cloned().unwrap_or_else(|| id.to_owned())).collect::<Vec<_>>()
    };
    let mut ways: Vec<_> = direct.iter().map(way).collect();
    ways.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    ways.dedup();
    let more = ways.len().saturating_sub(WAYS_MAX) as u64;
    ways.truncate(WAYS_MAX);
    (ways, more)
}

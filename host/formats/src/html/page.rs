//! What the page shows, as the template reads it.

use std::collections::HashMap;

use chiron_model::component::Component;
use chiron_model::coverage::Coverage;
use chiron_model::finding::{Finding, FindingStatus, Proof};
use chiron_model::report::Report;
use chiron_model::severity::Severity;
use chiron_model::step::Ending;
use chiron_model::text::inert;
use chiron_model::verdict::Decision;
use serde::Serialize;

use super::chart::{Bar, bar};
use crate::group::{self, Group, alias, label};
use crate::json::Summary;
use crate::paths::Paths;
use crate::{exploit, panel, upgrade};

/// Everything on the page.
#[derive(Serialize)]
pub(super) struct Page {
    title: String,
    verdict: &'static str,
    verdict_class: &'static str,
    policies: Vec<Policy>,
    summary: Summary,
    severities: Bar,
    files: Bar,
    groups: Vec<Card>,
    unknown: Vec<Row>,
    suppressed: Vec<Row>,
    components: Vec<Part>,
    unread: Vec<File>,
    steps: Vec<Step>,
    databases: Vec<Database>,
    notes: Vec<String>,
    subjects: Vec<(String, String)>,
    version: String,
    printed_at: String,
    evaluated_at: String,
}

#[derive(Serialize)]
struct Policy {
    step: String,
    decision: &'static str,
    summary: String,
    reasons: Vec<(String, Option<String>)>,
}

/// The findings of one component.
#[derive(Serialize)]
struct Card {
    label: String,
    purl: Option<String>,
    worst: &'static str,
    upgrade: Option<String>,
    /// What stands where there is no such version.
    without: &'static str,
    /// What that version does not do.
    remark: Option<String>,
    places: Vec<String>,
    path: Vec<String>,
    /// Other components that need it directly.
    other_ways: usize,
    findings: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    link: Option<String>,
    alias: Option<String>,
    severity: &'static str,
    category: Option<String>,
    title: String,
    message: String,
    fixes: String,
    scores: Vec<String>,
    exploits: Vec<String>,
    /// What scanners say differently.
    scanners: Option<String>,
    marks: Vec<String>,
    ids: String,
    component: String,
    why: String,
}

#[derive(Serialize)]
struct Part {
    label: String,
    purl: String,
    scope: String,
    licenses: String,
    findings: usize,
}

#[derive(Serialize)]
struct File {
    path: String,
    status: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct Step {
    id: String,
    plugin: String,
    ending: &'static str,
    message: String,
    grants: String,
}

#[derive(Serialize)]
struct Database {
    name: String,
    built_at: String,
    records: u64,
    digest: String,
}

impl From<&Report> for Page {
    fn from(report: &Report) -> Self {
        let components = group::components(report);
        let paths = Paths::of(report);
        let groups = group::groups(report, &components);
        let with = |wanted: fn(&FindingStatus) -> bool| {
            let found = report.findings.iter().filter(move |finding| wanted(&finding.status));
            found.map(|finding| row(finding, &components)).collect()
        };
        let (verdict, verdict_class) = verdict(report);
        Self {
            title: if report.pipeline.is_empty() { "report".to_owned() } else { say(&report.pipeline) },
            verdict,
            verdict_class,
            policies: report.verdict.policies.iter().map(policy).collect(),
            summary: Summary::from(report),
            severities: severities(report),
            files: files(report),
            unknown: with(|status| *status == FindingStatus::Unknown),
            suppressed: with(|status| matches!(status, FindingStatus::Suppressed(_))),
            components: parts(report, &groups),
            groups: groups.iter().map(|group| card(group, &components, &paths)).collect(),
            unread: unread(report),
            steps: report.steps.iter().map(step).collect(),
            databases: report.databases.iter().map(database).collect(),
            notes: report.notes.iter().map(|note| say(&note.message)).collect(),
            subjects: report.subjects.iter().map(|subject| (say(&subject.name), digest(&subject.digests))).collect(),
            version: say(&report.chiron_version),
            printed_at: say(&report.printed_at),
            evaluated_at: say(&report.evaluated_at),
        }
    }
}

/// Control characters and the marks that turn text around are of no use on a page.
fn say(text: &str) -> String {
    inert(text).into_owned()
}

fn digest(digests: &[chiron_model::digest::Digest]) -> String {
    digests.first().map(ToString::to_string).unwrap_or_default()
}

fn verdict(report: &Report) -> (&'static str, &'static str) {
    match (report.verdict.judged, report.verdict.decision) {
        (false, _) => ("Could not be judged", "deny"),
        (true, Decision::Deny) => ("Denied", "deny"),
        (true, Decision::Warn) => ("Passed with warnings", "warn"),
        (true, Decision::Allow) => ("Passed", "allow"),
        (true, Decision::NotApplicable) => ("No policy applied", "warn"),
    }
}

fn policy(verdict: &chiron_model::verdict::PolicyVerdict) -> Policy {
    let reason = |reason: &chiron_model::verdict::Reason| (say(&reason.message), reason.remedy.as_deref().map(say));
    Policy {
        step: say(&verdict.step),
        decision: verdict.decision.word(),
        summary: say(&verdict.summary),
        reasons: verdict.reasons.iter().map(reason).collect(),
    }
}

fn severities(report: &Report) -> Bar {
    let count = |severity| {
        let affected = report.findings.iter().filter(|finding| finding.status == FindingStatus::Affected);
        affected.filter(|finding| finding.severity == severity).count()
    };
    bar(Severity::WORST_FIRST.map(|severity| (severity.word(), count(severity))))
}

fn files(report: &Report) -> Bar {
    let all = [Coverage::Read, Coverage::Partly, Coverage::Failed, Coverage::Unsupported];
    bar(all.map(|coverage| (coverage.word(), report.files.iter().filter(|file| file.coverage == coverage).count())))
}

fn card(group: &Group<'_>, components: &HashMap<&str, &Component>, paths: &Paths<'_>) -> Card {
    let place = |location: &chiron_model::location::Location| match location.line {
        Some(line) => format!("{}:{line}", say(&location.path)),
        None => say(&location.path),
    };
    let path = group.component.map(|component| paths.to(&component.id)).unwrap_or_default();
    let places = group.component.map(|component| component.locations.iter().map(place).collect());
    Card {
        label: say(&label(group.component)),
        purl: group.component.and_then(|component| component.purl.as_ref()).map(|purl| say(&purl.to_string())),
        worst: group.worst().word(),
        upgrade: group.upgrade().map(say),
        without: upgrade::without(&group.findings),
        remark: group.remark().map(|remark| say(&remark)),
        places: places.unwrap_or_default(),
        other_ways: group.component.map(|component| paths.others(&component.id)).unwrap_or_default(),
        path: path.into_iter().map(|id| say(&label(components.get(id).copied()))).collect(),
        findings: group.findings.iter().map(|finding| row(finding, components)).collect(),
    }
}

fn row(finding: &Finding, components: &HashMap<&str, &Component>) -> Row {
    let fixes = match (&finding.fixed_versions[..], &finding.last_affected) {
        ([], Some(last)) => format!("no fix known; last affected {}", say(last)),
        ([], None) => "no fix known".to_owned(),
        (fixes, _) => format!("fixed in {}", say(&fixes.join(", "))),
    };
    let score = |score: &chiron_model::advisory::Score| match score.value {
        Some(value) => format!("{} {value:.1} {}", say(&score.system), say(&score.vector)),
        None => format!("{} {}", say(&score.system), say(&score.vector)),
    };
    let why = match &finding.status {
        FindingStatus::Affected => String::new(),
        FindingStatus::Unknown => finding.unknown_reason.as_deref().map(say).unwrap_or_default(),
        FindingStatus::Suppressed(suppression) => match &suppression.expires {
            Some(expires) => format!("{} (until {})", say(&suppression.reason), say(expires)),
            None => say(&suppression.reason),
        },
    };
    let category = Some(finding.category.as_str()).filter(|category| !matches!(*category, "" | "vulnerability"));
    Row {
        id: say(&finding.id),
        link: link(finding),
        alias: alias(finding).map(say),
        severity: finding.severity.word(),
        category: category.map(say),
        title: say(&finding.title),
        message: say(&finding.message),
        fixes,
        scores: finding.scores.iter().map(score).collect(),
        exploits: exploit::sentences(finding).iter().map(|text| say(text)).collect(),
        scanners: panel::disagreement(finding).map(|text| say(&text)),
        marks: exploit::marks(finding),
        ids: say(&finding.advisories.join(", ")),
        component: say(&label(finding.component.as_deref().and_then(|id| components.get(id).copied()))),
        why,
    }
}

/// Where the record can be read. Only an https address becomes a link: anything else could act when it is clicked.
fn link(finding: &Finding) -> Option<String> {
    let uri = finding.proofs.iter().find_map(|proof| match proof {
        Proof::Uri(uri) => Some(uri),
        Proof::File(_) | Proof::Text(_) | Proof::Other(..) => None,
    })?;
    let plain = uri.chars().all(|c| c.is_ascii_graphic()) && !uri.contains(['"', '\'', '<', '>', '`', '\\']);
    (uri.starts_with("https://") && plain).then(|| uri.clone())
}

fn parts(report: &Report, groups: &[Group<'_>]) -> Vec<Part> {
    let found = groups.iter().filter_map(|group| Some((group.component?.id.as_str(), group.findings.len())));
    let found: HashMap<&str, usize> = found.collect();
    let count = |component: &Component| found.get(component.id.as_str()).copied().unwrap_or(0);
    report.components.iter().map(|component| part(component, count(component))).collect()
}

fn part(component: &Component, findings: usize) -> Part {
    let license = |license: &chiron_model::component::License| match license {
        chiron_model::component::License::Expression(text) | chiron_model::component::License::Text(text) => say(text),
    };
    let licenses: Vec<_> = component.licenses.iter().map(license).collect();
    Part {
        label: say(&label(Some(component))),
        purl: component.purl.as_ref().map(|purl| say(&purl.to_string())).unwrap_or_default(),
        scope: say(&component.scope),
        licenses: licenses.join("; "),
        findings,
    }
}

fn unread(report: &Report) -> Vec<File> {
    let unread = report.files.iter().filter(|file| file.coverage != Coverage::Read);
    unread
        .map(|file| File {
            path: say(&file.path),
            status: file.coverage.word(),
            reason: file.reason.as_deref().map(say).unwrap_or_default(),
        })
        .collect()
}

fn step(outcome: &chiron_model::step::StepOutcome) -> Step {
    let (ending, message) = match &outcome.ending {
        Ending::Succeeded if !outcome.fallback_for.is_empty() => {
            ("succeeded", format!("in the place of {}", say(&outcome.fallback_for.join(", "))))
        }
        Ending::Succeeded => ("succeeded", String::new()),
        Ending::Skipped(reason) => ("skipped", say(reason)),
        Ending::Failed(failure) => match &outcome.replaced_by {
            Some(by) => ("failed", format!("{}; {} did its work", say(&failure.message), say(by))),
            None => ("failed", say(&failure.message)),
        },
    };
    Step {
        id: say(&outcome.id),
        plugin: format!("{} {}", say(&outcome.plugin.name), say(&outcome.plugin.version)),
        ending,
        message,
        grants: say(&outcome.plugin.grants.join(", ")),
    }
}

fn database(id: &chiron_model::advisory::DatabaseId) -> Database {
    Database { name: say(&id.name), built_at: say(&id.built_at), records: id.records, digest: say(&id.digest) }
}

//! The scan predicate: what a run found and decided. A wire format: frozen structs, not our model with serde on it.

use chiron_model::finding::FindingStatus;
use chiron_model::report::Report;
use chiron_model::severity::Severity;
use chiron_model::step::Ending;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;

/// Predicate `https://chiron.dev/attestation/scan/v0.1`: what a run found and decided.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "https://chiron.dev/attestation/scan/v0.1", deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
pub(in crate::attest) struct Scan<'a> {
    chiron_version: &'a str,
    pipeline: &'a str,
    evaluated_at: &'a str,
    decision: &'a str,
    judged: bool,
    policies: Vec<Policy<'a>>,
    findings: Counts,
    components: usize,
    steps: Vec<Step<'a>>,
    databases: Vec<Database<'a>>,
    settings: Vec<Setting<'a>>,
    notes: Vec<&'a str>,
}

/// What a policy said.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Policy<'a> {
    step: &'a str,
    decision: &'a str,
    summary: &'a str,
}

/// Findings by severity, of those that apply; and those that were suppressed.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Counts {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    none: usize,
    unknown: usize,
    suppressed: usize,
}

/// A step: which code ran, what it could touch, how it ended.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Step<'a> {
    id: &'a str,
    kind: &'a str,
    plugin: &'a str,
    version: &'a str,
    digest: String,
    grants: &'a [String],
    ending: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    fallback_for: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<&'a str>,
}

/// An advisory database that answered.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct Database<'a> {
    name: &'a str,
    digest: &'a str,
    built_at: &'a str,
}

/// A setting in force, and where it came from.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Setting<'a> {
    key: &'a str,
    value: &'a str,
    source: &'a str,
}

/// The predicate of a report, as JSON.
///
/// # Errors
/// Never in practice: the structs have a JSON form.
pub(in crate::attest) fn scan(report: &Report) -> Result<Vec<u8>, Error> {
    let policies = report.verdict.policies.iter().map(|policy| Policy {
        step: &policy.step,
        decision: policy.decision.word(),
        summary: &policy.summary,
    });
    let steps = report.steps.iter().map(|step| Step {
        id: &step.id,
        kind: step.kind.word(),
        plugin: &step.plugin.name,
        version: &step.plugin.version,
        digest: step.plugin.digest.to_string(),
        grants: &step.plugin.grants,
        ending: match step.ending {
            Ending::Succeeded => "succeeded",
            Ending::Skipped(_) => "skipped",
            Ending::Failed(_) => "failed",
        },
        fallback_for: &step.fallback_for,
        replaced_by: step.replaced_by.as_deref(),
    });
    let databases =
        report.databases.iter().map(|id| Database { name: &id.name, digest: &id.digest, built_at: &id.built_at });
    let settings = report.settings.iter().map(|s| Setting { key: &s.key, value: &s.value, source: &s.source });
    let scan = Scan {
        chiron_version: &report.chiron_version,
        pipeline: &report.pipeline,
        evaluated_at: &report.evaluated_at,
        decision: report.verdict.decision.word(),
        judged: report.verdict.judged,
        policies: policies.collect(),
        findings: counts(report),
        components: report.components.len(),
        steps: steps.collect(),
        databases: databases.collect(),
        settings: settings.collect(),
        notes: report.notes.iter().map(|note| note.code.as_str()).collect(),
    };
    serde_json::to_vec(&scan).map_err(|error| Error::Bug(error.to_string()))
}

fn counts(report: &Report) -> Counts {
    let mut counts = Counts::default();
    for finding in &report.findings {
        let place = match (&finding.status, finding.severity) {
            (FindingStatus::Suppressed(_), _) => &mut counts.suppressed,
            (FindingStatus::Unknown, _) | (FindingStatus::Affected, Severity::Unknown) => &mut counts.unknown,
            (FindingStatus::Affected, Severity::Critical) => &mut counts.critical,
            (FindingStatus::Affected, Severity::High) => &mut counts.high,
            (FindingStatus::Affected, Severity::Medium) => &mut counts.medium,
            (FindingStatus::Affected, Severity::Low) => &mut counts.low,
            (FindingStatus::Affected, Severity::None) => &mut counts.none,
        };
        *place += 1;
    }
    counts
}

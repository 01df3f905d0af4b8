//! The parts of SARIF 2.1.0 that are written.

use std::collections::BTreeMap;

use chiron_model::report::Report;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    pub(super) runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub(super) tool: Tool,
    pub(super) automation_details: AutomationDetails,
    pub(super) invocations: [Invocation; 1],
    pub(super) original_uri_base_ids: BTreeMap<&'static str, ArtifactLocation>,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) results: Vec<Outcome>,
    pub(super) properties: RunProperties,
}

#[derive(Serialize)]
pub(super) struct Tool {
    pub(super) driver: Driver,
    pub(super) extensions: Vec<Extension>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) semantic_version: String,
    pub(super) rules: Vec<Descriptor>,
}

#[derive(PartialEq, Serialize)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) properties: ExtensionProperties,
}

#[derive(PartialEq, Serialize)]
pub(super) struct ExtensionProperties {
    #[serde(rename = "chiron:digest")]
    pub(super) digest: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) id: String,
    pub(super) short_description: Message,
    pub(super) full_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help_uri: Option<String>,
    pub(super) help: Help,
    pub(super) default_configuration: Configuration,
    pub(super) properties: DescriptorProperties,
}

#[derive(Serialize)]
pub(super) struct Help {
    pub(super) text: String,
    pub(super) markdown: String,
}

#[derive(Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

#[derive(Serialize)]
pub(super) struct DescriptorProperties {
    pub(super) tags: Vec<String>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    pub(super) security_severity: Option<String>,
}

/// A text of somebody else goes through `text` first.
#[derive(Serialize)]
pub(super) struct Message {
    pub(super) text: String,
}

impl Message {
    /// A text of ours.
    pub(super) fn fixed(text: &str) -> Self {
        Self { text: text.to_owned() }
    }
}

#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub(super) id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    pub(super) end_time_utc: String,
    pub(super) tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub(super) struct Notification {
    pub(super) descriptor: NotificationId,
    pub(super) level: &'static str,
    pub(super) message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) locations: Vec<Location>,
}

#[derive(Serialize)]
pub(super) struct NotificationId {
    pub(super) id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    pub(super) location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
    pub(super) roles: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mime_type: Option<String>,
    pub(super) hashes: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri_base_id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub(super) fully_qualified_name: String,
    pub(super) kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) rule_id: String,
    pub(super) rule_index: usize,
    pub(super) level: &'static str,
    pub(super) message: Message,
    pub(super) locations: Vec<Location>,
    pub(super) partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suppressions: Option<Vec<Suppression>>,
    pub(super) properties: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
pub(super) struct Fingerprints {
    #[serde(rename = "chironFinding/v1")]
    pub(super) own: String,
    /// The only key GitHub reads. Without it, it would be made from lines of source, which an archive does not have.
    #[serde(rename = "primaryLocationLineHash")]
    pub(super) line_hash: String,
}

#[derive(Serialize)]
pub(super) struct Suppression {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) properties: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
pub(super) struct RunProperties {
    #[serde(rename = "chiron:decision")]
    decision: &'static str,
    #[serde(rename = "chiron:evaluated-at")]
    evaluated_at: String,
    #[serde(rename = "chiron:policies")]
    policies: Vec<Policy>,
    #[serde(rename = "chiron:databases")]
    databases: Vec<Database>,
    #[serde(rename = "chiron:enrichments", skip_serializing_if = "Vec::is_empty")]
    enrichments: Vec<Enrichment>,
}

#[derive(Serialize)]
struct Enrichment {
    kind: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

#[derive(Serialize)]
struct Policy {
    step: String,
    decision: &'static str,
    summary: String,
}

#[derive(Serialize)]
struct Database {
    name: String,
    digest: String,
    built_at: String,
}

impl From<&Report> for RunProperties {
    fn from(report: &Report) -> Self {
        let policy = |policy: &chiron_model::verdict::PolicyVerdict| Policy {
            step: policy.step.clone(),
            decision: policy.decision.word(),
            summary: policy.summary.clone(),
        };
        let enrichment = |enrichment: &chiron_model::report::Enrichment| Enrichment {
            kind: enrichment.kind.clone(),
            digest: enrichment.digest.clone(),
            date: enrichment.date.clone(),
        };
        let database = |database: &chiron_model::advisory::DatabaseId| Database {
            name: database.name.clone(),
            digest: database.digest.clone(),
            built_at: database.built_at.clone(),
        };
        Self {
            decision: report.verdict.decision.word(),
            evaluated_at: report.evaluated_at.clone(),
            policies: report.verdict.policies.iter().map(policy).collect(),
            databases: report.databases.iter().map(database).collect(),
            enrichments: report.enrichments.iter().map(enrichment).collect(),
        }
    }
}

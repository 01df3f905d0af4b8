//! SARIF 2.1.0 (OASIS), with what GitHub code scanning reads beyond it.
//!
//! Findings are results, and so are the objections of policies that no finding stands for. Failed steps, files that were
//! not read in full and notes are notifications of the one invocation. Texts of others are inert: in SARIF a plain message
//! may hold links and placeholders, so both are broken up ([`text`]); Markdown is escaped.

use std::collections::BTreeMap;

use chiron_model::digest::Digest;
use chiron_model::location::Location;
use chiron_model::report::Report;
use chiron_model::step::StepOutcome;
use chiron_model::subject::Subject;

mod location;
mod notification;
mod result;
mod rule;
mod text;
mod wire;

use wire::{
    Artifact, ArtifactLocation, AutomationDetails, Driver, Extension, Invocation, Log, Message, Run, RunProperties,
    Tool,
};

use crate::disk::Disk;

/// The name by which readers know the root of the source tree; GitHub takes it for the repository's.
const ROOT: &str = "%SRCROOT%";

/// Writes the report.
pub(crate) fn encode(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    crate::pretty::to_vec(&Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run(report)],
    })
}

fn run(report: &Report) -> Run {
    let objections = crate::objection::all(report);
    let rules = rule::Rules::new(report, &objections);
    let disk = Disk::new(report);
    let results = result::all(report, &objections, &rules, &disk);
    Run {
        tool: Tool {
            driver: Driver {
                name: "Chiron",
                version: report.chiron_version.clone(),
                semantic_version: report.chiron_version.clone(),
                rules: rules.into_descriptors(),
            },
            extensions: extensions(report),
        },
        // GitHub keeps results of different categories apart; everything before the last slash is the category.
        automation_details: AutomationDetails { id: format!("chiron/{}/", report.pipeline) },
        invocations: [Invocation {
            execution_successful: report.verdict.judged,
            end_time_utc: report.printed_at.clone(),
            tool_execution_notifications: notification::all(report, &disk),
        }],
        original_uri_base_ids: BTreeMap::from([(
            ROOT,
            ArtifactLocation {
                uri: None,
                uri_base_id: None,
                description: Some(Message::fixed("The folder that names of subjects are relative to.")),
            },
        )]),
        artifacts: report.subjects.iter().map(|subject| artifact(subject, &disk)).collect(),
        results,
        properties: RunProperties::from(report),
    }
}

/// The plugins whose answers these are.
fn extensions(report: &Report) -> Vec<Extension> {
    let mut extensions: Vec<Extension> = Vec::new();
    for StepOutcome { plugin, .. } in &report.steps {
        let extension = Extension {
            name: plugin.name.clone(),
            version: plugin.version.clone(),
            properties: wire::ExtensionProperties { digest: plugin.digest.to_string() },
        };
        if !extensions.contains(&extension) {
            extensions.push(extension);
        }
    }
    extensions
}

fn artifact(subject: &Subject, disk: &Disk<'_>) -> Artifact {
    Artifact {
        location: location::artifact(&disk.find(&subject.name, &Location::file(".")).path),
        length: subject.size,
        roles: ["analysisTarget"],
        mime_type: Some(subject.media_type.clone()).filter(|text| is_mime_type(text)),
        hashes: subject.digests.iter().map(|digest| (algorithm(digest), digest.hex().to_owned())).collect(),
    }
}

/// The pattern of the schema: `[^/]+/.+`, somewhere in the text.
fn is_mime_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
        && !text.contains(char::is_control)
}

/// Names of the IANA registry of hash functions, which SARIF asks for; others as they are.
fn algorithm(digest: &Digest) -> String {
    match digest.algorithm() {
        "sha1" => "sha-1".to_owned(),
        "sha256" => "sha-256".to_owned(),
        "sha384" => "sha-384".to_owned(),
        "sha512" => "sha-512".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests;

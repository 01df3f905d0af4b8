//! GitLab's dependency scanning report, by its schema 15.0.7.
//!
//! GitLab renders names, descriptions and solutions as Markdown, so texts of others are escaped. Suppressed findings are left
//! out, for GitLab would open vulnerabilities from them; how many is a message of the scan. Objections of policies and files
//! have no place there except as messages.

use chiron_model::coverage::Coverage;
use chiron_model::finding::FindingStatus;
use chiron_model::report::Report;
use chiron_model::step::Ending;
use serde::Serialize;

mod file;
mod vulnerability;

use crate::markdown::inert;
use crate::objection;
use file::DependencyFile;
use vulnerability::Vulnerability;

#[derive(Serialize)]
struct Document {
    version: &'static str,
    schema: &'static str,
    scan: Scan,
    vulnerabilities: Vec<Vulnerability>,
    dependency_files: Vec<DependencyFile>,
}

#[derive(Serialize)]
struct Scan {
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    start_time: String,
    end_time: String,
    analyzer: Program,
    scanner: Program,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Program {
    id: &'static str,
    name: &'static str,
    version: String,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

/// Writes the report.
pub(crate) fn encode(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    // The form that the schema asks for has no zone: UTC, to the second.
    let time = report.printed_at.get(..19).unwrap_or(&report.printed_at);
    crate::pretty::to_vec(&Document {
        version: "15.0.7",
        schema: "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.0.7/dist/dependency-scanning-report-format.json",
        scan: Scan {
            kind: "dependency_scanning",
            status: if report.verdict.judged { "success" } else { "failure" },
            start_time: time.to_owned(),
            end_time: time.to_owned(),
            analyzer: program(report),
            scanner: program(report),
            messages: messages(report),
        },
        vulnerabilities: vulnerability::all(report),
        dependency_files: file::all(report),
    })
}

fn program(report: &Report) -> Program {
    Program { id: "chiron", name: "Chiron", version: report.chiron_version.clone(), vendor: Vendor { name: "Chiron" } }
}

fn messages(report: &Report) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut add = |level, value: &str| messages.push(Message { level, value: inert(value) });
    for step in &report.steps {
        if let Ending::Failed(failure) = &step.ending {
            let level = if step.is_broken() { "fatal" } else { "warn" };
            add(level, &format!("step {} failed ({}): {}", step.id, failure.code, failure.message));
        }
    }
    for file in &report.files {
        let why = file.reason.as_deref().unwrap_or("no reason given");
        match file.coverage {
            Coverage::Read | Coverage::Unsupported => {}
            Coverage::Partly => add("warn", &format!("{} was read only partly: {why}", file.path)),
            Coverage::Failed => add("warn", &format!("{} could not be read: {why}", file.path)),
        }
    }
    for objection in objection::all(report) {
        add("warn", &format!("policy {}: {}", objection.step, objection.sentence()));
    }
    let suppressed = report.findings.iter().filter(|f| matches!(f.status, FindingStatus::Suppressed(_))).count();
    if suppressed > 0 {
        add("info", &format!("{suppressed} suppressed findings are left out"));
    }
    messages
}

#[cfg(test)]
mod tests;

//! Counts, so that a script need not.

use chiron_model::coverage::Coverage;
use chiron_model::finding::FindingStatus;
use chiron_model::report::Report;
use chiron_model::severity::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts over the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Components.
    pub components: u64,
    /// Findings of every status.
    pub findings: u64,
    /// Findings that apply.
    pub affected: u64,
    /// Findings of which it cannot be told.
    pub unknown: u64,
    /// Findings set aside.
    pub suppressed: u64,
    /// Findings that apply or of which it cannot be told, by severity.
    pub by_severity: SeverityCounts,
    /// Files by how much of them was read.
    pub files: FileCounts,
}

/// Findings by severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeverityCounts {
    /// Rated critical.
    pub critical: u64,
    /// Rated high.
    pub high: u64,
    /// Rated medium.
    pub medium: u64,
    /// Rated low.
    pub low: u64,
    /// Rated zero.
    pub none: u64,
    /// Not rated.
    pub unknown: u64,
}

/// Files by coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileCounts {
    /// Read in full.
    pub read: u64,
    /// Entries were dropped.
    pub partly: u64,
    /// No generator reads them.
    pub unsupported: u64,
    /// Should have been readable.
    pub failed: u64,
}

impl SeverityCounts {
    fn count(&mut self, severity: Severity) {
        *match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::None => &mut self.none,
            Severity::Unknown => &mut self.unknown,
        } += 1;
    }
}

impl From<&Report> for Summary {
    fn from(report: &Report) -> Self {
        let mut summary = Self {
            components: report.components.len() as u64,
            findings: report.findings.len() as u64,
            ..Self::default()
        };
        for finding in &report.findings {
            match finding.status {
                FindingStatus::Affected => summary.affected += 1,
                FindingStatus::Unknown => summary.unknown += 1,
                FindingStatus::Suppressed(_) => {
                    summary.suppressed += 1;
                    continue;
                }
            }
            summary.by_severity.count(finding.severity);
        }
        for file in &report.files {
            *match file.coverage {
                Coverage::Read => &mut summary.files.read,
                Coverage::Partly => &mut summary.files.partly,
                Coverage::Unsupported => &mut summary.files.unsupported,
                Coverage::Failed => &mut summary.files.failed,
            } += 1;
        }
        summary
    }
}

//! What a report says, counted: all of it that leaves in metrics. No name of a component, an advisory or a file is among it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::coverage::Coverage;
use crate::finding::FindingStatus;
use crate::report::Report;
use crate::severity::Severity;
use crate::verdict::Decision;

/// Counts of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What was judged: how many, and how many bytes of it are files, by kind.
    pub subjects: BTreeMap<SubjectKind, (u64, u64)>,
    /// Components that were found.
    pub components: u64,
    /// Those of them with a finding that applies, or may apply.
    pub affected: u64,
    /// Findings: every severity with every standing, worst first; zero where there is none.
    pub findings: Vec<(Severity, Standing, u64)>,
    /// Files by how much of them was read; zero where there is none.
    pub files: Vec<(Coverage, u64)>,
    /// What policies said.
    pub policies: Vec<PolicyFact>,
    /// What was decided.
    pub decision: Decision,
    /// Whether everything that was required to judge did.
    pub judged: bool,
    /// Advisory databases that were asked.
    pub databases: Vec<DatabaseFact>,
    /// What kind of run this was.
    pub flags: Vec<(Flag, bool)>,
}

/// What a policy said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFact {
    /// Its step.
    pub step: String,
    /// Its answer.
    pub decision: Decision,
    /// For how many reasons.
    pub reasons: u64,
}

/// An advisory database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFact {
    /// The operator's name for it.
    pub name: String,
    /// When its newest record was modified, in seconds since 1970; None where that cannot be told.
    pub built_s: Option<i64>,
    /// Its records.
    pub records: u64,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It applies.
    Affected,
    /// It cannot be told.
    Unknown,
    /// It was set aside.
    Suppressed,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 3] = [Self::Affected, Self::Unknown, Self::Suppressed];

    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
        }
    }

    const fn of(status: &FindingStatus) -> Self {
        match status {
            FindingStatus::Affected => Self::Affected,
            FindingStatus::Unknown => Self::Unknown,
            FindingStatus::Suppressed(_) => Self::Suppressed,
        }
    }
}

/// Kinds of subjects: a closed set, so that a metric has a bounded number of series whatever is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A folder.
    Directory,
    /// A Python wheel.
    Wheel,
    /// Another archive, or an image in one.
    Archive,
    /// An SBOM or a report of a scanner.
    Document,
    /// An executable or a library.
    Executable,
    /// Anything else: lock files, most of all.
    Other,
}

impl SubjectKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Directory, Self::Wheel, Self::Archive, Self::Document, Self::Executable, Self::Other];

    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Wheel => "wheel",
            Self::Archive => "archive",
            Self::Document => "document",
            Self::Executable => "executable",
            Self::Other => "other",
        }
    }

    fn of(media_type: &str) -> Self {
        match media_type {
            "inode/directory" => Self::Directory,
            "application/vnd.pypa.wheel+zip" => Self::Wheel,
            "application/zip" | "application/x-tar" | "application/gzip" | "application/java-archive" => Self::Archive,
            "application/x-elf" | "application/vnd.microsoft.portable-executable" | "application/x-mach-binary" => {
                Self::Executable
            }
            "text/spdx" => Self::Document,
            other if other.starts_with("application/vnd.oci.") => Self::Archive,
            other if other.ends_with("+json") || other.ends_with("+xml") => Self::Document,
            _ => Self::Other,
        }
    }
}

/// Switches of a run that somebody who watches many of them wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// `--locked`.
    Locked,
    /// `--offline`.
    Offline,
    /// An operator's file caps what pipelines may do.
    Operator,
    /// `--at`.
    FrozenTime,
    /// `--plugin NAME=PATH`.
    PluginOverride,
    /// A plugin has access to a program.
    Tools,
    /// A plugin has access to the network.
    Network,
    /// A plugin has access to a signing key.
    Signing,
}

impl Flag {
    /// Every switch.
    pub const ALL: [Self; 8] = [
        Self::Locked,
        Self::Offline,
        Self::Operator,
        Self::FrozenTime,
        Self::PluginOverride,
        Self::Tools,
        Self::Network,
        Self::Signing,
    ];

    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Offline => "offline",
            Self::Operator => "operator",
            Self::FrozenTime => "frozen_time",
            Self::PluginOverride => "plugin_override",
            Self::Tools => "tools",
            Self::Network => "network",
            Self::Signing => "signing",
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Locked => "chiron.lock is required and covers everything",
            Self::Offline => "no connection is made",
            Self::Operator => "an operator's file caps the pipeline",
            Self::FrozenTime => "expiry and age are judged at a given time",
            Self::PluginOverride => "a plugin was replaced for development",
            Self::Tools => "a plugin may run a pinned program",
            Self::Network => "a plugin may reach a bound endpoint",
            Self::Signing => "a plugin may use a bound key",
        }
    }
}

impl Facts {
    /// Counts a report. `flags` are the run's.
    #[must_use]
    pub fn of(report: &Report, flags: Vec<(Flag, bool)>) -> Self {
        let mut subjects = BTreeMap::new();
        for subject in &report.subjects {
            let (count, bytes): &mut (u64, u64) = subjects.entry(SubjectKind::of(&subject.media_type)).or_default();
            *count += 1;
            *bytes = bytes.saturating_add(subject.size.unwrap_or(0));
        }
        let standing = |status: &FindingStatus| Standing::of(status);
        let pairs = Severity::WORST_FIRST.into_iter().flat_map(|severity| Standing::ALL.map(|at| (severity, at)));
        let count = |severity: Severity, at: Standing| {
            report.findings.iter().filter(|f| f.severity == severity && standing(&f.status) == at).count() as u64
        };
        let applies = |f: &&crate::finding::Finding| standing(&f.status) != Standing::Suppressed;
        let mut affected: Vec<_> =
            report.findings.iter().filter(applies).filter_map(|f| f.component.as_ref()).collect();
        affected.sort_unstable();
        affected.dedup();
        let policy = |verdict: &crate::verdict::PolicyVerdict| PolicyFact {
            step: verdict.step.clone(),
            decision: verdict.decision,
            reasons: verdict.reasons.len() as u64,
        };
        let database = |id: &crate::advisory::DatabaseId| DatabaseFact {
            name: id.name.clone(),
            built_s: id.built_at.parse::<Timestamp>().ok().map(|built| built.as_second()),
            records: id.records,
        };
        let coverages = [Coverage::Read, Coverage::Partly, Coverage::Unsupported, Coverage::Failed];
        let files = |at: Coverage| report.files.iter().filter(|file| file.coverage == at).count() as u64;
        Self {
            subjects,
            components: report.components.len() as u64,
            affected: affected.len() as u64,
            findings: pairs.map(|(severity, at)| (severity, at, count(severity, at))).collect(),
            files: coverages.into_iter().map(|at| (at, files(at))).collect(),
            policies: report.verdict.policies.iter().map(policy).collect(),
            decision: report.verdict.decision,
            judged: report.verdict.judged,
            databases: report.databases.iter().map(database).collect(),
            flags,
        }
    }
}

//! Every metric that there is: the one table that dashboards, alert rules and documents are held against.
//!
//! Names are those that the first Chiron promised, where they still mean something. `_total` is for counters alone, which Prometheus
//! wants: `chiron_vulnerabilities` and `chiron_dependencies` are gauges. Every label has few values: names of pipelines, steps,
//! plugins and databases that an operator wrote, and words of closed sets. No component, advisory, file or subject is a label.

use std::fmt;

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Runs.
    Build,
    /// How long runs took.
    BuildDuration,
    /// How long phases took.
    StageDuration,
    /// Findings.
    Vulnerabilities,
    /// Components.
    Dependencies,
    /// Components with findings.
    DependenciesAffected,
    /// Bills of materials.
    SbomGeneration,
    /// Signatures.
    SignatureVerification,
    /// What was judged, in number.
    Packs,
    /// What was judged, in bytes.
    PackSize,
    /// Files by how they were read.
    Files,
    /// Switches.
    FeatureFlag,
    /// Reasons of policies.
    PolicyViolations,
    /// Steps.
    Steps,
    /// Calls of plugins.
    PluginCalls,
    /// How long calls took.
    PluginCallDuration,
    /// Computing.
    PluginCpu,
    /// Bytes across the boundary.
    PluginBytes,
    /// Calls of the host by plugins.
    PluginHostCalls,
    /// Memory of plugins.
    PluginMemory,
    /// Plugins loaded.
    PluginLoads,
    /// Age of databases.
    DatabaseBuilt,
    /// Size of databases.
    DatabaseRecords,
    /// When the last run ended.
    LastRun,
    /// How the last run ended.
    LastRunExit,
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// As it was in the last run.
    Gauge,
    /// Observations below these bounds.
    Histogram(&'static [f64]),
}

/// Runs: from a lock file alone to an image of several gigabytes, in seconds.
const RUN_S: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Calls of plugins, in seconds; their deadline is 30 s unless a pipeline says more.
const CALL_S: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 120.0];

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 25] = [
        Self::Build,
        Self::BuildDuration,
        Self::StageDuration,
        Self::Vulnerabilities,
        Self::Dependencies,
        Self::DependenciesAffected,
        Self::SbomGeneration,
        Self::SignatureVerification,
        Self::Packs,
        Self::PackSize,
        Self::Files,
        Self::FeatureFlag,
        Self::PolicyViolations,
        Self::Steps,
        Self::PluginCalls,
        Self::PluginCallDuration,
        Self::PluginCpu,
        Self::PluginBytes,
        Self::PluginHostCalls,
        Self::PluginMemory,
        Self::PluginLoads,
        Self::DatabaseBuilt,
        Self::DatabaseRecords,
        Self::LastRun,
        Self::LastRunExit,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "chiron_build_total",
            Self::BuildDuration => "chiron_build_duration_seconds",
            Self::StageDuration => "chiron_pipeline_stage_duration_seconds",
            Self::Vulnerabilities => "chiron_vulnerabilities",
            Self::Dependencies => "chiron_dependencies",
            Self::DependenciesAffected => "chiron_dependencies_affected",
            Self::SbomGeneration => "chiron_sbom_generation_total",
            Self::SignatureVerification => "chiron_signature_verification_total",
            Self::Packs => "chiron_packs",
            Self::PackSize => "chiron_pack_size_bytes",
            Self::Files => "chiron_files",
            Self::FeatureFlag => "chiron_feature_flag_status",
            Self::PolicyViolations => "chiron_policy_violations_total",
            Self::Steps => "chiron_steps_total",
            Self::PluginCalls => "chiron_plugin_calls_total",
            Self::PluginCallDuration => "chiron_plugin_call_duration_seconds",
            Self::PluginCpu => "chiron_plugin_cpu_seconds_total",
            Self::PluginBytes => "chiron_plugin_bytes_total",
            Self::PluginHostCalls => "chiron_plugin_host_calls_total",
            Self::PluginMemory => "chiron_plugin_memory_bytes",
            Self::PluginLoads => "chiron_plugin_loads_total",
            Self::DatabaseBuilt => "chiron_database_built_timestamp_seconds",
            Self::DatabaseRecords => "chiron_database_records",
            Self::LastRun => "chiron_last_run_timestamp_seconds",
            Self::LastRunExit => "chiron_last_run_exit_code",
        }
    }

    /// What it counts.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Build => "Runs of a pipeline, by how they ended.",
            Self::BuildDuration => "How long runs of a pipeline took.",
            Self::StageDuration => "How long the phases of runs took.",
            Self::Vulnerabilities => "Findings of the last run, by severity and by whether they apply.",
            Self::Dependencies => "Components that the last run found.",
            Self::DependenciesAffected => "Components of the last run with a finding that applies or may apply.",
            Self::SbomGeneration => "Bills of materials, by format and by whether they were written.",
            Self::SignatureVerification => {
                "Signatures that were verified, by what they are about and by whether they hold."
            }
            Self::Packs => "What the last run judged, by kind.",
            Self::PackSize => "Bytes of what the last run judged, by kind; folders are not counted.",
            Self::Files => "Files of the last run, by how much of them was read.",
            Self::FeatureFlag => "Switches of the last run: 1 where one is on.",
            Self::PolicyViolations => "Reasons for which policies warned or denied, by policy.",
            Self::Steps => "Steps, by how they ended.",
            Self::PluginCalls => "Calls of plugins, by how they ended: `ok`, or the code of the failure.",
            Self::PluginCallDuration => "How long calls of plugins took, waiting included.",
            Self::PluginCpu => "Computing of plugins, as their limit counts it.",
            Self::PluginBytes => "Bytes that crossed into plugins (`in`) and out of them (`out`).",
            Self::PluginHostCalls => "Calls of the host by plugins.",
            Self::PluginMemory => "Most linear memory that one call of the last run had.",
            Self::PluginLoads => "Plugins that were loaded, by whether the cache of compiled code had them.",
            Self::DatabaseBuilt => "When the newest record of an advisory database was modified.",
            Self::DatabaseRecords => "Records of an advisory database.",
            Self::LastRun => "When the last run ended.",
            Self::LastRunExit => "Exit code of the last run.",
        }
    }

    /// How it behaves.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::BuildDuration | Self::StageDuration => Kind::Histogram(RUN_S),
            Self::PluginCallDuration => Kind::Histogram(CALL_S),
            Self::Build
            | Self::SbomGeneration
            | Self::SignatureVerification
            | Self::PolicyViolations
            | Self::Steps
            | Self::PluginCalls
            | Self::PluginCpu
            | Self::PluginBytes
            | Self::PluginHostCalls
            | Self::PluginLoads => Kind::Counter,
            Self::Vulnerabilities
            | Self::Dependencies
            | Self::DependenciesAffected
            | Self::Packs
            | Self::PackSize
            | Self::Files
            | Self::FeatureFlag
            | Self::PluginMemory
            | Self::DatabaseBuilt
            | Self::DatabaseRecords
            | Self::LastRun
            | Self::LastRunExit => Kind::Gauge,
        }
    }

    /// Names of its labels, in their order. The first is always the pipeline.
    #[must_use]
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Build => &["pipeline", "status"],
            Self::StageDuration => &["pipeline", "stage"],
            Self::Vulnerabilities => &["pipeline", "severity", "standing"],
            Self::SbomGeneration => &["pipeline", "format", "status"],
            Self::SignatureVerification => &["pipeline", "signature_type", "status"],
            Self::Packs | Self::PackSize => &["pipeline", "kind"],
            Self::Files => &["pipeline", "coverage"],
            Self::FeatureFlag => &["pipeline", "flag_name"],
            Self::PolicyViolations => &["pipeline", "policy", "decision"],
            Self::Steps => &["pipeline", "step", "kind", "status"],
            Self::PluginCalls => &["pipeline", "plugin", "status"],
            Self::PluginBytes => &["pipeline", "plugin", "direction"],
            Self::PluginLoads => &["pipeline", "plugin", "cache"],
            Self::PluginCallDuration | Self::PluginCpu | Self::PluginHostCalls | Self::PluginMemory => {
                &["pipeline", "plugin"]
            }
            Self::DatabaseBuilt | Self::DatabaseRecords => &["pipeline", "database"],
            Self::BuildDuration
            | Self::Dependencies
            | Self::DependenciesAffected
            | Self::LastRun
            | Self::LastRunExit => &["pipeline"],
        }
    }

    /// The metric of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Names of all the samples that it has in Prometheus text.
    #[must_use]
    pub fn sample_names(self) -> Vec<String> {
        match self.kind() {
            Kind::Counter | Kind::Gauge => vec![self.name().to_owned()],
            Kind::Histogram(_) => ["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", self.name())).to_vec(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_prometheus_expects_of_their_kinds() {
        let mut names = std::collections::BTreeSet::new();
        for metric in Metric::ALL {
            assert!(names.insert(metric.name()), "{metric} is there twice");
            assert_eq!(metric.name().ends_with("_total"), metric.kind() == Kind::Counter, "{metric}");
            assert_eq!(metric.labels().first(), Some(&"pipeline"), "{metric}");
            assert_eq!(Metric::named(metric.name()), Some(metric));
            if let Kind::Histogram(bounds) = metric.kind() {
                assert!(bounds.is_sorted() && metric.name().ends_with("_seconds"), "{metric}");
            }
        }
    }
}

//! Subjects, steps, databases, notes and settings.

use chiron_model::advisory::DatabaseId;
use chiron_model::report as model;
use chiron_model::step::{self, PluginRecord, StepOutcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Property, convert};

/// What was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The path as given.
    pub name: String,
    /// IANA media type, or `inode/directory`.
    pub media_type: String,
    /// `algorithm:hex`; at least one.
    pub digests: Vec<String>,
    /// In bytes, for files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Facts by key.
    pub properties: Vec<Property>,
}

/// A step and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// From pipeline.toml.
    pub id: String,
    /// `sbom-generator`, `scanner`, `policy`, `signer`, ... (open).
    pub kind: String,
    /// Which code ran.
    pub plugin: Plugin,
    /// Whether its failure fails the run.
    pub required: bool,
    /// How many calls were made.
    pub calls: u64,
    /// How it ended.
    pub ending: Ending,
    /// Steps that it is tried for when they fail; empty for one that runs in any case.
    pub fallback_for: Vec<String>,
    /// Where it failed: the step that did its work instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
}

/// Which code ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plugin {
    /// The pipeline's name for it.
    pub name: String,
    /// As it describes itself.
    pub version: String,
    /// `sha256:hex` of the component's bytes.
    pub digest: String,
    /// Who signed it, where somebody asked: `key …`, or `IDENTITY (ISSUER)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Interfaces it imports: all it can touch.
    pub imports: Vec<String>,
    /// Powers granted, with bound labels.
    pub grants: Vec<String>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Ending {
    /// All calls answered.
    Succeeded,
    /// It was not called.
    Skipped {
        /// Why.
        reason: String,
    },
    /// A call failed.
    Failed(Failure),
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Kebab-case code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to change, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// An advisory database that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// The operator's name for it.
    pub name: String,
    /// `sha256:hex` over its content.
    pub digest: String,
    /// RFC 3339.
    pub built_at: String,
    /// Number of records.
    pub records: u64,
}

/// A file that findings were enriched from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Enrichment {
    /// `epss` or `kev`.
    pub kind: String,
    /// `sha256:hex` of the file.
    pub digest: String,
    /// When it was made, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// How many CVEs it knows.
    pub entries: u64,
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Kebab-case code.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Dotted key.
    pub key: String,
    /// Its value, never a secret.
    pub value: String,
    /// `flag`, `environment`, `pipeline.toml`, `operator` or `default`.
    pub source: String,
}

impl From<&chiron_model::subject::Subject> for Subject {
    fn from(subject: &chiron_model::subject::Subject) -> Self {
        Self {
            name: subject.name.clone(),
            media_type: subject.media_type.clone(),
            digests: convert::digests(&subject.digests),
            size: subject.size,
            properties: convert::properties(&subject.properties),
        }
    }
}

impl From<&StepOutcome> for Step {
    fn from(step: &StepOutcome) -> Self {
        Self {
            id: step.id.clone(),
            kind: step.kind.word().to_owned(),
            plugin: (&step.plugin).into(),
            required: step.required,
            calls: step.calls,
            ending: (&step.ending).into(),
            fallback_for: step.fallback_for.clone(),
            replaced_by: step.replaced_by.clone(),
        }
    }
}

impl From<&PluginRecord> for Plugin {
    fn from(plugin: &PluginRecord) -> Self {
        Self {
            name: plugin.name.clone(),
            version: plugin.version.clone(),
            digest: plugin.digest.to_string(),
            signer: plugin.signer.clone(),
            imports: plugin.imports.clone(),
            grants: plugin.grants.clone(),
        }
    }
}

impl From<&step::Ending> for Ending {
    fn from(ending: &step::Ending) -> Self {
        match ending {
            step::Ending::Succeeded => Self::Succeeded,
            step::Ending::Skipped(reason) => Self::Skipped { reason: reason.clone() },
            step::Ending::Failed(failure) => Self::Failed(Failure {
                code: failure.code.clone(),
                message: failure.message.clone(),
                hint: failure.hint.clone(),
            }),
        }
    }
}

impl From<&DatabaseId> for Database {
    fn from(database: &DatabaseId) -> Self {
        Self {
            name: database.name.clone(),
            digest: database.digest.clone(),
            built_at: database.built_at.clone(),
            records: database.records,
        }
    }
}

impl From<&model::Enrichment> for Enrichment {
    fn from(enrichment: &model::Enrichment) -> Self {
        Self {
            kind: enrichment.kind.clone(),
            digest: enrichment.digest.clone(),
            date: enrichment.date.clone(),
            entries: enrichment.entries,
        }
    }
}

impl From<&model::Note> for Note {
    fn from(note: &model::Note) -> Self {
        Self { code: note.code.clone(), message: note.message.clone() }
    }
}

impl From<&model::Setting> for Setting {
    fn from(setting: &model::Setting) -> Self {
        Self { key: setting.key.clone(), value: setting.value.clone(), source: setting.source.clone() }
    }
}

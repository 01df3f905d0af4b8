//! Components, relations and files.

use chiron_model::component as model;
use chiron_model::coverage::{Coverage as ModelCoverage, FileOutcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Property, convert};

/// A software part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// Unique within the report.
    pub id: String,
    /// Package URL, as its source wrote it; absent where none can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// As the package's own metadata writes it.
    pub name: String,
    /// Absent where the source names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `library`, `application`, ... (open).
    pub kind: String,
    /// `runtime`, `development`, `optional`, ... (open).
    pub scope: String,
    /// Licences the metadata declares.
    pub licenses: Vec<License>,
    /// `algorithm:hex` of its own bytes, where it is a file.
    pub digests: Vec<String>,
    /// Where it was seen.
    pub locations: Vec<Location>,
    /// The step that reported it.
    pub step: String,
    /// The subject it belongs to.
    pub subject: String,
    /// Facts by key.
    pub properties: Vec<Property>,
}

/// A licence as found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum License {
    /// A valid SPDX expression.
    Expression(String),
    /// Anything else, as written.
    Text(String),
}

/// "source kind target", e.g. "a depends-on b".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// Component id.
    pub source: String,
    /// `depends-on`, `contains`, ... (open).
    pub kind: String,
    /// Component id.
    pub target: String,
}

/// How much of a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All of it.
    Read,
    /// Some entries were dropped.
    Partly,
    /// No generator reads this kind of file.
    Unsupported,
    /// It should have been readable and was not.
    Failed,
}

/// The account of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// Relative to the subject; `.` is the subject itself.
    pub path: String,
    /// How much was read.
    pub status: Coverage,
    /// Entries that became components.
    pub entries_read: u64,
    /// Entries that were seen and given up.
    pub entries_dropped: u64,
    /// Why, for anything but `read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The subject it lies in.
    pub subject: String,
    /// The step that says so.
    pub step: String,
}

impl From<&model::Component> for Component {
    fn from(component: &model::Component) -> Self {
        Self {
            id: component.id.clone(),
            purl: component.purl.as_ref().map(ToString::to_string),
            name: component.name.clone(),
            version: component.version.clone(),
            kind: component.kind.clone(),
            scope: component.scope.clone(),
            licenses: convert::all(&component.licenses),
            digests: convert::digests(&component.digests),
            locations: convert::all(&component.locations),
            step: component.origin.step.clone(),
            subject: component.origin.subject.clone(),
            properties: convert::properties(&component.properties),
        }
    }
}

impl From<&model::License> for License {
    fn from(license: &model::License) -> Self {
        match license {
            model::License::Expression(expression) => Self::Expression(expression.clone()),
            model::License::Text(text) => Self::Text(text.clone()),
        }
    }
}

impl From<&model::Relation> for Relation {
    fn from(relation: &model::Relation) -> Self {
        Self { source: relation.source.clone(), kind: relation.kind.clone(), target: relation.target.clone() }
    }
}

impl From<ModelCoverage> for Coverage {
    fn from(coverage: ModelCoverage) -> Self {
        match coverage {
            ModelCoverage::Read => Self::Read,
            ModelCoverage::Partly => Self::Partly,
            ModelCoverage::Unsupported => Self::Unsupported,
            ModelCoverage::Failed => Self::Failed,
        }
    }
}

impl From<&FileOutcome> for File {
    fn from(file: &FileOutcome) -> Self {
        Self {
            path: file.path.clone(),
            status: file.coverage.into(),
            entries_read: file.entries_read,
            entries_dropped: file.entries_dropped,
            reason: file.reason.clone(),
            subject: file.origin.subject.clone(),
            step: file.origin.step.clone(),
        }
    }
}

//! A document in SARIF 2.1.0 (OASIS): which parts count.

use std::collections::BTreeMap;

use chiron_plugin_report::{FINDINGS_MAX, List, Text};
use serde::Deserialize;

/// The version that is understood.
pub(crate) const VERSION: &str = "2.1.0";

/// The parts that matter.
#[derive(Debug, Deserialize)]
pub struct Document {
    pub(crate) version: Text,
    pub(crate) runs: List<Run, 1000>,
}

/// One run of one tool.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub(crate) tool: Tool,
    /// Absent or null where the run did not get so far (section 3.14.23).
    #[serde(default)]
    pub(crate) results: Option<List<Outcome, FINDINGS_MAX>>,
    #[serde(default)]
    pub(crate) invocations: List<Invocation, 1000>,
    #[serde(default)]
    pub(crate) artifacts: List<Artifact, 500_000>,
    #[serde(default)]
    pub(crate) external_property_file_references: BTreeMap<String, serde::de::IgnoredAny>,
}

/// The tool and what it is extended by.
#[derive(Debug, Deserialize)]
pub(crate) struct Tool {
    pub(crate) driver: Part,
    #[serde(default)]
    pub(crate) extensions: List<Part, 1000>,
}

/// A part of a tool, with its rules.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Part {
    pub(crate) name: Text,
    #[serde(default)]
    pub(crate) version: Text,
    #[serde(default)]
    pub(crate) semantic_version: Text,
    #[serde(default)]
    pub(crate) rules: List<Rule, 100_000>,
}

/// What a tool looks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) id: Text,
    #[serde(default)]
    pub(crate) short_description: Words,
    #[serde(default)]
    pub(crate) message_strings: BTreeMap<String, Words>,
    #[serde(default)]
    pub(crate) help_uri: Text,
    #[serde(default)]
    pub(crate) default_configuration: Configuration,
    #[serde(default)]
    pub(crate) properties: Properties,
}

/// How a rule is reported unless a result says otherwise.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Configuration {
    #[serde(default)]
    pub(crate) level: Text,
}

/// Of all properties the one that GitHub made common.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Properties {
    #[serde(default, rename = "security-severity")]
    pub(crate) severity: Option<Number>,
}

/// A number, which most tools write as a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    /// As such.
    Plain(f64),
    /// In quotes.
    Written(Text),
    /// Neither.
    Other(serde::de::IgnoredAny),
}

/// A text, or a reference to one of the rule's with what fills its holes.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Words {
    #[serde(default)]
    pub(crate) text: Text,
    #[serde(default)]
    pub(crate) id: Text,
    #[serde(default)]
    pub(crate) arguments: List<Text, 100>,
}

/// What was found at a place, or that nothing was.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    #[serde(default)]
    pub(crate) rule_id: Text,
    #[serde(default)]
    pub(crate) rule_index: Option<i64>,
    #[serde(default)]
    pub(crate) rule: Reference,
    #[serde(default)]
    pub(crate) kind: Text,
    #[serde(default)]
    pub(crate) level: Text,
    #[serde(default)]
    pub(crate) message: Words,
    #[serde(default)]
    pub(crate) locations: List<Place, 1000>,
    #[serde(default)]
    pub(crate) partial_fingerprints: BTreeMap<String, Text>,
    #[serde(default)]
    pub(crate) suppressions: List<Suppression, 100>,
    #[serde(default)]
    pub(crate) baseline_state: Text,
    #[serde(default)]
    pub(crate) properties: Properties,
}

/// Which rule of which part of the tool.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    #[serde(default)]
    pub(crate) id: Text,
    #[serde(default)]
    pub(crate) index: Option<i64>,
    #[serde(default)]
    pub(crate) tool_component: Index,
}

/// A place in a list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Index {
    #[serde(default)]
    pub(crate) index: Option<i64>,
}

/// Where.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    #[serde(default)]
    pub(crate) physical_location: Option<Physical>,
}

/// A file and a part of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Physical {
    #[serde(default)]
    pub(crate) artifact_location: FileName,
    #[serde(default)]
    pub(crate) region: Region,
}

/// A file, by its address or by its place in the run's list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FileName {
    #[serde(default)]
    pub(crate) uri: Text,
    #[serde(default)]
    pub(crate) index: Option<i64>,
}

/// A file of the run's list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Artifact {
    #[serde(default)]
    pub(crate) location: FileName,
}

/// From which line on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Region {
    #[serde(default)]
    pub(crate) start_line: Option<u32>,
    #[serde(default)]
    pub(crate) start_column: Option<u32>,
}

/// That somebody set a result aside.
#[derive(Debug, Deserialize)]
pub(crate) struct Suppression {
    #[serde(default)]
    pub(crate) status: Text,
    #[serde(default)]
    pub(crate) justification: Text,
}

/// One start of the tool.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invocation {
    #[serde(default)]
    pub(crate) execution_successful: Option<bool>,
}

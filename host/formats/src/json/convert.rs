//! What several of the structs are built with.

use chiron_model::Properties;
use chiron_model::digest::Digest;
use chiron_model::location::Location as ModelLocation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Property};

/// How bad a finding is. `unknown`: nobody rated it; it is neither above nor below anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// CVSS 9.0 to 10.0.
    Critical,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 0.1 to 3.9.
    Low,
    /// Rated zero.
    None,
    /// Not rated.
    Unknown,
}

impl From<chiron_model::severity::Severity> for Severity {
    fn from(severity: chiron_model::severity::Severity) -> Self {
        use chiron_model::severity::Severity as Model;
        match severity {
            Model::Critical => Self::Critical,
            Model::High => Self::High,
            Model::Medium => Self::Medium,
            Model::Low => Self::Low,
            Model::None => Self::None,
            Model::Unknown => Self::Unknown,
        }
    }
}

impl From<&ModelLocation> for Location {
    fn from(location: &ModelLocation) -> Self {
        Self { path: location.path.clone(), line: location.line, layer: location.layer.clone() }
    }
}

/// Each item in its wire form.
pub(super) fn all<'a, T, U: From<&'a T>>(items: &'a [T]) -> Vec<U> {
    items.iter().map(U::from).collect()
}

/// Properties in their order: keys may repeat, so they are no JSON object.
pub(super) fn properties(properties: &Properties) -> Vec<Property> {
    let property = |(name, value): &(String, String)| Property { name: name.clone(), value: value.clone() };
    properties.iter().map(property).collect()
}

/// Digests as `algorithm:hex`.
pub(super) fn digests(digests: &[Digest]) -> Vec<String> {
    digests.iter().map(ToString::to_string).collect()
}

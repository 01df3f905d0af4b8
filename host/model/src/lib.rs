//! The vocabulary every other crate speaks.
//!
//! Nothing here reads a file, asks a clock or knows about WebAssembly: a value of these types is a fact that
//! somebody else established. Parsing happens once, in a constructor, and the type is carried from then on.

pub mod advice;
pub mod advisory;
pub mod component;
pub mod coverage;
pub mod dependencies;
pub mod digest;
pub mod ecosystem;
pub mod event;
pub mod finding;
pub mod location;
pub mod plugin;
pub mod purl;
pub mod report;
pub mod severity;
pub mod statement;
pub mod step;
pub mod subject;
pub mod text;
pub mod verdict;
pub mod vex;

/// Key and value pairs that grow the contract without a new version; keys are listed in `wit/PROPERTIES.md`.
pub type Properties = Vec<(String, String)>;

/// The value of the first property named `key`.
#[must_use]
pub fn property<'a>(properties: &'a Properties, key: &str) -> Option<&'a str> {
    properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

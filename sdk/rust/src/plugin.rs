//! What every plugin says about itself, and how it takes its configuration.

use crate::PluginError;
pub use crate::bindings::lifecycle::exports::chiron::lifecycle::plugin::{Description, Request, Rule};

/// A plugin of any kind. One instance does one piece of work: `configure` once, then the work, then it is gone.
pub trait Plugin: Sized + 'static {
    /// What this plugin is. Called while planning, before `configure`: pure, the same every time, and it must call
    /// nothing of the host (not even [`crate::log`]), because every import traps then.
    fn describe() -> Description;

    /// Takes the step's configuration: JSON that the host has already checked against the schema of `describe`.
    /// [`crate::config::parse`] turns it into a `serde` type and words its mistakes.
    ///
    /// # Errors
    /// [`PluginError::BadConfig`] with a JSON pointer, for what a schema cannot say.
    fn configure(config: &str) -> Result<Self, PluginError>;
}

/// The schema of a plugin that takes no configuration.
pub const NO_CONFIG: &str =
    r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false}"#;

impl Description {
    /// A description without rules, requests or configuration; the methods below add them.
    #[must_use]
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            rules: Vec::new(),
            requests: Vec::new(),
            config_schema: NO_CONFIG.to_owned(),
            properties: Vec::new(),
        }
    }

    /// A JSON Schema (2020-12, no remote references) of the value that `configure` takes.
    #[must_use]
    pub fn config_schema(mut self, schema: &'static str) -> Self {
        schema.clone_into(&mut self.config_schema);
        self
    }

    /// A rule this plugin reports by: kebab-case, documented, never reused for something else.
    #[must_use]
    pub fn rule(mut self, id: &str, title: &str, description: &str) -> Self {
        self.rules.push(Rule {
            id: id.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            help_uri: None,
        });
        self
    }

    /// A labelled power ("endpoint", "key", "tool") that the operator has to bind for this plugin.
    #[must_use]
    pub fn request(mut self, capability: &str, label: &str, purpose: &str) -> Self {
        self.requests.push(Request {
            capability: capability.to_owned(),
            label: label.to_owned(),
            purpose: purpose.to_owned(),
        });
        self
    }

    /// A property; a key may stand more than once. The keys are listed in `wit/PROPERTIES.md`.
    #[must_use]
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_starts_with_a_schema_that_takes_nothing() {
        let description = Description::new("p", "1.0.0", "does p").rule("r", "R", "about r").property("k", "v");
        let schema: serde_json::Value = serde_json::from_str(&description.config_schema).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(description.rules[0].id, "r");
        assert_eq!(description.properties, [("k".to_owned(), "v".to_owned())]);
    }
}

//! Scanners: components in, findings out; or bytes in, findings out.

pub use crate::advisory::{AdvisoryDb, Score};
pub use crate::bindings::imports::chiron::scan::types::{Finding, Proof, Severity, Status};
pub use crate::sbom::{Component, Source};
use crate::{Plugin, PluginError, Subject};

/// A plugin that finds what is wrong with components.
pub trait Scanner: Plugin {
    /// Findings about one batch of a subject's components; batches are disjoint. Never filter by severity: that is the
    /// gate's.
    ///
    /// # Errors
    /// When it could not look. No findings means "looked, and found none".
    fn scan(
        &self,
        subject: &Subject,
        components: &[Component],
        db: &dyn AdvisoryDb,
    ) -> Result<Vec<Finding>, PluginError>;
}

/// A plugin that reads the bytes of a subject itself and says what is wrong: a report made elsewhere, secrets, configuration.
/// Which files it is called with, its description says, as a generator's does (`chiron:input-media-type` and the like in
/// `wit/PROPERTIES.md`).
pub trait ContentScanner: Plugin {
    /// Findings about one file or tree. `components` are all that the step sees, of every subject: a finding may name one
    /// of them. Places of a finding are paths of the subject that the source lies in; `.` is the source itself.
    ///
    /// # Errors
    /// When it could not look, or could not read what it looked at. No findings means "looked, and found none".
    fn scan_content(
        &self,
        subject: &Subject,
        source: Source<'_>,
        components: &[Component],
    ) -> Result<Vec<Finding>, PluginError>;
}

impl Finding {
    /// A finding under a rule, of which nothing else is known: unrated, and about the source as such.
    #[must_use]
    pub fn new(rule_id: &str, title: &str, message: &str) -> Self {
        Self {
            rule_id: rule_id.to_owned(),
            discriminator: String::new(),
            status: Status::Affected,
            component: None,
            title: title.to_owned(),
            message: message.to_owned(),
            severity: Severity::Unknown,
            scores: Vec::new(),
            aliases: Vec::new(),
            fixed_versions: Vec::new(),
            last_affected: None,
            locations: Vec::new(),
            proofs: Vec::new(),
            properties: Vec::new(),
        }
    }

    /// The same with a property; a key may stand more than once. The keys are listed in `wit/PROPERTIES.md`.
    #[must_use]
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }
}

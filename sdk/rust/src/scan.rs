//! Scanners: components in, findings out.

pub use crate::advisory::{AdvisoryDb, Score};
pub use crate::bindings::imports::chiron::scan::types::{Finding, Proof, Severity, Status};
pub use crate::sbom::Component;
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

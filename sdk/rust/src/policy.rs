//! Policies: a function from the run's evidence to a verdict.

pub use crate::advisory::Score;
pub use crate::bindings::policy::exports::chiron::policy::check::{
    Attested, Decision, Evidence, Finding, Input, Reason, Standing, Step, Verdict,
};
pub use crate::sbom::{Component, Coverage, FileOutcome, License, Relation};
pub use crate::scan::Severity;
use crate::{Plugin, PluginError};

/// A plugin that judges what the scanners found.
pub trait Policy: Plugin {
    /// What it wants to see; the rest of the input arrives empty. Call nothing of the host here.
    fn needs() -> Evidence;

    /// The verdict. A denial is a verdict, not an error.
    ///
    /// # Errors
    /// When the policy could not do its job, which the host never takes for an allowance.
    fn evaluate(&self, input: Input) -> Result<Verdict, PluginError>;
}

impl Verdict {
    /// Nothing speaks against it.
    #[must_use]
    pub fn allow(summary: impl Into<String>) -> Self {
        Self::new(Decision::Allow, summary)
    }

    /// Something deserves a look, but not a stop.
    #[must_use]
    pub fn warn(summary: impl Into<String>) -> Self {
        Self::new(Decision::Warn, summary)
    }

    /// This must not pass.
    #[must_use]
    pub fn deny(summary: impl Into<String>) -> Self {
        Self::new(Decision::Deny, summary)
    }

    /// The policy has nothing to say about such a subject, which is not the same as allowing it.
    #[must_use]
    pub fn not_applicable(summary: impl Into<String>) -> Self {
        Self::new(Decision::NotApplicable, summary)
    }

    /// A verdict without reasons.
    #[must_use]
    pub fn new(decision: Decision, summary: impl Into<String>) -> Self {
        Self { decision, summary: summary.into(), reasons: Vec::new(), properties: Vec::new() }
    }

    /// Adds a reason.
    #[must_use]
    pub fn reason(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }
}

impl Reason {
    /// A reason by one of the rules of `describe`.
    #[must_use]
    pub fn new(rule_id: &str, message: impl Into<String>) -> Self {
        Self {
            rule_id: rule_id.to_owned(),
            message: message.into(),
            component: None,
            remedy: None,
            properties: Vec::new(),
        }
    }

    /// The component it is about, by id.
    #[must_use]
    pub fn component(mut self, id: &str) -> Self {
        self.component = Some(id.to_owned());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// A property; the keys are listed in `wit/PROPERTIES.md`.
    #[must_use]
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }
}

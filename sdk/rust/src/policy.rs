//! Policies: a function from the run's evidence to a verdict.
//!
//! [`Policy`] speaks `chiron:policy/check@0.1.0`, which every host understands. [`v0_2::Policy`] sees more of a run and
//! asks for a host that speaks 0.2.0: what the policies before it said, databases and their age, settings, where things
//! were found.

pub mod v0_2;

pub use crate::advisory::Score;
pub use crate::bindings::policy::exports::chiron::policy0_1_0::check::{
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

/// How verdicts and reasons are made: alike in every version, whose types are each version's own.
macro_rules! builders {
    ($verdict:ty, $reason:ty, $decision:ty) => {
        impl $verdict {
            /// Nothing speaks against it.
            #[must_use]
            pub fn allow(summary: impl Into<String>) -> Self {
                Self::new(<$decision>::Allow, summary)
            }

            /// Something deserves a look, but not a stop.
            #[must_use]
            pub fn warn(summary: impl Into<String>) -> Self {
                Self::new(<$decision>::Warn, summary)
            }

            /// This must not pass.
            #[must_use]
            pub fn deny(summary: impl Into<String>) -> Self {
                Self::new(<$decision>::Deny, summary)
            }

            /// The policy has nothing to say about such a subject, which is not the same as allowing it.
            #[must_use]
            pub fn not_applicable(summary: impl Into<String>) -> Self {
                Self::new(<$decision>::NotApplicable, summary)
            }

            /// A verdict without reasons.
            #[must_use]
            pub fn new(decision: $decision, summary: impl Into<String>) -> Self {
                Self { decision, summary: summary.into(), reasons: Vec::new(), properties: Vec::new() }
            }

            /// Adds a reason.
            #[must_use]
            pub fn reason(mut self, reason: $reason) -> Self {
                self.reasons.push(reason);
                self
            }
        }

        impl $reason {
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
    };
}
use builders;

builders!(Verdict, Reason, Decision);

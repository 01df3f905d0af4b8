//! Policies as of 0.2: `chiron_sdk::export!(MyType as policy 0.2);`.
//!
//! ```
//! use chiron_sdk::policy::v0_2::{Decision, Evidence, Input, Policy, Verdict};
//! use chiron_sdk::{Description, Plugin, PluginError};
//!
//! struct TwoPairsOfEyes;
//!
//! impl Plugin for TwoPairsOfEyes {
//!     fn describe() -> Description {
//!         Description::new("two-pairs-of-eyes", "0.1.0", "Denies what no other policy allowed")
//!     }
//!     fn configure(_config: &str) -> Result<Self, PluginError> {
//!         Ok(Self)
//!     }
//! }
//!
//! impl Policy for TwoPairsOfEyes {
//!     fn needs() -> Evidence {
//!         Evidence::VERDICTS
//!     }
//!     fn evaluate(&self, input: Input) -> Result<Verdict, PluginError> {
//!         let allowed = input.verdicts.iter().find(|said| said.verdict.decision == Decision::Allow);
//!         Ok(match allowed {
//!             Some(said) => Verdict::allow(format!("`{}` allows it too", said.step)),
//!             None => Verdict::deny("no other policy allows it"),
//!         })
//!     }
//! }
//!
//! chiron_sdk::export!(TwoPairsOfEyes as policy 0.2);
//! # fn main() {}
//! ```

pub use crate::advisory::Score;
pub use crate::bindings::policy_v0_2::exports::chiron::policy0_2_0::check::{
    Attested, Database, Decision, Ending, Evidence, Failure, Finding, Input, Judgement, Note, Origin, PlacedComponent,
    PlacedFile, Reason, Setting, Standing, Step, Suppression, Verdict,
};
pub use crate::sbom::{Component, Coverage, FileOutcome, License, Relation};
pub use crate::scan::{Severity, Status};
use crate::{Plugin, PluginError};

/// A plugin that judges what the scanners found, and sees what the policies before it said.
pub trait Policy: Plugin {
    /// What it wants to see; the rest of the input arrives empty. Call nothing of the host here.
    fn needs() -> Evidence;

    /// The verdict. A denial is a verdict, not an error; and the host combines verdicts, so that none lifts another's denial.
    ///
    /// # Errors
    /// When the policy could not do its job, which the host never takes for an allowance.
    fn evaluate(&self, input: Input) -> Result<Verdict, PluginError>;
}

super::builders!(Verdict, Reason, Decision);

//! What policies answer.

use crate::Properties;

/// A policy's decision, in growing order of badness for those that apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Nothing in its field.
    NotApplicable,
    /// Fine.
    Allow,
    /// Fine, with something to look at.
    Warn,
    /// Not fine.
    Deny,
}

impl Decision {
    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.badness() > self.badness() { other } else { self }
    }

    fn badness(self) -> u8 {
        match self {
            Self::NotApplicable => 0,
            Self::Allow => 1,
            Self::Warn => 2,
            Self::Deny => 3,
        }
    }
}

/// Why a policy decided as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Kebab-case id of the rule.
    pub rule_id: String,
    /// One sentence.
    pub message: String,
    /// Id of a component.
    pub component: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// Facts by key.
    pub properties: Properties,
}

/// One policy's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// The step.
    pub step: String,
    /// What it decided.
    pub decision: Decision,
    /// One sentence.
    pub summary: String,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Facts by key.
    pub properties: Properties,
}

/// The run's verdict: the worst of all policies and of failed required steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst.
    pub decision: Decision,
    /// Whether the run could be judged at all: false when a required step failed.
    pub judged: bool,
    /// Each policy's answer, in file order.
    pub policies: Vec<PolicyVerdict>,
}

//! What was decided.

use chiron_model::verdict as model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Property, convert};

/// The run's verdict: the worst of all policies and of failed required steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The worst.
    pub decision: Decision,
    /// Whether the run could be judged at all: false when a required step failed.
    pub judged: bool,
    /// Each policy's answer, in file order.
    pub policies: Vec<Policy>,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
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

/// One policy's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// The step.
    pub step: String,
    /// What it decided.
    pub decision: Decision,
    /// One sentence.
    pub summary: String,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Facts by key.
    pub properties: Vec<Property>,
}

/// Why a policy decided as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Kebab-case id of the rule.
    pub rule_id: String,
    /// One sentence.
    pub message: String,
    /// Id of a component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Facts by key.
    pub properties: Vec<Property>,
}

impl From<&model::Verdict> for Verdict {
    fn from(verdict: &model::Verdict) -> Self {
        Self { decision: verdict.decision.into(), judged: verdict.judged, policies: convert::all(&verdict.policies) }
    }
}

impl From<model::Decision> for Decision {
    fn from(decision: model::Decision) -> Self {
        match decision {
            model::Decision::NotApplicable => Self::NotApplicable,
            model::Decision::Allow => Self::Allow,
            model::Decision::Warn => Self::Warn,
            model::Decision::Deny => Self::Deny,
        }
    }
}

impl From<&model::PolicyVerdict> for Policy {
    fn from(policy: &model::PolicyVerdict) -> Self {
        Self {
            step: policy.step.clone(),
            decision: policy.decision.into(),
            summary: policy.summary.clone(),
            reasons: convert::all(&policy.reasons),
            properties: convert::properties(&policy.properties),
        }
    }
}

impl From<&model::Reason> for Reason {
    fn from(reason: &model::Reason) -> Self {
        Self {
            rule_id: reason.rule_id.clone(),
            message: reason.message.clone(),
            component: reason.component.clone(),
            remedy: reason.remedy.clone(),
            properties: convert::properties(&reason.properties),
        }
    }
}

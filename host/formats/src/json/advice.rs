//! What to do about components with findings.

use std::collections::HashMap;

use chiron_model::advice as model;
use chiron_model::component::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FindingComponent;
use crate::paths::Paths;

/// The way out of the findings of one component, and how it came to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// The component.
    pub component: FindingComponent,
    /// The smallest version that leaves as little as possible; absent where no fix is known, or none that can be ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_to: Option<String>,
    /// Ids of the findings that it ends.
    pub clears: Vec<String>,
    /// Ids of the findings that it does not end.
    pub leaves: Vec<String>,
    /// Records that apply to that version and not to this one.
    pub brings: Vec<String>,
    /// Ids of components, from one that nothing needs to this one: the shortest way. Empty where none leads here.
    pub path: Vec<String>,
    /// Other components that need it directly.
    pub other_ways: u64,
}

impl Advice {
    /// The wire form.
    pub(super) fn new<'a>(
        advice: &'a model::Advice,
        components: &HashMap<&str, &Component>,
        paths: &Paths<'a>,
    ) -> Self {
        Self {
            component: FindingComponent::of(&advice.component, components),
            upgrade_to: advice.upgrade_to.clone(),
            clears: advice.clears.clone(),
            leaves: advice.leaves.clone(),
            brings: advice.brings.clone(),
            path: paths.to(&advice.component).into_iter().map(str::to_owned).collect(),
            other_ways: paths.others(&advice.component) as u64,
        }
    }
}

//! What one step may cost: the defaults, what pipeline.toml asks for, and what operators allow at most.

use chiron_sandbox::Limits;

use crate::config::PipelineConfig;
use crate::config::file::{Limit, LimitsTable, StepTable};
use crate::house::House;

/// The limits of one step, and where they come from.
pub(crate) struct Budget {
    /// In force.
    pub(crate) limits: Limits,
    /// Those that an operator lowered: pipeline.toml cannot raise them.
    pub(crate) capped: Vec<Limit>,
    /// What pipeline.toml asks for beyond the ceiling: the limit, what is wrong, what to do.
    pub(crate) objections: Vec<(Limit, String, String)>,
}

impl Budget {
    pub(crate) fn of(config: &PipelineConfig, step: &StepTable, house: &House) -> Self {
        let asked: Vec<&LimitsTable> =
            [config.file.limits.as_ref(), step.limits.as_ref()].into_iter().flatten().collect();
        let mut wished = Limits::default();
        asked.iter().for_each(|table| table.apply(&mut wished));
        let mut limits = wished.clone();
        let objections = house.operators.iter().flat_map(|operator| operator.cap(&mut limits, &asked)).collect();
        let capped = Limit::ALL.into_iter().filter(|limit| limit.of(&limits) < limit.of(&wished)).collect();
        Self { limits, capped, objections }
    }
}

/// What to do where the budget behind `key`, e.g. `limits.cpu`, ran out in a step.
pub(crate) fn advice(key: &str, step: &str, capped: &[Limit]) -> String {
    let name = key.trim_start_matches("limits.");
    if capped.iter().any(|limit| limit.key() == name) {
        return format!("only the operator can raise it, in the operator's file: [limits] {name}");
    }
    format!("raise `{key}` of the step `{step}` if this is expected")
}

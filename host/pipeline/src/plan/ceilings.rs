//! What a plan asks for and an operator does not allow, each at its line.

use chiron_egress::Endpoint;

use super::services::{Asking, Services};
use super::token::PlannedToken;
use super::tools::PlannedTools;
use crate::config::PipelineConfig;
use crate::house::House;
use crate::mistake::{Mistake, MistakeClass};
use crate::operator::Operator;
use crate::operator::ceiling::Objection;
use crate::vouched::UNSIGNED;

/// What is bound and lies beyond what an operator allows.
pub(super) fn of_what_is_bound(
    config: &PipelineConfig,
    house: &House,
    endpoints: &[(String, Endpoint)],
    tools: &PlannedTools,
) -> Vec<Mistake> {
    let mistake = |table: String, Objection { key, message, hint }: Objection| {
        let (class, pointer) = (MistakeClass::Plugin, format!("{table}/{key}"));
        config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint))
    };
    let mut mistakes = Vec::new();
    for operator in &house.operators {
        let unsigned = config.file.pipeline.allow_unsigned_plugins_unsafe;
        let objection = operator.objection_to_setting(UNSIGNED).filter(|_| unsigned);
        mistakes.extend(objection.map(|objection| mistake("/pipeline".to_owned(), objection)));
        for (name, endpoint) in endpoints {
            let objections = operator.objections_to_endpoint(endpoint).into_iter();
            mistakes.extend(objections.map(|objection| mistake(format!("/endpoints/{name}"), objection)));
        }
        for planned in &tools.tools {
            let objections = operator.objections_to_tool(&planned.tool).into_iter();
            mistakes.extend(objections.map(|objection| mistake(format!("/tools/{}", planned.tool.name), objection)));
        }
    }
    mistakes
}

/// Services that keys ask are reached like endpoints, and capped like them.
pub(super) fn of_services(config: &PipelineConfig, house: &House, services: Services<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for operator in &house.operators {
        for Asking { name, table, ways, .. } in services.by_key() {
            let objections = ways.into_iter().flat_map(|way| operator.objections_to_endpoint(&way.endpoint));
            mistakes.extend(objections.map(|Objection { message, hint, .. }| {
                let (class, pointer) = (MistakeClass::Plugin, format!("/keys/{name}/{table}"));
                config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint))
            }));
        }
    }
    mistakes
}

/// The module of a token is code that no sandbox holds.
pub(super) fn of_modules(config: &PipelineConfig, house: &House, tokens: &[PlannedToken]) -> Vec<Mistake> {
    let pairs = house.operators.iter().flat_map(|operator| tokens.iter().map(move |token| (operator, token)));
    let objection = |(operator, token): (&Operator, &PlannedToken)| {
        let Objection { key, message, hint } = operator.objection_to_module(&token.module)?;
        let (class, pointer) = (MistakeClass::Plugin, format!("/keys/{}/{key}", token.name));
        Some(config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint)))
    };
    pairs.filter_map(objection).collect()
}

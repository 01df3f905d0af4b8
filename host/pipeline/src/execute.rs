//! Running the steps that establish facts: generators, then scanners. A failed plugin is an outcome, not an error.

pub(crate) mod fallback;
pub(crate) mod generate;
mod includes;
mod job;
pub(crate) mod scan;

use std::sync::Arc;

use chiron_model::plugin::Capability;
use chiron_model::step::{Ending, Failure, StepOutcome};
use chiron_model::text::{cut, one_line};
use chiron_sandbox::CallError;
use chiron_sandbox::powers::{Advisories, Journal, Powers, Signing, Tools};

use crate::event::{Ended, Event};
use crate::house::House;
use crate::plan::budget::advice;
use crate::plan::{Plan, PlannedStep};
use crate::powers::http::Egress;
use crate::powers::journal::StepJournal;
use crate::powers::tools::{Sbom, ToolPower};

/// What a call of a step is given, as far as the sandbox lets it. `watch` tells of the call.
pub(crate) fn powers(
    step: &PlannedStep,
    watch: &Arc<StepJournal>,
    egress: &Egress,
    advisories: Option<Arc<dyn Advisories>>,
    signing: Option<Arc<dyn Signing>>,
) -> Powers {
    let journal = Arc::clone(watch) as Arc<dyn Journal>;
    Powers { http: egress.of(step, &journal), journal, advisories, signing, ..Powers::none() }
}

/// The programs that a step's calls may run, as far as it bound any. `sbom` are the components of the call.
pub(crate) fn tools(plan: &Plan, step: &PlannedStep, sbom: impl FnOnce() -> Option<Sbom>) -> Option<Arc<dyn Tools>> {
    let toolbox = plan.tools.toolbox.as_ref().filter(|_| step.grants.allows(Capability::Tools))?;
    Some(Arc::new(ToolPower::new(toolbox, sbom())))
}

/// A step's calls begin.
pub(crate) fn begin(step: &PlannedStep, house: &House, calls: u64) {
    house.observer.on(Event::StepStarted {
        step: step.id.clone(),
        kind: step.plugin.kind(),
        plugin: step.record.name.clone(),
        version: step.record.version.clone(),
        digest: step.record.digest.clone(),
        calls,
    });
}

/// Why a step cannot be called at all.
pub(crate) fn missing(step: &PlannedStep, egress: &Egress) -> Option<Failure> {
    step.absent.clone().or_else(|| egress.missing(step))
}

/// How a step ended, with its first failure and how many more there were.
pub(crate) fn outcome(step: &PlannedStep, house: &House, calls: u64, failures: Vec<Failure>) -> StepOutcome {
    let others = failures.len().saturating_sub(1);
    let ending = match failures.into_iter().next() {
        None => Ending::Succeeded,
        Some(mut first) => {
            if others > 0 {
                first.message.push_str(&format!(" (and {others} more calls failed)"));
            }
            Ending::Failed(first)
        }
    };
    ended(step, house, calls, ending)
}

/// A step that nobody needed.
pub(crate) fn skipped(step: &PlannedStep, house: &House, reason: String) -> StepOutcome {
    ended(step, house, 0, Ending::Skipped(reason))
}

fn ended(step: &PlannedStep, house: &House, calls: u64, ending: Ending) -> StepOutcome {
    house.observer.on(Event::StepEnded {
        step: step.id.clone(),
        kind: step.plugin.kind(),
        plugin: step.record.name.clone(),
        ending: Ended::from(&ending),
    });
    StepOutcome {
        id: step.id.clone(),
        kind: step.plugin.kind(),
        plugin: step.record.clone(),
        required: step.required,
        calls,
        ending,
        fallback_for: step.fallback_for.clone(),
        replaced_by: None,
    }
}

/// A failed call, about something.
pub(crate) fn failure(step: &PlannedStep, about: Option<&str>, error: &CallError) -> Failure {
    let message = match about {
        Some(about) => format!("{about}: {error}"),
        None => error.to_string(),
    };
    // Its words, on one line: a line feed in them would let it write lines of others.
    let message = cut(&one_line(&message), 2_000).into_owned();
    let backtrace = if let CallError::Trapped { backtrace, .. } = error { backtrace.as_slice() } else { &[] };
    let hint = if backtrace.is_empty() {
        error.limit_key().map(|key| advice(key, &step.id, &step.capped))
    } else {
        Some(format!("in {}", backtrace.join(" < ")))
    };
    Failure { code: error.code().to_owned(), message, hint }
}

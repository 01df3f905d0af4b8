//! Fallbacks, once plugins are known: one stands in for a step of its own kind, and only facts have stand-ins.

use chiron_model::plugin::PluginKind;

use crate::config::PipelineConfig;
use crate::config::file::StepTable;
use crate::mistake::{Mistake, MistakeClass};
use crate::registry::Resolved;

/// Ids of the steps that name this one as a fallback, in the order of the file.
pub(super) fn tried_for(id: &str, steps: &[StepTable]) -> Vec<String> {
    let named = steps.iter().filter(|step| step.fallback.iter().any(|other| other == id));
    named.map(|step| step.id.clone()).collect()
}

/// What is wrong with fallbacks that only the plugins show.
pub(super) fn check(config: &PipelineConfig, resolved: &[Option<Resolved>]) -> Vec<Mistake> {
    let steps = &config.file.steps;
    let kind_of = |index: usize| resolved.get(index).and_then(Option::as_ref).map(|plugin| plugin.inspection.kind);
    let mut mistakes = Vec::new();
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| !step.fallback.is_empty()) {
        let Some(kind) = kind_of(index) else { continue };
        let mut wrong = |pointer: String, message: String, label: &str, hint: String| {
            mistakes.push(config.document.mistake(MistakeClass::Config, &pointer, message, label, Some(hint)));
        };
        if matches!(kind, PluginKind::Policy | PluginKind::Signer) {
            let message = format!("the step `{}` is a {kind}, which has no fallback", step.id);
            let hint = "a policy that failed is not outvoted, and a signature is not replaced: remove `fallback`";
            wrong(format!("/step/{index}/fallback"), message, "no fallback here", hint.to_owned());
            continue;
        }
        for (place, id) in step.fallback.iter().enumerate() {
            let found = steps.iter().position(|other| other.id == *id).and_then(kind_of);
            if let Some(other) = found.filter(|other| *other != kind) {
                let message = format!("the fallback `{id}` is a {other}, and `{}` a {kind}", step.id);
                let hint = format!("name a step whose plugin is a {kind} too: it has to do the same work");
                wrong(format!("/step/{index}/fallback/{place}"), message, "another kind", hint);
            }
        }
    }
    mistakes
}

//! `publish` among the statements of a run: attestations of PEP 740 need an identity, and a log that promises its entries. What
//! lacks either is told while planning: what was logged cannot be taken back.

use chiron_model::plugin::{Capability, PluginKind};
use chiron_trust::keyless::Logs;

use super::PlannedStep;
use crate::config::PipelineConfig;
use crate::config::file::Attest;
use crate::mistake::{Mistake, MistakeClass};

/// Which log sessions of this run use.
pub(super) fn logs(config: &PipelineConfig) -> Logs {
    if place(config).is_some() { Logs::Promising } else { Logs::Newest }
}

/// What would go wrong with it, as far as the plan shows: a signer that may sign with a key that has no certificate, and a second
/// signer, whose attestations would be written over those of the first.
pub(super) fn check(config: &PipelineConfig, steps: &[PlannedStep]) -> Vec<Mistake> {
    let Some(index) = place(config) else { return Vec::new() };
    let mistake = |message: String, hint: &str| {
        let pointer = format!("/pipeline/attest/{index}");
        config.document.mistake(MistakeClass::Config, &pointer, message, "PEP 740", Some(hint.to_owned()))
    };
    let keyless = |name: &str| config.file.keys.get(name).is_some_and(|key| key.keyless.is_some());
    let signers: Vec<_> = steps.iter().filter(|step| step.plugin.kind() == PluginKind::Signer).collect();
    let mut mistakes = Vec::new();
    for step in &signers {
        let mut names = step.grants.names(Capability::Signing).peekable();
        if names.peek().is_none() || !names.all(keyless) {
            let message = format!("the step `{}` signs with a key, and the format needs a certificate", step.id);
            mistakes.push(mistake(message, "sign keyless: [keys.NAME] keyless = {}"));
        }
    }
    if let [first, second, ..] = signers[..] {
        let message =
            format!("the steps `{}` and `{}` would both publish, and there is one file for it", first.id, second.id);
        mistakes.push(mistake(message, "publish in a pipeline with one signer"));
    }
    mistakes
}

fn place(config: &PipelineConfig) -> Option<usize> {
    config.file.pipeline.attest.iter().position(|attest| *attest == Attest::Publish)
}

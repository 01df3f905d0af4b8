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

/// Signers that cannot sign it: nothing that they bind has a certificate.
pub(super) fn check(config: &PipelineConfig, steps: &[PlannedStep]) -> Vec<Mistake> {
    let Some(index) = place(config) else { return Vec::new() };
    let keyless = |name: &str| config.file.keys.get(name).is_some_and(|key| key.keyless.is_some());
    let without = steps.iter().filter(|step| {
        step.plugin.kind() == PluginKind::Signer && !step.grants.names(Capability::Signing).any(keyless)
    });
    let mistake = |step: &PlannedStep| {
        let message = format!("the step `{}` signs with a key, and the format needs a certificate", step.id);
        let (pointer, hint) =
            (format!("/pipeline/attest/{index}"), "sign keyless: [keys.NAME] keyless = {}".to_owned());
        config.document.mistake(MistakeClass::Config, &pointer, message, "PEP 740", Some(hint))
    };
    without.map(mistake).collect()
}

fn place(config: &PipelineConfig) -> Option<usize> {
    config.file.pipeline.attest.iter().position(|attest| *attest == Attest::Publish)
}

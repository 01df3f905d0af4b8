//! Who vouches for a plugin's bytes. Asked each time they are loaded, before anything reads or compiles them.
//!
//! Two may ask. A pipeline that names a `signer` has it held, always. An operator's file names whose plugins may run on its
//! machine at all, and none unless it does; around that leads only `allow_unsigned_plugins_unsafe`, where the operator allows
//! it. Where neither asks, a file runs as it is named, and a note says so: that is development.

use std::path::Path;

use chiron_verify::{EndorsementError, Endorser, WantedError, bundle_beside};
use jiff::Timestamp;

use crate::config::PipelineConfig;
use crate::config::file::PluginTable;
use crate::house::House;
use crate::operator::{Operator, Signers};

/// The setting that lets files run that nobody whom the operator trusts has signed.
pub(crate) const UNSIGNED: &str = "allow_unsigned_plugins_unsafe";

/// What is known of a plugin's signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vouched {
    /// Who signed; None where nobody asked.
    pub by: Option<String>,
    /// Who the pipeline says it has to be.
    pub wanted: Option<String>,
}

/// Why a plugin is not loaded, and what to do.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// Holds a plugin's bytes against everybody who asks.
pub(crate) fn vouch(
    bytes: &[u8],
    path: &Path,
    table: Option<&PluginTable>,
    config: &PipelineConfig,
    house: &House,
) -> Result<Vouched, Refused> {
    let bundle = bundle_beside(path);
    let mut vouched = Vouched::default();
    if let Some(signer) = table.and_then(|table| table.signer.as_ref()) {
        let endorser = signer
            .wanted(&config.folder)
            .endorser(house.time.evaluated_at)
            .map_err(|error| Refused::signer(path, &error))?;
        vouched.by = Some(endorser.endorses(bytes, &bundle).map_err(|error| Refused::by_pipeline(path, &error))?);
        vouched.wanted = Some(endorser.words());
    }
    for operator in &house.operators {
        // Not by `--at`: whoever runs chiron could bring back a root that has expired.
        match trusted(operator, bytes, &bundle, vouched.by.as_ref(), house.time.clock) {
            Ok(by) => vouched.by = Some(by),
            Err(_) if config.file.pipeline.allow_unsigned_plugins_unsafe && operator.allows(UNSIGNED) => {}
            Err(reason) => return Err(Refused::by_operator(path, operator, &reason)),
        }
    }
    Ok(vouched)
}

/// Who signed, of those whom an operator lets sign.
fn trusted(
    operator: &Operator,
    bytes: &[u8],
    bundle: &Path,
    named: Option<&String>,
    now: Timestamp,
) -> Result<String, String> {
    let signers = match &operator.file.grants.plugin_signers {
        Signers::Any(_) => return named.cloned().ok_or_else(|| "the pipeline names no signer of it".to_owned()),
        Signers::These(signers) => signers,
    };
    let mut reasons = Vec::new();
    for signer in signers {
        let endorser = signer.wanted(operator.folder()).endorser(now);
        let endorsed = endorser.map_err(|error| format!("a signer cannot be used: {error}"));
        match endorsed
            .and_then(|endorser: Endorser| endorser.endorses(bytes, bundle).map_err(|error| error.to_string()))
        {
            Ok(by) => return Ok(by),
            Err(reason) => reasons.push(reason),
        }
    }
    reasons.sort();
    reasons.dedup();
    Err(if reasons.is_empty() { "nobody may sign plugins".to_owned() } else { reasons.join("; ") })
}

impl Refused {
    fn signer(path: &Path, error: &WantedError) -> Self {
        let message = format!("the signer of the plugin {} cannot be used: {error}", path.display());
        Self { message, hint: crate::config::signers::EXAMPLE.to_owned() }
    }

    fn by_pipeline(path: &Path, error: &EndorsementError) -> Self {
        let hint = match error {
            EndorsementError::Unsigned { .. } => {
                "get the bundle from whoever made the plugin, and put it beside the file"
            }
            EndorsementError::Unreadable { .. } => "the bundle beside the file has to be readable",
            EndorsementError::Refused { .. } | EndorsementError::Statement { .. } => {
                "this is not what its signer released: do not run it; `chiron plugin verify FILE` holds a file against a signer"
            }
        };
        Self { message: format!("the plugin {} is refused: {error}", path.display()), hint: hint.to_owned() }
    }

    fn by_operator(path: &Path, operator: &Operator, reason: &str) -> Self {
        let rule = operator.says("only plugins of signers that [grants] plugin_signers names may run");
        Self {
            message: format!("the plugin {} is refused: {rule}; {reason}", path.display()),
            hint: format!(
                "have it signed by one of them; or, if the operator lists it in [allow] settings, say [pipeline] {UNSIGNED} = true"
            ),
        }
    }
}

//! Keys in tokens that steps bind, planned: which key, whose code reaches it, and where the PIN is. Nothing is loaded here, and no PIN is read.

use chiron_model::plugin::Capability;
use chiron_model::report::Setting;
use chiron_trust::key::token::IS_BUILT;
use chiron_trust::key::{Module, SecretSource, TokenError, TokenUri};

use super::PlannedStep;
use crate::config::PipelineConfig;
use crate::config::file::{KeyTable, SecretTable};
use crate::mistake::{Mistake, MistakeClass};
use crate::token::advice;

/// A key in a token.
pub struct PlannedToken {
    /// The pipeline's name for the key.
    pub name: String,
    /// Which key it is.
    pub uri: TokenUri,
    /// The library that reaches it, by digest. Its code runs in this process once the run signs.
    pub module: Module,
    /// Where the PIN is; None where the token asks for none, or has a reader of its own.
    pub pin: Option<SecretSource>,
}

/// Plans the keys in tokens that steps bind. What is wrong with one is told at its key.
pub(super) fn plan(config: &PipelineConfig, steps: &[PlannedStep], mistakes: &mut Vec<Mistake>) -> Vec<PlannedToken> {
    let bound = |name: &str| steps.iter().any(|step| step.grants.names(Capability::Signing).any(|key| key == name));
    let mut planned = Vec::new();
    for (name, table) in config.file.keys.iter().filter(|(name, _)| bound(name)) {
        // A URI that cannot be read is a mistake already.
        let Some(Ok(uri)) = table.pkcs11.as_deref().map(TokenUri::parse) else { continue };
        match module(&uri) {
            Ok(module) => {
                let pin = pin(&uri, table, config);
                planned.push(PlannedToken { name: name.clone(), uri, module, pin });
            }
            Err(error) => {
                let message = format!("the key `{name}` cannot be used: {error}");
                let (class, pointer) = (MistakeClass::Config, format!("/keys/{name}/pkcs11"));
                let hint = Some(advice(&error).to_owned());
                mistakes.push(config.document.mistake(class, &pointer, message, "not this module", hint));
            }
        }
    }
    planned
}

fn module(uri: &TokenUri) -> Result<Module, TokenError> {
    if IS_BUILT { Module::of(uri) } else { Err(TokenError::NotBuilt) }
}

fn pin(uri: &TokenUri, table: &KeyTable, config: &PipelineConfig) -> Option<SecretSource> {
    let of_table = |table: &SecretTable| match (&table.file, &table.env) {
        (Some(file), _) => Some(SecretSource::File(config.folder.join(file))),
        (None, env) => env.clone().map(SecretSource::Env),
    };
    table.pin.as_ref().and_then(of_table).or_else(|| uri.pin_source())
}

impl PlannedToken {
    /// As reports name it: which key, and which code was loaded for it, without a folder of this machine.
    pub(super) fn settings(&self) -> [Setting; 2] {
        let key = format!("keys.{}.pkcs11", self.name);
        let of_file = |key, value| Setting { key, value, source: "pipeline.toml".to_owned() };
        let module = format!("{} {}", self.module.file_name(), self.module.digest());
        [of_file(format!("{key}.module"), module), of_file(key, self.uri.to_string())]
    }
}

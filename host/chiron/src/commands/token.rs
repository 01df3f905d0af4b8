//! Keys in tokens that a command names by their URIs. Whose code is loaded for one the operator has a say in, whatever the command.

use std::process::ExitCode;

use chiron_model::text::inert;
use chiron_pipeline::standalone::Refused;
use chiron_pipeline::{ExitCode as Code, Operator, token};
use chiron_trust::key::{Module, TokenUri};

use super::key::unusable;
use crate::door;

/// The key that a URI names, and the module that reaches it, which all operators let be loaded. Loads nothing.
pub(super) fn find(text: &str, operators: &[Operator]) -> Result<(TokenUri, Module), ExitCode> {
    let uri = TokenUri::parse(text).map_err(|error| unusable(&error.into()))?;
    // What it says and nobody knows is passed over, and told.
    if !uri.ignored().is_empty() {
        door::say(&format!("note: the URI says {}, which nobody here knows", inert(&uri.ignored().join(", "))));
    }
    let module = Module::of(&uri).map_err(|error| unusable(&error.into()))?;
    token::permit(&module, operators).map_err(|Refused { message, hint }| {
        let code = door::fail(&message, Code::Usage);
        door::say(&format!("  help: {}", inert(&hint)));
        code
    })?;
    Ok((uri, module))
}

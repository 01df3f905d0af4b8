//! `chiron plugin verify`: whether a plugin is its signer's, by the rule that holds when a pipeline names a `signer`.

use std::path::Path;
use std::process::ExitCode;

use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_verify::{Endorser, Wanted, bundle_beside};
use jiff::Timestamp;

use crate::cli::PluginVerifyArgs;
use crate::commands::{output, verify};
use crate::door;

/// Prints who signed each file; one that does not hold is the command's failure, and the others are still told.
pub(super) fn verify(args: &PluginVerifyArgs) -> Result<ExitCode, ExitCode> {
    if args.bundle.is_some() && args.files.len() > 1 {
        return Err(door::fail("one bundle signs one file", Code::Usage));
    }
    let wanted = Wanted { key: verify::key_of(args.key.as_deref())?, ..verify::of_identity(&args.identity) };
    let endorser = wanted.endorser(Timestamp::now()).map_err(|error| verify::refused(&error))?;
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        let beside = bundle_beside(file);
        match endorsed(&endorser, file, args.bundle.as_ref().unwrap_or(&beside)) {
            Ok(by) => output::print(format!("{}\n", inert(&format!("{}: signed by {by}", file.display()))).as_bytes())?,
            Err((reason, failure)) => code = door::fail(&format!("{}: {reason}", file.display()), failure),
        }
    }
    Ok(code)
}

fn endorsed(endorser: &Endorser, file: &Path, bundle: &Path) -> Result<String, (String, Code)> {
    let bytes = std::fs::read(file).map_err(|error| (format!("failed to read it: {error}"), Code::Io))?;
    endorser.endorses(&bytes, bundle).map_err(|error| (error.to_string(), Code::Unverified))
}

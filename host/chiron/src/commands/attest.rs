//! `chiron attest -- COMMAND`: runs a command of the user's own, and signs what it was run on and what it made.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use chiron_archive::{Limits, snapshot, write_atomically};
use chiron_model::digest::Digest;
use chiron_pipeline::ExitCode as Code;
use chiron_trust::bundle::bundle_statement;
use chiron_trust::key::TokenUri;
use chiron_trust::link::{Link, Recorded};

use super::key::open;
use crate::cli::{AttestArgs, Global};
use crate::door;

pub(super) fn attest(args: &AttestArgs, global: &Global) -> ExitCode {
    run(args, global).unwrap_or_else(|code| code)
}

fn run(args: &AttestArgs, global: &Global) -> Result<ExitCode, ExitCode> {
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.link.sigstore.json", args.name)));
    let [program, arguments @ ..] = &args.command[..] else {
        return Err(door::fail("no command was given", Code::Usage));
    };
    // Opened first: a command that takes an hour must not end at a wrong password.
    let opened = || open(&args.key, &args.password, &args.pin);
    let key = opened()?;
    // Other programs may use a token as long as somebody is logged in, and the command is another program: it is closed meanwhile.
    let kept = if TokenUri::is_meant(&args.key) { None } else { Some(key) };
    let materials = recorded(&args.materials)?;
    if args.dry_run {
        door::say(&format!("would run {program}, on {} files, and write {}", materials.len(), output.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let status = Command::new(program)
        .args(arguments)
        .status()
        .map_err(|error| door::fail(&format!("failed to run {program}: {error}"), Code::Io))?;
    let Some(exit) = status.code() else {
        return Err(door::fail(&format!("{program} was ended by a signal; nothing was signed"), Code::Denied));
    };
    if exit != 0 {
        // What a failed command leaves is no product.
        return Err(door::fail(&format!("{program} ended with {exit}; nothing was signed"), Code::Denied));
    }
    let products = recorded(&args.products)?;
    if products.is_empty() {
        return Err(door::fail("the command made nothing: no file is where --product says", Code::Empty));
    }
    let count = products.len();
    let link = Link { name: args.name.clone(), command: args.command.clone(), materials, products, exit };
    let key = kept.map_or_else(opened, Ok)?;
    let bundle = bundle_statement(&key, &link.statement()).map_err(|error| door::fail(&error.to_string(), Code::Io))?;
    write_atomically(&output, &bundle)
        .map_err(|error| door::fail(&format!("failed to write {}: {error}", output.display()), Code::Io))?;
    if !global.quiet {
        door::say(&format!("signed for {count} files: {}", output.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Every file of these paths, by its digest. What is no regular file cannot be recorded, and is named.
fn recorded(paths: &[PathBuf]) -> Result<Vec<Recorded>, ExitCode> {
    let mut all = Vec::new();
    for path in paths {
        let failed = |reason: String| door::fail(&format!("failed to read {}: {reason}", path.display()), Code::Io);
        let held = snapshot(path, &Limits::default()).map_err(|error| failed(error.to_string()))?;
        if !path.is_dir() {
            let digest = held.digests.first().cloned().ok_or_else(|| failed("it has no digest".to_owned()))?;
            all.push(entry(path, digest));
            continue;
        }
        if let Some(broken) = held.unreadable.first() {
            return Err(failed(format!("{}: {}", broken.path, broken.reason)));
        }
        all.extend(held.files.iter().map(|file| entry(&path.join(&file.path), file.sha256.clone())));
        for link in &held.links {
            door::say(&format!("not recorded: {} is a symbolic link", path.join(&link.path).display()));
        }
    }
    Ok(all)
}

fn entry(path: &Path, digest: Digest) -> Recorded {
    Recorded { name: path.display().to_string(), digest }
}

//! `chiron pack`: subjects and what speaks for them in one file.

use std::fmt::Write as _;
use std::process::ExitCode;

use chiron_archive::Packing;
use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_verify::pack::{self, Contents, Draft, Inspection, PackError, Role, SignerSeen};

use super::{output, verify};
use crate::cli::{Global, PackCommand, PackCreateArgs, PackInspectArgs, PackVerifyArgs, VerifyFormat};
use crate::door;

pub(super) fn pack(command: PackCommand, global: &Global) -> ExitCode {
    let done = match command {
        PackCommand::Create(args) => create(args, global),
        PackCommand::Verify(args) => verified(&args, global),
        PackCommand::Inspect(args) => inspect(&args),
    };
    done.unwrap_or_else(|code| code)
}

fn create(args: PackCreateArgs, global: &Global) -> Result<ExitCode, ExitCode> {
    let name = args.output.display().to_string();
    let packing = args.format.or_else(|| Packing::of_name(&name)).ok_or_else(|| {
        let code = door::fail(&format!("`{name}` does not say how the pack is to be compressed"), Code::Usage);
        door::say("  help: end it in .tar.gz or .tar.zst, or give --format");
        code
    })?;
    let mtime = mtime()?;
    let PackCreateArgs { paths, output, sboms, reports, attestations, dry_run, .. } = args;
    let contents = Contents { subjects: paths, sboms, reports, attestations, output };
    let draft = Draft::of(&contents).map_err(|error| refused(&error))?;
    let members = &draft.manifest().members;
    if dry_run {
        door::say(&format!("would write {name} ({packing}) with {} files:", members.len() + 2));
        members.iter().for_each(|entry| door::say(&format!("  {:<12}{}", entry.role.word(), inert(&entry.path))));
        return Ok(ExitCode::SUCCESS);
    }
    draft.write(packing, mtime).map_err(|error| refused(&error))?;
    if !global.quiet {
        let count = |role: Role| members.iter().filter(|entry| entry.role == role).count();
        door::say(&format!(
            "wrote {name}: {} subjects, {} SBOMs, {} reports, {} attestations",
            count(Role::Subject),
            count(Role::Sbom),
            count(Role::Report),
            count(Role::Attestation),
        ));
        if count(Role::Attestation) == 0 {
            door::say("  nobody signed anything in it: `chiron pack verify` will say so");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The time of every member: as the reproducible-builds specification has it, or 1970.
fn mtime() -> Result<u64, ExitCode> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Err(_) => Ok(0),
        // What ustar has room for.
        Ok(text) => text.parse().ok().filter(|seconds| *seconds < 1 << 33).ok_or_else(|| {
            door::fail(&format!("SOURCE_DATE_EPOCH is `{text}`, and not a number of seconds since 1970"), Code::Usage)
        }),
    }
}

fn verified(args: &PackVerifyArgs, global: &Global) -> Result<ExitCode, ExitCode> {
    let request = verify::request(&[], &args.checks)?;
    let account = pack::verify(&args.pack, &request).map_err(|error| refused(&error))?;
    match args.checks.output {
        VerifyFormat::Json => json(&account)?,
        VerifyFormat::Table => {
            let mut text = String::new();
            for fault in &account.faults {
                let _ = writeln!(text, "FAILED  {}", inert(fault));
            }
            if account.faults.is_empty() {
                text.push_str(&verify::table(&account.subjects, account.passed, global.verbose > 0));
            } else {
                let _ = writeln!(text, "NOT verified: the pack is not whole, and nothing in it was judged");
            }
            output::print(text.as_bytes())?;
        }
    }
    let only_skipped = account.faults.is_empty() && verify::only_skipped(&request, &account.subjects);
    Ok(ExitCode::from(if account.passed || only_skipped { Code::Passed } else { Code::Unverified }.number()))
}

fn inspect(args: &PackInspectArgs) -> Result<ExitCode, ExitCode> {
    let seen = pack::inspect(&args.pack).map_err(|error| refused(&error))?;
    match args.output {
        VerifyFormat::Json => json(&seen)?,
        VerifyFormat::Table => output::print(table(&seen).as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(seen: &Inspection) -> String {
    let mut text = String::new();
    for member in &seen.members {
        let role = member.role.map_or("unknown", Role::word);
        let digest = member.digest.as_deref().unwrap_or("unreadable");
        let _ = writeln!(text, "{role:<12}{}", inert(&member.path));
        let _ = writeln!(text, "            {} bytes, {digest}", member.size);
        if let Some(report) = &member.report {
            let judged = if report.judged { "" } else { ", could not judge" };
            let line = format!("says: {} for the pipeline {}{judged}", report.decision, report.pipeline);
            let _ = writeln!(text, "            {}", inert(&line));
        }
        for signer in &member.signers {
            let _ = writeln!(text, "            {}", inert(&signed(signer)));
        }
    }
    for fault in &seen.faults {
        let _ = writeln!(text, "WRONG: {}", inert(fault));
    }
    let _ = writeln!(text, "{} files. Nothing was verified: `chiron pack verify` does that", seen.members.len());
    text
}

fn signed(signer: &SignerSeen) -> String {
    let what = signer.predicate_type.as_deref().unwrap_or("the file");
    match (&signer.key, &signer.identity) {
        (Some(hint), _) => format!("says it is signed by the key {}: {what}", if hint.is_empty() { "?" } else { hint }),
        (None, identity) => {
            let (identity, issuer) = (identity.as_deref().unwrap_or("?"), signer.issuer.as_deref().unwrap_or("?"));
            format!("says it is signed by {identity} ({issuer}): {what}")
        }
    }
}

fn json(value: &impl serde::Serialize) -> Result<(), ExitCode> {
    let text = serde_json::to_string_pretty(value).map_err(|error| door::fail(&error.to_string(), Code::Bug))?;
    output::print(format!("{text}\n").as_bytes())
}

fn refused(error: &PackError) -> ExitCode {
    let (code, help) = match error {
        PackError::Unreadable { .. } => (Code::Io, None),
        PackError::Archive(chiron_archive::Error::Write { .. } | chiron_archive::Error::Io { .. }) => (Code::Io, None),
        PackError::Archive(_) => (Code::Usage, None),
        PackError::Empty => (Code::Empty, None),
        PackError::NotOne { .. } => (Code::Usage, Some("leave it out, or give it as what it is")),
        PackError::Doubled { .. } => (Code::Usage, Some("rename one of them, or make two packs")),
        PackError::Itself { .. } => (Code::Usage, Some("write it elsewhere: the next pack would hold this one")),
    };
    let code = door::fail(&error.to_string(), code);
    if let Some(help) = help {
        door::say(&format!("  help: {help}"));
    }
    code
}

//! `chiron trust`: trust roots, and the TUF repositories that they come from.

mod show;
mod update;

use std::path::PathBuf;
use std::process::ExitCode;

use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::roots::{self, RootsError, advice};
use chiron_trust::tuf::{self, Expired, RepositoryName, TufError};
use jiff::Timestamp;

use super::output;
use crate::cli::{Global, TrustCommand};
use crate::door;

/// Says why, and what helps.
fn refused(message: &str, code: Code, help: &str) -> ExitCode {
    let code = door::fail(message, code);
    if !help.is_empty() {
        door::say(&format!("  help: {}", inert(help)));
    }
    code
}

pub(super) async fn trust(command: TrustCommand, global: &Global) -> ExitCode {
    let done = match command {
        TrustCommand::Update(args) => update::update(args, global).await,
        TrustCommand::Show { name, output } => show::show(name.as_ref(), output),
        TrustCommand::Print { name, target, expired } => print(&name, &target, expired),
        TrustCommand::Remove { name, dry_run } => remove(&name, dry_run, global),
    };
    done.map_or_else(|code| code, |()| ExitCode::SUCCESS)
}

/// A trust root that was asked for and cannot be used.
pub(super) fn unusable(error: &dyn std::fmt::Display, name: &RepositoryName, reason: &TufError) -> ExitCode {
    refused(&error.to_string(), code_of(reason), &advice(name, reason))
}

fn folder() -> Result<PathBuf, ExitCode> {
    tuf::default_dir().ok_or_else(|| door::fail(&TufError::NoPlace.to_string(), Code::Usage))
}

fn print(name: &RepositoryName, target: &str, expired: bool) -> Result<(), ExitCode> {
    let expired = if expired { Expired::Accepted } else { Expired::Refused };
    let folder = folder()?;
    let verified = tuf::read(&folder, name).and_then(|store| store.verify(name, expired, Timestamp::now()));
    let found = verified.and_then(|verified| verified.file(target).map(<[u8]>::to_vec));
    let bytes = found.map_err(|reason| unusable(&format!("{name}: {reason}"), name, &reason))?;
    output::print(&bytes)
}

fn remove(name: &RepositoryName, dry_run: bool, global: &Global) -> Result<(), ExitCode> {
    let folder = folder()?;
    let path = tuf::path(&folder, name);
    if dry_run {
        let words = if path.exists() { "would remove" } else { "there is no" };
        door::say(&format!("{words} {}", path.display()));
        return Ok(());
    }
    match roots::remove(&folder, name).map_err(|error| failed(name, &error))? {
        true if global.quiet => {}
        true => door::say(&format!("removed {}", path.display())),
        false => return Err(door::fail(&format!("there is no {}", path.display()), Code::Usage)),
    }
    Ok(())
}

fn failed(name: &RepositoryName, error: &RootsError) -> ExitCode {
    let message = format!("{name}: {error}");
    match error {
        // What is kept may be over too; what a mirror hands out is its own affair.
        RootsError::Tuf(TufError::Expired { .. }) => refused(
            &message,
            Code::Unverified,
            "the mirror is out of date, or somebody holds back what is newer: try another one with --mirror; what was known is as it was",
        ),
        RootsError::Tuf(reason) => refused(&message, code_of(reason), &advice(name, reason)),
        RootsError::NoMirror { .. } => refused(&message, Code::Usage, "name it: --mirror https://…"),
        RootsError::Mirror(_) => refused(&message, Code::Usage, ""),
        RootsError::Open(_) | RootsError::Io { .. } => refused(&message, Code::Io, ""),
    }
}

/// What does not hold is not verified; what is not there was not asked for rightly; the rest is the world's.
fn code_of(reason: &TufError) -> Code {
    match reason {
        TufError::NoPlace
        | TufError::NoStore { .. }
        | TufError::NoRoot { .. }
        | TufError::KnownRoot { .. }
        | TufError::OtherRoot { .. }
        | TufError::NoTarget { .. } => Code::Usage,
        TufError::Unreadable { .. } | TufError::Mirror { .. } => Code::Io,
        TufError::Writable { .. }
        | TufError::Store { .. }
        | TufError::FirstRoot { .. }
        | TufError::Signatures { .. }
        | TufError::Rollback { .. }
        | TufError::Expired { .. }
        | TufError::Mismatch { .. }
        | TufError::Metadata { .. }
        | TufError::TooLong { .. }
        | TufError::Target { .. } => Code::Unverified,
    }
}

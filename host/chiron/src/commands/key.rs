//! `chiron key`: makes keys, shows their public halves, and puts new ones in their place.

use std::path::Path;
use std::process::ExitCode;

use chiron_pipeline::ExitCode as Code;
use chiron_trust::key::{Algorithm, Secret, SecretSource};
use chiron_trust::pair::{Pair, PairError};
use chiron_trust::{KeyError, PrivateKey};

use super::output;
use crate::cli::{Global, KeyCommand, PasswordArgs, given};
use crate::door;

pub(super) fn key(command: KeyCommand, global: &Global) -> ExitCode {
    let done = match command {
        KeyCommand::Generate { name, algorithm, password, dry_run } => {
            generate(&name, algorithm, &password, dry_run, global)
        }
        KeyCommand::Public { key, password } => public(&key, &password),
        KeyCommand::Rotate { name, password, new_password_env, new_password_file, dry_run } => {
            let new = given(new_password_env.as_deref(), new_password_file.as_ref()).or_else(|| password.source());
            rotate(&name, &password, new, dry_run, global)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

fn generate(
    name: &Path,
    algorithm: Algorithm,
    password: &PasswordArgs,
    dry_run: bool,
    global: &Global,
) -> Result<(), ExitCode> {
    let source = password.source();
    if source.is_none() && !password.no_password {
        let code = door::fail("a new key needs a password", Code::Usage);
        door::say("  help: --password-env NAME or --password-file FILE; --no-password for a key without one");
        return Err(code);
    }
    let pair = Pair::named(name);
    if dry_run {
        pair.refuse_taken().map_err(|error| refused(&error))?;
        door::say(&format!("would write {} and {}", pair.private.display(), pair.public.display()));
        return Ok(());
    }
    let secret = read(source)?;
    let made = pair.generate(algorithm, secret.as_ref()).map_err(|error| refused(&error))?;
    if !global.quiet {
        let how = if secret.is_some() { "encrypted" } else { "not encrypted" };
        door::say(&format!("wrote {} ({how}) and {}", pair.private.display(), pair.public.display()));
        door::say(&format!("key {}", made.key_id()));
    }
    Ok(())
}

fn public(path: &Path, password: &PasswordArgs) -> Result<(), ExitCode> {
    let secret = read(password.source())?;
    let key = PrivateKey::load(path, secret.as_ref()).map_err(|error| unusable(&error))?;
    output::print(key.public().to_pem().as_bytes())
}

fn rotate(
    name: &Path,
    password: &PasswordArgs,
    new: Option<SecretSource>,
    dry_run: bool,
    global: &Global,
) -> Result<(), ExitCode> {
    let pair = Pair::named(name);
    let (old, new) = (read(password.source())?, read(new)?);
    if dry_run {
        PrivateKey::load(&pair.private, old.as_ref()).map_err(|error| unusable(&error))?;
        door::say(&format!("would replace {} and {}", pair.private.display(), pair.public.display()));
        return Ok(());
    }
    let done = pair.rotate(old.as_ref(), new.as_ref()).map_err(|error| refused(&error))?;
    if !global.quiet {
        door::say(&format!("{} is now {}", pair.private.display(), done.now.key_id()));
        door::say(&format!("kept {} as {}", done.before.key_id(), done.kept.private.display()));
        door::say(&format!("the old key signed for the new one: {}", done.handover.display()));
    }
    Ok(())
}

pub(super) fn read(source: Option<SecretSource>) -> Result<Option<Secret>, ExitCode> {
    source.map(|source| source.read()).transpose().map_err(|error| unusable(&error))
}

fn refused(error: &PairError) -> ExitCode {
    match error {
        PairError::Key(error) => unusable(error),
        PairError::Write { .. } => door::fail(&error.to_string(), Code::Io),
        PairError::Taken { .. } => {
            let code = door::fail(&error.to_string(), Code::Usage);
            door::say("  help: a key is never written over: choose another name, or `chiron key rotate`");
            code
        }
        PairError::Mismatch { .. } => door::fail(&error.to_string(), Code::Usage),
        PairError::Sign(_) => door::fail(&error.to_string(), Code::Bug),
    }
}

/// A key that cannot be opened, with what to do.
pub(super) fn unusable(error: &KeyError) -> ExitCode {
    let code = if matches!(error, KeyError::Unreadable { .. }) { Code::Io } else { Code::Usage };
    let code = door::fail(&error.to_string(), code);
    if matches!(error, KeyError::PasswordMissing { .. }) {
        door::say("  help: --password-env NAME or --password-file FILE");
    }
    code
}

//! `chiron key`: makes keys, shows their public halves, and puts new ones in their place.

use std::path::Path;
use std::process::ExitCode;

use chiron_pipeline::token::advice;
use chiron_pipeline::{ExitCode as Code, Operator};
use chiron_trust::key::{Algorithm, Secret, SecretSource, TokenError, TokenUri, UriError, token::pin_source};
use chiron_trust::pair::{Pair, PairError};
use chiron_trust::{KeyError, PrivateKey, PublicKey};

use super::{house, output, token};
use crate::cli::{Global, KeyCommand, PasswordArgs, PinArgs, given};
use crate::door;

pub(super) fn key(command: KeyCommand, global: &Global) -> ExitCode {
    let done = match command {
        KeyCommand::Generate { name, algorithm, pkcs11: Some(uri), pin, dry_run, password: _ } => {
            generate_in_token(&name, algorithm, &uri, &pin, dry_run, global)
        }
        KeyCommand::Generate { name, algorithm, password, dry_run, pkcs11: None, pin: _ } => {
            named_by_file(&name).and_then(|()| generate(&name, algorithm, &password, dry_run, global))
        }
        KeyCommand::Public { key, password, pin } => public(&key, &password, &pin),
        KeyCommand::Rotate { name, password, new_password_env, new_password_file, dry_run } => {
            let new = given(new_password_env.as_deref(), new_password_file.as_ref()).or_else(|| password.source());
            named_by_file(&name).and_then(|()| rotate(&name, &password, new, dry_run, global))
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

/// Makes a pair in a token, and writes down its public half.
fn generate_in_token(
    name: &Path,
    algorithm: Algorithm,
    uri: &str,
    pin: &PinArgs,
    dry_run: bool,
    global: &Global,
) -> Result<(), ExitCode> {
    let (uri, module) = token::find(uri, &operators()?)?;
    let pair = Pair::named(name);
    if dry_run {
        pair.refuse_taken_public().map_err(|error| refused(&error))?;
        door::say(&format!("would make {uri} by {}, and write {}", module.named().display(), pair.public.display()));
        return Ok(());
    }
    let secret = read(pin_source(&uri, pin.given()))?;
    let made = pair.generate_in_token(&uri, &module, secret.as_ref(), algorithm).map_err(|error| refused(&error))?;
    if !global.quiet {
        door::say(&format!("made {uri}, which stays in its token, and wrote {}", pair.public.display()));
        door::say(&format!("key {}", made.key_id()));
    }
    Ok(())
}

fn public(key: &str, password: &PasswordArgs, pin: &PinArgs) -> Result<(), ExitCode> {
    if TokenUri::is_meant(key) {
        let (uri, module) = token::find(key, &operators()?)?;
        let public = PublicKey::of_uri(&uri, &module, pin.given()).map_err(|error| unusable(&error))?;
        return output::print(public.to_pem().as_bytes());
    }
    output::print(open_file(key, password)?.public().to_pem().as_bytes())
}

/// These commands have no flag for an operator's file: the machine's alone caps them.
fn operators() -> Result<Vec<Operator>, ExitCode> {
    house::operators(None).map_err(|error| door::explain(&error))
}

/// Opens a private key that is named by its file, or by the URI of a token.
pub(super) fn open(
    key: &str,
    password: &PasswordArgs,
    pin: &PinArgs,
    operators: &[Operator],
) -> Result<PrivateKey, ExitCode> {
    if !TokenUri::is_meant(key) {
        return open_file(key, password);
    }
    let (uri, module) = token::find(key, operators)?;
    PrivateKey::of_uri(&uri, &module, pin.given()).map_err(|error| unusable(&error))
}

fn open_file(key: &str, password: &PasswordArgs) -> Result<PrivateKey, ExitCode> {
    let secret = read(password.source())?;
    PrivateKey::load(Path::new(key), secret.as_ref()).map_err(|error| unusable(&error))
}

/// Refuses a URI where files are made.
fn named_by_file(name: &Path) -> Result<(), ExitCode> {
    if !name.to_str().is_some_and(TokenUri::is_meant) {
        return Ok(());
    }
    let code = door::fail("a key in a token has no files", Code::Usage);
    door::say("  help: a new one in the token: chiron key generate release --pkcs11 URI, or pkcs11-tool --keypairgen");
    Err(code)
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
    let missing = matches!(
        error,
        KeyError::Unreadable { .. } | KeyError::Token(TokenError::ModuleUnreadable { .. } | TokenError::Lost)
    );
    let code = if missing { Code::Io } else { Code::Usage };
    let code = door::fail(&error.to_string(), code);
    let help = match error {
        KeyError::PasswordMissing { .. } => "--password-env NAME or --password-file FILE",
        KeyError::Token(TokenError::PinMissing) => {
            "--pin-env NAME or --pin-file FILE where the command has them, pin-source=FILE in the URI, or COSIGN_PKCS11_PIN"
        }
        KeyError::Token(error) => advice(error),
        KeyError::Uri(UriError::PinValue | UriError::PinProgram) => "pin-source=FILE in the URI, or COSIGN_PKCS11_PIN",
        KeyError::Uri(_) => "pkcs11:token=release;object=signing?module-path=/usr/lib/softhsm/libsofthsm2.so",
        KeyError::Unreadable { .. }
        | KeyError::TooLarge { .. }
        | KeyError::NotPem
        | KeyError::Exposed { .. }
        | KeyError::NoVariable { .. }
        | KeyError::WrongPassword
        | KeyError::Sealed { .. }
        | KeyError::Generation
        | KeyError::Weak
        | KeyError::PublicInsteadOfPrivate { .. }
        | KeyError::PrivateInsteadOfPublic { .. }
        | KeyError::OtherBlock { .. }
        | KeyError::OtherAlgorithm { .. }
        | KeyError::Malformed { .. } => "",
    };
    if !help.is_empty() {
        door::say(&format!("  help: {help}"));
    }
    code
}

//! `chiron attest -- COMMAND`: runs a command of the user's own, and signs what it was run on and what it made.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use chiron_archive::{Limits, snapshot, write_atomically};
use chiron_model::digest::Digest;
use chiron_model::statement::Statement;
use chiron_model::text::inert;
use chiron_pipeline::config::file::{KeylessTable, SecretTable, WitnessTable};
use chiron_pipeline::standalone::{Refused, Standalone, Trouble};
use chiron_pipeline::{ExitCode as Code, Operator};
use chiron_trust::PrivateKey;
use chiron_trust::bundle::bundle_statement;
use chiron_trust::key::token::PIN_VARIABLE;
use chiron_trust::key::{SecretSource, TokenUri};
use chiron_trust::link::{Link, Recorded};
use jiff::Timestamp;

use super::house;
use super::key::open;
use crate::cli::{AttestArgs, COSIGN_PASSWORD, Global, ServicesArgs};
use crate::door;

/// Who signs.
enum By {
    /// A key, and nobody else.
    Key(PrivateKey),
    /// A key or an identity, with services.
    Services(Standalone),
}

pub(super) async fn attest(args: AttestArgs, global: &Global) -> ExitCode {
    run(&args, global).await.unwrap_or_else(|code| code)
}

async fn run(args: &AttestArgs, global: &Global) -> Result<ExitCode, ExitCode> {
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.link.sigstore.json", args.name)));
    let [program, arguments @ ..] = &args.command[..] else {
        return Err(door::fail("no command was given", Code::Usage));
    };
    // Whoever signs: which files cap, and whose code reaches a token, is known before anything is opened.
    let operators = house::operators(args.services.operator.as_deref()).map_err(|error| door::explain(&error))?;
    // Opened first: a command that takes an hour must not end at a wrong password, or at a token that is not there.
    let by = signer(args, &operators)?;
    let materials = recorded(&args.materials)?;
    if args.dry_run {
        let asks = match &by {
            By::Key(_) => String::new(),
            By::Services(services) => format!(", ask {}", services.origins()),
        };
        let count = materials.len();
        door::say(&format!("would run {program}, on {count} files{asks}, and write {}", output.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut command = Command::new(program);
    command.args(arguments);
    // What was given to chiron is not for whatever the command starts. What a job asks GitHub for tokens with is the job's own.
    for name in by.variable().into_iter().chain(variables(args)) {
        command.env_remove(name);
    }
    // Other programs may use a key in a token as long as somebody is logged in, and the command is another program: it is closed
    // meanwhile.
    let in_token = args.key.as_deref().is_some_and(TokenUri::is_meant);
    let kept = if in_token {
        drop(by);
        None
    } else {
        Some(by)
    };
    let status =
        command.status().map_err(|error| door::fail(&format!("failed to run {program}: {error}"), Code::Io))?;
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
    let by = kept.map_or_else(|| signer(args, &operators), Ok)?;
    let bundle = by.sign(&link.statement()).await?;
    write_atomically(&output, &bundle)
        .map_err(|error| door::fail(&format!("failed to write {}: {error}", output.display()), Code::Io))?;
    if !global.quiet {
        door::say(&format!("signed for {count} files: {}", output.display()));
    }
    Ok(ExitCode::SUCCESS)
}

impl By {
    /// The variable that holds the identity token, if one does.
    fn variable(&self) -> Option<String> {
        match self {
            Self::Key(_) => None,
            Self::Services(services) => services.variable().map(str::to_owned),
        }
    }

    async fn sign(self, statement: &Statement) -> Result<Vec<u8>, ExitCode> {
        match self {
            Self::Key(key) => {
                bundle_statement(&key, statement).map_err(|error| door::fail(&error.to_string(), Code::Io))
            }
            Self::Services(services) => {
                services.sign(statement, env!("CARGO_PKG_VERSION")).await.map_err(|trouble| unsigned(&trouble))
            }
        }
    }
}

/// The variables in which a secret of the key may be: the one that was named, and those that are read where none is.
fn variables(args: &AttestArgs) -> Vec<String> {
    let named = [args.password.source(), args.pin.given()].into_iter().flatten();
    let named = named.filter_map(|source| match source {
        SecretSource::Env(name) => Some(name),
        SecretSource::File(_) => None,
    });
    named.chain([COSIGN_PASSWORD.to_owned(), PIN_VARIABLE.to_owned()]).collect()
}

/// Who signs, as far as that is known before the command runs.
fn signer(args: &AttestArgs, operators: &[Operator]) -> Result<By, ExitCode> {
    let (services, now) = (&args.services, Timestamp::now());
    let key = args.key.as_ref().map(|key| open(key, &args.password, &args.pin, operators));
    let planned = match (key.transpose()?, &services.signing_config) {
        (Some(key), None) => return Ok(By::Key(key)),
        (Some(key), Some(_)) => Standalone::witnessed(&witness(services), key, operators, now),
        (None, _) => Standalone::keyless(&keyless(services)?, operators, now),
    };
    let planned = planned.map_err(|Refused { message, hint }| refused(&message, &hint, Code::Usage))?;
    planned.look(services.offline).map_err(|trouble| unsigned(&trouble))?;
    Ok(By::Services(planned))
}

fn witness(args: &ServicesArgs) -> WitnessTable {
    WitnessTable {
        signing_config: args.signing_config.clone(),
        trusted_root: args.trusted_root.clone(),
        ca: args.ca.clone(),
        proxy: args.proxy.clone(),
        private_addresses: args.private_addresses,
        plaintext_unsafe: args.plaintext_unsafe,
        timeout: args.timeout.clone(),
    }
}

fn keyless(args: &ServicesArgs) -> Result<KeylessTable, ExitCode> {
    let token = args.identity_token.as_deref().map(token_source).transpose()?;
    Ok(KeylessTable { token, ..witness(args).into() })
}

/// A file or a variable. cosign takes the token itself too; whoever is on the machine could read it there, and here it is not repeated.
fn token_source(given: &str) -> Result<SecretTable, ExitCode> {
    if given.starts_with("eyJ") && given.matches('.').count() == 2 {
        let hint = "--identity-token FILE, or --identity-token env://NAME";
        return Err(refused("a token on the command line can be read by every user of the machine", hint, Code::Usage));
    }
    Ok(match given.strip_prefix("env://") {
        Some(name) => SecretTable { env: Some(name.to_owned()), file: None },
        None => SecretTable { env: None, file: Some(given.to_owned()) },
    })
}

fn unsigned(trouble: &Trouble) -> ExitCode {
    refused(&format!("nothing was signed: {}", trouble.reason), trouble.hint, Code::NotJudged)
}

fn refused(message: &str, hint: &str, code: Code) -> ExitCode {
    let code = door::fail(message, code);
    if !hint.is_empty() {
        door::say(&format!("  help: {}", inert(hint)));
    }
    code
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

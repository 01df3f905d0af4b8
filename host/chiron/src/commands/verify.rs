//! `chiron verify`: what others, or we ourselves, signed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_archive::Walk;
use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::config::PipelineConfig;
use chiron_pipeline::config::file::VerifyTable;
use chiron_trust::judge::RootError;
use chiron_trust::key::TokenUri;
use chiron_verify::{
    Check, Error, Expectations, KeyName, Missing, Outcome, Request, SubjectAccount, Text, Wanted, WantedError,
};
use jiff::Timestamp;

use super::{house, output, token};
use crate::cli::{ChecksArgs, Global, IdentityArgs, VerifyArgs, VerifyFormat};
use crate::door;

pub(super) fn verify(args: &VerifyArgs, global: &Global) -> ExitCode {
    judge(args, global).unwrap_or_else(|code| code)
}

fn judge(args: &VerifyArgs, global: &Global) -> Result<ExitCode, ExitCode> {
    let request = request(&args.paths, &args.checks)?;
    let account = chiron_verify::verify(&request).map_err(|error| match error {
        Error::Unreadable { .. } => door::fail(&error.to_string(), Code::Io),
    })?;
    match args.checks.output {
        VerifyFormat::Table => output::print(table(&account.subjects, account.passed, global.verbose > 0).as_bytes())?,
        VerifyFormat::Json => {
            let text =
                serde_json::to_string_pretty(&account).map_err(|error| door::fail(&error.to_string(), Code::Bug))?;
            output::print(format!("{text}\n").as_bytes())?;
        }
    }
    let held = account.passed || only_skipped(&request, &account.subjects);
    Ok(ExitCode::from(if held { Code::Passed } else { Code::Unverified }.number()))
}

/// What was asked to be skipped where it is missing is no failure, and no pass either: the account says so.
pub(super) fn only_skipped(request: &Request, subjects: &[SubjectAccount]) -> bool {
    request.missing == Missing::IsSkipped && subjects.iter().all(|subject| !failed(subject))
}

/// What was asked, by flags and by the [verify] of a pipeline. Without paths it is about the pipeline's subjects.
pub(super) fn request(paths: &[PathBuf], args: &ChecksArgs) -> Result<Request, ExitCode> {
    let config = args.pipeline.as_ref().map(|path| pipeline(path)).transpose()?;
    let wanted = match &config {
        None => flags(args)?,
        Some((table, config)) => over(table.wanted(&config.folder), flags(args)?),
    };
    let paths = match &config {
        Some((_, config)) if paths.is_empty() => subjects(config)?,
        _ => paths.to_vec(),
    };
    wanted.request(&paths, Timestamp::now()).map_err(|error| refused(&error))
}

/// What flags alone ask for.
fn flags(args: &ChecksArgs) -> Result<Wanted, ExitCode> {
    let asked = [
        (Check::Signatures, args.signatures || args.all),
        (Check::Sbom, args.sbom || args.all),
        (Check::Provenance, args.provenance || args.all),
        (Check::Checksums, args.checksums || args.all),
    ];
    Ok(Wanted {
        checks: asked.into_iter().filter(|(_, asked)| *asked).map(|(check, _)| check).collect(),
        allow_missing: args.allow_missing,
        key: key_of(args.key.as_deref())?,
        bundles: args.bundles.clone(),
        predicate_type: args.predicate_type.clone(),
        expectations: Expectations {
            builder: args.builder_id.clone(),
            source: args.source_uri.clone(),
            parameters: args.parameters.clone(),
        },
        ..of_identity(&args.identity)
    })
}

/// The key that a flag names: a file, `env://NAME`, or the URI of a token, whose module the machine's operator has a say in.
pub(super) fn key_of(flag: Option<&str>) -> Result<Option<KeyName>, ExitCode> {
    let Some(text) = flag else { return Ok(None) };
    if !TokenUri::is_meant(text) {
        return Ok(Some(KeyName::in_folder(text, Path::new(""))));
    }
    let operators = house::operators(None).map_err(|error| door::explain(&error))?;
    let (uri, module) = token::find(text, &operators)?;
    Ok(Some(KeyName::Token { uri: Box::new(uri), module: Box::new(module) }))
}

/// What flags say of who has to have signed.
pub(super) fn of_identity(args: &IdentityArgs) -> Wanted {
    let text = |exact: &Option<String>, expression: &Option<String>| match exact {
        Some(text) => Some(Text::Exact(text.clone())),
        None => expression.clone().map(Text::Expression),
    };
    Wanted {
        trusted_root: args.trusted_root.clone(),
        identity: text(&args.certificate_identity, &args.certificate_identity_regexp),
        issuer: text(&args.certificate_oidc_issuer, &args.certificate_oidc_issuer_regexp),
        ..Wanted::default()
    }
}

/// Fails with the reasons unless what is wanted holds of a file.
pub(super) fn holds(wanted: &Wanted, file: &Path) -> Result<(), ExitCode> {
    let request = wanted.request(&[file.to_owned()], Timestamp::now()).map_err(|error| refused(&error))?;
    let account = chiron_verify::verify(&request).map_err(|error| door::fail(&error.to_string(), Code::Io))?;
    if account.passed {
        return Ok(());
    }
    let checks = account.subjects.iter().flat_map(|subject| &subject.checks);
    let reasons: Vec<_> = checks.filter(|check| check.outcome == Outcome::Failed).map(|check| &*check.reason).collect();
    Err(door::fail(&format!("{}: {}", file.display(), reasons.join("; ")), Code::Unverified))
}

/// Flags over a file: a name that a flag gives replaces the file's, which is said; checks are added, so that none is lost.
fn over(file: Wanted, flags: Wanted) -> Wanted {
    let replaced = |name: &str| door::say(&format!("note: {name} takes the place of what [verify] says"));
    fn one<T: PartialEq>(file: Option<T>, flag: Option<T>, replaced: impl FnOnce()) -> Option<T> {
        match (file, flag) {
            (Some(file), Some(flag)) => {
                if file != flag {
                    replaced();
                }
                Some(flag)
            }
            (file, flag) => flag.or(file),
        }
    }
    let mut checks = file.checks;
    if !flags.checks.is_empty() {
        if checks.is_empty() {
            // What a file asks for that names no check.
            checks.push(Check::Signatures);
        }
        checks.extend(flags.checks);
        checks.sort();
        checks.dedup();
    }
    if flags.allow_missing && !file.allow_missing {
        replaced("--allow-missing");
    }
    let mut parameters = file.expectations.parameters;
    for (path, value) in flags.expectations.parameters {
        if parameters.iter().any(|(other, expected)| *other == path && *expected != value) {
            replaced("--parameter");
        }
        parameters.retain(|(other, _)| *other != path);
        parameters.push((path, value));
    }
    let bundles = |list: Vec<PathBuf>| (!list.is_empty()).then_some(list);
    Wanted {
        checks,
        allow_missing: file.allow_missing || flags.allow_missing,
        key: one(file.key, flags.key, || replaced("--key")),
        trusted_root: one(file.trusted_root, flags.trusted_root, || replaced("--trusted-root")),
        identity: one(file.identity, flags.identity, || replaced("--certificate-identity")),
        issuer: one(file.issuer, flags.issuer, || replaced("--certificate-oidc-issuer")),
        bundles: one(bundles(file.bundles), bundles(flags.bundles), || replaced("--bundle")).unwrap_or_default(),
        predicate_type: one(file.predicate_type, flags.predicate_type, || replaced("--type")),
        expectations: Expectations {
            builder: one(file.expectations.builder, flags.expectations.builder, || replaced("--builder-id")),
            source: one(file.expectations.source, flags.expectations.source, || replaced("--source-uri")),
            parameters,
        },
    }
}

/// A pipeline that says what has to hold.
fn pipeline(path: &Path) -> Result<(VerifyTable, PipelineConfig), ExitCode> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| door::fail(&format!("failed to read {name}: {error}"), Code::Io))?;
    let config = chiron_pipeline::config::parse(&text, path)
        .map_err(|mistakes| door::explain(&chiron_pipeline::Error::Mistakes(mistakes)))?;
    match config.file.verify.clone() {
        Some(table) => Ok((table, config)),
        None => {
            let code = door::fail(&format!("{name} does not say what has to hold: it has no [verify]"), Code::Usage);
            door::say("  help: [verify]\n        key = \"release.pub\"");
            Err(code)
        }
    }
}

/// The pipeline's subjects. A name that is not there is a failure; a pattern that nothing meets leaves nothing to verify.
fn subjects(config: &PipelineConfig) -> Result<Vec<PathBuf>, ExitCode> {
    let patterns = &config.file.pipeline.subjects;
    let (found, unmatched) = chiron_pipeline::subjects::expand(&config.folder, patterns, &Walk::everything())
        .map_err(|error| door::explain(&error))?;
    match unmatched.iter().find(|unmatched| !unmatched.is_glob) {
        Some(unmatched) => {
            let pattern = patterns.get(unmatched.index).map(String::as_str).unwrap_or_default();
            Err(door::fail(&format!("the subject `{pattern}` cannot be verified: {}", unmatched.reason), Code::Io))
        }
        None => Ok(found.into_iter().map(|(_, path)| path).collect()),
    }
}

/// What is wrong with what was asked, and what to do.
pub(super) fn refused(error: &WantedError) -> ExitCode {
    let help = match error {
        WantedError::Key(error) => return super::key::unusable(error),
        WantedError::Root(RootError::Repository { name, reason }) => {
            return super::trust::unusable(error, name, reason);
        }
        WantedError::NobodyNamed => "--key FILE, or --certificate-identity ID with --certificate-oidc-issuer URL",
        WantedError::KeyAndIdentity => "give one of them; [verify] of a pipeline may have named the other",
        WantedError::IdentityAlone => {
            "add --certificate-oidc-issuer URL, e.g. https://token.actions.githubusercontent.com"
        }
        WantedError::IssuerAlone => "add --certificate-identity ID",
        WantedError::NoExpectations => "add --builder-id ID and --source-uri URI",
        WantedError::EmptyIdentity
        | WantedError::EmptyIssuer
        | WantedError::IdentityExpression(_)
        | WantedError::IssuerExpression(_)
        | WantedError::NoVariable { .. }
        | WantedError::Root(_) => "",
    };
    let code = door::fail(&error.to_string(), Code::Usage);
    if !help.is_empty() {
        door::say(&format!("  help: {help}"));
    }
    code
}

fn failed(subject: &SubjectAccount) -> bool {
    subject.checks.iter().any(|check| check.outcome == Outcome::Failed)
}

pub(super) fn table(subjects: &[SubjectAccount], passed: bool, verbose: bool) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&inert(&line));
        text.push('\n');
    };
    for subject in subjects {
        let word = match (subject.passed(), failed(subject)) {
            (true, _) => "ok",
            (false, true) => "FAILED",
            (false, false) => "skipped",
        };
        line(format!("{word:<8}{}", subject.name));
        for check in &subject.checks {
            let word = match check.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::Skipped => "skipped",
            };
            if verbose || check.outcome == Outcome::Failed {
                line(format!("        {:<11} {word:<8}{}", check.check, check.reason));
            }
            for tried in check.tried.iter().filter(|_| verbose) {
                line(format!("                    not {}: {}", tried.evidence, tried.reason));
            }
        }
    }
    let held = subjects.iter().filter(|subject| subject.passed()).count();
    let all = subjects.len();
    line(match (all, passed) {
        (0, _) => "nothing to verify".to_owned(),
        (_, true) => format!("verified: {held} of {all}"),
        (_, false) => format!("NOT verified: {} of {all}", all - held),
    });
    text
}

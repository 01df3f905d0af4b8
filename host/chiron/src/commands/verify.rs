//! `chiron verify`: what others, or we ourselves, signed.

use std::path::Path;
use std::process::ExitCode;

use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_trust::PublicKey;
use chiron_trust::judge::{Identity, Pattern, Signer, TrustRoot};
use chiron_verify::{Account, Check, Error, Expectations, Missing, Outcome, Request, SubjectAccount};

use super::output;
use crate::cli::{Global, VerifyArgs, VerifyFormat};
use crate::door;

pub(super) fn verify(args: &VerifyArgs, global: &Global) -> ExitCode {
    judge(args, global).unwrap_or_else(|code| code)
}

fn judge(args: &VerifyArgs, global: &Global) -> Result<ExitCode, ExitCode> {
    let request = request(args)?;
    let account = chiron_verify::verify(&request).map_err(|error| match error {
        Error::Unreadable { .. } => door::fail(&error.to_string(), Code::Io),
    })?;
    match args.output {
        VerifyFormat::Table => output::print(table(&account, global.verbose > 0).as_bytes())?,
        VerifyFormat::Json => {
            let text =
                serde_json::to_string_pretty(&account).map_err(|error| door::fail(&error.to_string(), Code::Bug))?;
            output::print(format!("{text}\n").as_bytes())?;
        }
    }
    // What was asked to be skipped where it is missing is no failure, and no pass either: the account says so.
    let only_skipped = args.allow_missing && account.subjects.iter().all(|subject| !failed(subject));
    let held = account.passed || only_skipped;
    Ok(ExitCode::from(if held { Code::Passed } else { Code::Unverified }.number()))
}

fn request(args: &VerifyArgs) -> Result<Request, ExitCode> {
    let asked = [
        (Check::Signatures, args.signatures),
        (Check::Sbom, args.sbom),
        (Check::Provenance, args.provenance),
        (Check::Checksums, args.checksums),
    ];
    let named: Vec<_> = asked.into_iter().filter(|(_, asked)| *asked).map(|(check, _)| check).collect();
    let (required, others) = match (args.all, named.is_empty()) {
        (true, _) => (Check::ALL.to_vec(), false),
        (false, true) => (vec![Check::Signatures], true),
        (false, false) => (named, false),
    };
    let signer = signer(args)?;
    let needs_signer = |check: &Check| matches!(check, Check::Signatures | Check::Provenance);
    if signer.is_none() && required.iter().any(needs_signer) {
        let code = door::fail("who has to have signed?", Code::Usage);
        door::say("  help: --key FILE, or --certificate-identity ID with --certificate-oidc-issuer URL");
        return Err(code);
    }
    let root = match &args.trusted_root {
        Some(path) => TrustRoot::load(path),
        None => TrustRoot::embedded(),
    };
    let root = match root {
        Ok(root) => Some(root),
        Err(error) if args.trusted_root.is_some() => return Err(door::fail(&error.to_string(), Code::Usage)),
        // A build without Sigstore still verifies keys.
        Err(_) => None,
    };
    Ok(Request {
        paths: args.paths.clone(),
        required,
        others,
        missing: if args.allow_missing { Missing::IsSkipped } else { Missing::Fails },
        signer,
        root,
        bundles: args.bundles.clone(),
        predicate_type: args.predicate_type.as_deref().map(predicate_type),
        expectations: Expectations {
            builder: args.builder_id.clone(),
            source: args.source_uri.clone(),
            parameters: args.parameters.clone(),
        },
    })
}

/// A key, or an identity with who vouches for it.
fn signer(args: &VerifyArgs) -> Result<Option<Signer>, ExitCode> {
    let usage = |message: &str, help: &str| {
        let code = door::fail(message, Code::Usage);
        door::say(&format!("  help: {help}"));
        code
    };
    let identity = pattern(args.certificate_identity.as_ref(), args.certificate_identity_regexp.as_ref())?;
    let issuer = pattern(args.certificate_oidc_issuer.as_ref(), args.certificate_oidc_issuer_regexp.as_ref())?;
    match (&args.key, identity, issuer) {
        (None, None, None) => Ok(None),
        (Some(key), None, None) => Ok(Some(Signer::Key(public_key(key)?))),
        (None, Some(identity), Some(issuer)) => Ok(Some(Signer::Identity(Identity { identity, issuer }))),
        (Some(_), _, _) => Err(usage("a key and an identity exclude each other", "give one of them")),
        (None, Some(_), None) => Err(usage(
            "an identity proves nothing without who vouches for it",
            "add --certificate-oidc-issuer URL, e.g. https://token.actions.githubusercontent.com",
        )),
        (None, None, Some(_)) => Err(usage("an issuer vouches for anybody who asks", "add --certificate-identity ID")),
    }
}

fn pattern(exact: Option<&String>, expression: Option<&String>) -> Result<Option<Pattern>, ExitCode> {
    match (exact, expression) {
        (Some(text), _) if text.is_empty() => Err(door::fail("an empty identity or issuer is none", Code::Usage)),
        (Some(text), _) => Ok(Some(Pattern::Exact(text.clone()))),
        (None, Some(text)) => {
            Pattern::expression(text).map(Some).map_err(|error| door::fail(&error.to_string(), Code::Usage))
        }
        (None, None) => Ok(None),
    }
}

fn public_key(text: &str) -> Result<PublicKey, ExitCode> {
    let key = match text.strip_prefix("env://") {
        None => PublicKey::load(Path::new(text)),
        Some(name) => {
            let pem =
                std::env::var(name).map_err(|_| door::fail(&format!("the environment has no {name}"), Code::Usage))?;
            PublicKey::from_pem(&pem)
        }
    };
    key.map_err(|error| super::key::unusable(&error))
}

/// cosign's words for predicate types.
fn predicate_type(text: &str) -> String {
    match text {
        "slsaprovenance1" => "https://slsa.dev/provenance/v1",
        "slsaprovenance" | "slsaprovenance02" => "https://slsa.dev/provenance/v0.2",
        "spdx" | "spdxjson" => "https://spdx.dev/Document",
        "cyclonedx" => "https://cyclonedx.org/bom",
        "openvex" => "https://openvex.dev/ns",
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        "custom" => "https://cosign.sigstore.dev/attestation/v1",
        other => other,
    }
    .to_owned()
}

fn failed(subject: &SubjectAccount) -> bool {
    subject.checks.iter().any(|check| check.outcome == Outcome::Failed)
}

fn table(account: &Account, verbose: bool) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&inert(&line));
        text.push('\n');
    };
    for subject in &account.subjects {
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
    let passed = account.subjects.iter().filter(|subject| subject.passed()).count();
    let all = account.subjects.len();
    line(match (all, account.passed) {
        (0, _) => "nothing to verify".to_owned(),
        (_, true) => format!("verified: {passed} of {all}"),
        (_, false) => format!("NOT verified: {} of {all}", all - passed),
    });
    text
}

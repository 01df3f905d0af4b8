//! `chiron pep740`: between Sigstore bundles and what Python package indexes take.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_archive::{Blob, Limits, write_atomically};
use chiron_pipeline::ExitCode as Code;
use chiron_trust::judge::claimed;
use chiron_trust::pep740::{self, Pep740Error};
use chiron_trust::verify::BUNDLE_BYTES_MAX;
use chiron_verify::Wanted;

use super::verify;
use crate::cli::{Global, IdentityArgs, Pep740BundleArgs, Pep740Command, Pep740CreateArgs};
use crate::door;

pub(super) fn pep740(command: Pep740Command, global: &Global) -> ExitCode {
    let done = match command {
        Pep740Command::Create(args) => create(&args, global),
        Pep740Command::Bundle(args) => bundle(&args, global),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

/// Everything is made before anything is written.
fn create(args: &Pep740CreateArgs, global: &Global) -> Result<(), ExitCode> {
    if args.bundle.is_some() && args.files.len() > 1 {
        return Err(door::fail("one bundle is about one file: name one", Code::Usage));
    }
    let mut made = Vec::new();
    for file in &args.files {
        let bundles = match &args.bundle {
            Some(bundle) => vec![bundle.clone()],
            None => beside(file)?,
        };
        for bundle in &bundles {
            made.push(attestation(file, bundle, &args.identity)?);
        }
    }
    for (path, bytes) in &made {
        match args.dry_run {
            true => door::say(&format!("would write {}", path.display())),
            false => write(path, bytes, global)?,
        }
    }
    if args.identity.is_none() && !global.quiet {
        door::say("nobody verified who signed: --certificate-identity and --certificate-oidc-issuer would");
    }
    Ok(())
}

fn attestation(file: &Path, bundle: &Path, identity: &IdentityArgs) -> Result<(PathBuf, Vec<u8>), ExitCode> {
    let about = |error: &Pep740Error| door::fail(&format!("{}: {error}", bundle.display()), Code::Unverified);
    let bytes = read(bundle)?;
    let said = claimed(&bytes).map_err(|error| about(&error.into()))?;
    let unreadable = |error: chiron_archive::Error| door::fail(&error.to_string(), Code::Io);
    let blob = Blob::open(file, &Limits::default()).map_err(unreadable)?;
    let sha256 = blob.digest("sha256").map_err(unreadable)?;
    let made = pep740::from_bundle(&bytes, blob.name(), sha256.hex()).map_err(|error| about(&error))?;
    if !identity.is_none() {
        let bundles = vec![bundle.to_owned()];
        let checks = vec![chiron_verify::Check::Signatures];
        let wanted =
            Wanted { checks, bundles, predicate_type: said.predicate_type.clone(), ..verify::of_identity(identity) };
        verify::holds(&wanted, file)?;
    }
    let word = if said.predicate_type.as_deref() == Some(pep740::SLSA) { "slsa" } else { "publish" };
    Ok((file.with_file_name(pep740::file_name(blob.name(), word)), made))
}

/// Bundles beside a file that hold a statement which the format takes.
fn beside(file: &Path) -> Result<Vec<PathBuf>, ExitCode> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let io = |error: std::io::Error| door::fail(&format!("failed to list {}: {error}", folder.display()), Code::Io);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let other = entry.file_name().to_string_lossy().into_owned();
        let named = other.starts_with(&format!("{name}.")) && other.ends_with(".sigstore.json");
        if named && takes(&read(&entry.path())?) {
            found.push(entry.path());
        }
    }
    found.sort();
    if found.is_empty() {
        let code = door::fail(
            &format!("no bundle beside {} holds a statement that PEP 740 takes", file.display()),
            Code::Unverified,
        );
        door::say(
            "  help: --bundle FILE; a signature over the file alone is none: it has to be a statement, signed keyless",
        );
        return Err(code);
    }
    Ok(found)
}

fn takes(bundle: &[u8]) -> bool {
    let kind = claimed(bundle).ok().and_then(|claimed| claimed.predicate_type);
    matches!(kind.as_deref(), Some(pep740::PUBLISH | pep740::SLSA))
}

fn bundle(args: &Pep740BundleArgs, global: &Global) -> Result<(), ExitCode> {
    let name = args.attestation.display();
    let bundles = match pep740::bundles(&read(&args.attestation)?) {
        Some(Ok(bundles)) => bundles,
        Some(Err(error)) => return Err(door::fail(&format!("{name}: {error}"), Code::Unverified)),
        None => return Err(door::fail(&format!("{name} is no PEP 740 attestation"), Code::Unverified)),
    };
    if args.output.is_some() && bundles.len() > 1 {
        let message = format!("{name} holds {} attestations: leave --output out, and each gets a file", bundles.len());
        return Err(door::fail(&message, Code::Usage));
    }
    for (index, bytes) in bundles.iter().enumerate() {
        let ending = if index == 0 { "sigstore.json".to_owned() } else { format!("{}.sigstore.json", index + 1) };
        let path = args.output.clone().unwrap_or_else(|| args.attestation.with_extension(ending));
        write(&path, bytes, global)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, ExitCode> {
    let failed =
        |error: chiron_archive::Error| door::fail(&format!("failed to read {}: {error}", path.display()), Code::Io);
    let blob = Blob::open(path, &Limits::default()).map_err(failed)?;
    blob.read_all(BUNDLE_BYTES_MAX as u64).map_err(failed)
}

fn write(path: &Path, bytes: &[u8], global: &Global) -> Result<(), ExitCode> {
    write_atomically(path, bytes)
        .map_err(|error| door::fail(&format!("failed to write {}: {error}", path.display()), Code::Io))?;
    if !global.quiet {
        door::say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

//! `chiron trust show`: which roots are known, until when they hold, and whom they believe.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use chiron_model::digest::Digest;
use chiron_model::text::inert;
use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::roots::advice;
use chiron_trust::judge::{RootError, TrustRoot, Voucher, vouchers};
use chiron_trust::tuf::{self, Expired, RepositoryName, RoleFacts, Store, TRUSTED_ROOT, TufError};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{folder, unusable};
use crate::cli::Shown;
use crate::commands::output;
use crate::door;

/// A trust root that is known here.
struct Known {
    /// What --trusted-root names it by; None for the one that is used where nothing is named.
    name: Option<RepositoryName>,
    repository: Option<Repository>,
    digest: Digest,
    vouchers: Vec<Voucher>,
}

/// Where it came from.
struct Repository {
    mirror: String,
    updated_at: Timestamp,
    roles: Vec<RoleFacts>,
    targets: Vec<String>,
}

pub(super) fn show(name: Option<&RepositoryName>, shown: Shown) -> Result<(), ExitCode> {
    let (folder, now) = (folder()?, Timestamp::now());
    let names = match name {
        Some(name) => vec![name.clone()],
        None => tuf::names(&folder).map_err(|error| door::fail(&error.to_string(), Code::Io))?,
    };
    let mut all = Vec::new();
    if name.is_none() {
        all.push(embedded().map_err(|error| door::fail(&error.to_string(), Code::Bug))?);
    }
    let mut failures = Vec::new();
    for name in names {
        match known(&folder, &name) {
            Ok(known) => all.push(known),
            Err(error) => failures.push((name, error)),
        }
    }
    match shown {
        Shown::Table => {
            let tables: Vec<_> = all.iter().map(|known| table(known, now)).collect();
            output::print(format!("folder     {}\n\n{}", folder.display(), tables.join("\n")).as_bytes())?;
        }
        Shown::Json => {
            let roots: Vec<_> = all.iter().map(|known| document(known, now)).collect();
            let text = format!("{:#}\n", json!({ "folder": folder.display().to_string(), "roots": roots }));
            output::print(text.as_bytes())?;
        }
    }
    // What cannot be used is told, and the others are shown all the same.
    let mut done = Ok(());
    for (name, error) in &failures {
        done = Err(unusable(&format!("{name}: {error}"), name, error));
    }
    done
}

fn embedded() -> Result<Known, RootError> {
    let json = TrustRoot::embedded_json().as_bytes();
    Ok(Known { name: None, repository: None, digest: Digest::sha256_of(json), vouchers: vouchers(json)? })
}

/// Expiry is shown, not judged; all else has to hold.
fn known(folder: &Path, name: &RepositoryName) -> Result<Known, TufError> {
    let store: Store = tuf::read(folder, name)?;
    let verified = store.verify(name, Expired::Accepted, store.updated_at)?;
    let root = verified.file(TRUSTED_ROOT)?;
    let unusable = |error: RootError| TufError::Target { target: TRUSTED_ROOT.to_owned(), reason: error.to_string() };
    Ok(Known {
        name: Some(name.clone()),
        digest: Digest::sha256_of(root),
        vouchers: vouchers(root).map_err(unusable)?,
        repository: Some(Repository {
            targets: verified.files().map(|(target, _)| target.to_owned()).collect(),
            mirror: store.mirror,
            updated_at: store.updated_at,
            roles: verified.roles,
        }),
    })
}

fn form(known: &Known) -> String {
    known.name.as_ref().map_or_else(|| "embedded".to_owned(), |name| format!("tuf:{name}"))
}

fn table(known: &Known, now: Timestamp) -> String {
    let mut text = String::new();
    let _ = match known.name {
        None => {
            writeln!(text, "embedded   used where no other is named; Sigstore's public instance, as of this version")
        }
        Some(_) => writeln!(text, "{}", form(known)),
    };
    if let Some(repository) = &known.repository {
        let Repository { mirror, updated_at, roles, targets } = repository;
        let _ = writeln!(text, "  mirror    {}\n  updated   {updated_at}", inert(mirror));
        for facts in roles {
            let over = if facts.expires < now { "EXPIRED" } else { "until" };
            let _ = writeln!(text, "  {:<9} version {}, {over} {}", facts.role, facts.version, facts.expires);
        }
        let _ = writeln!(text, "  targets   {}", inert(&targets.join(", ")));
    }
    let _ = writeln!(text, "  digest    {}", known.digest);
    for voucher in &known.vouchers {
        let from = voucher.from.as_deref().unwrap_or("always");
        let to = voucher.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "  {:<21} {}, from {}{}",
            voucher.kind.to_string(),
            inert(&voucher.name),
            inert(from),
            inert(&to)
        );
    }
    if let (Some(name), Some((role, at))) = (&known.name, expired(known, now)) {
        let error = TufError::Expired { role: role.to_owned(), at };
        let _ = writeln!(text, "  {error}: {}", advice(name, &error));
    }
    text
}

/// The first that is over.
fn expired(known: &Known, now: Timestamp) -> Option<(&'static str, Timestamp)> {
    let roles = &known.repository.as_ref()?.roles;
    let over = roles.iter().filter(|facts| facts.expires < now).min_by_key(|facts| facts.expires)?;
    Some((over.role, over.expires))
}

fn document(known: &Known, now: Timestamp) -> Value {
    let vouchers: Vec<_> = known
        .vouchers
        .iter()
        .map(|voucher| json!({ "kind": voucher.kind.word(), "name": voucher.name, "from": voucher.from, "to": voucher.to }))
        .collect();
    let mut document = json!({ "name": form(known), "digest": known.digest.to_string(), "vouchers": vouchers });
    if let Some(repository) = &known.repository {
        let role = |facts: &RoleFacts| {
            let facts_of = json!({ "version": facts.version, "expires": facts.expires.to_string(), "expired": facts.expires < now });
            (facts.role.to_owned(), facts_of)
        };
        document["mirror"] = json!(repository.mirror);
        document["updated_at"] = json!(repository.updated_at.to_string());
        document["roles"] = Value::Object(repository.roles.iter().map(role).collect());
        document["targets"] = json!(repository.targets);
        document["expired"] = json!(expired(known, now).is_some());
    }
    document
}

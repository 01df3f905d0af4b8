//! The recipe: subjects, their evidence, each check, the account.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::account::{Account, CheckResult, Outcome, SubjectAccount};
use crate::bundles::{self, Bundle, Listings, Named};
use crate::check::Check;
use crate::checksums;
use crate::provenance;
use crate::request::{Error, Missing, Request};
use crate::sbom::{self, Document};
use crate::signatures;
use crate::subject::{self, Subject};

/// Verifies files and folders.
///
/// # Errors
/// When a path that was named cannot be read. What does not verify stands in the account.
pub fn verify(request: &Request) -> Result<Account, Error> {
    let subjects = subject::find(&request.paths)?;
    let evidence =
        Evidence { named: Named::read(&request.bundles)?, documents: Vec::new(), listings: Listings::default() };
    Ok(judge(request, &subjects, &request.paths, &evidence))
}

/// Evidence that lies beside no file in particular.
pub(crate) struct Evidence {
    pub(crate) named: Named,
    pub(crate) documents: Vec<Document>,
    pub(crate) listings: Listings,
}

/// Judges subjects, however they were found. Of `paths`, lists of checksums in folders have to be whole.
pub(crate) fn judge(request: &Request, subjects: &[Subject], paths: &[PathBuf], evidence: &Evidence) -> Account {
    let mut accounts: Vec<_> = subjects.par_iter().map(|subject| account(subject, evidence, request)).collect();
    accounts.extend(absent(request, paths, subjects));
    accounts.extend(idle(request, &evidence.named, subjects));
    Account::new(accounts)
}

fn account(subject: &Subject, evidence: &Evidence, request: &Request) -> SubjectAccount {
    let name = subject.name.clone();
    let blob = match &subject.content {
        Ok(blob) => blob,
        Err(reason) => {
            let failed = |check: &Check| CheckResult::new(*check, Outcome::Failed, reason.clone());
            return SubjectAccount { name, digest: None, checks: request.required.iter().map(failed).collect() };
        }
    };
    let named = &evidence.named;
    let names = evidence.listings.of(&subject.folder);
    let beside = match named.beside {
        true => bundles::beside_in(&names, &subject.folder, &subject.file),
        false => Vec::new(),
    };
    // A folder of bundles holds what is about other files, which says nothing about this one.
    let meant = named.bundles.iter().filter(|bundle| bundle.named || !bundle.is_about_others(blob));
    let all: Vec<&Bundle> = meant.chain(&beside).collect();
    let of_type = |wanted: &dyn Fn(&str) -> bool| -> Vec<&Bundle> {
        all.iter().copied().filter(|bundle| bundle.kind().is_some_and(wanted)).collect()
    };
    let mut checks = Vec::new();
    for check in Check::ALL {
        let required = request.required.contains(&check);
        if !required && !request.others {
            continue;
        }
        let result = match check {
            Check::Signatures => {
                let bundles = signatures::relevant(&all, request);
                (!bundles.is_empty()).then(|| signatures::check(blob, &bundles, request))
            }
            Check::Provenance => {
                let bundles = of_type(&provenance::is_one);
                let asked = required || request.expectations.builder.is_some() && request.expectations.source.is_some();
                (!bundles.is_empty() && asked).then(|| provenance::check(blob, &bundles, request))
            }
            Check::Sbom => {
                let (bundles, beside) = (of_type(&sbom::is_attested), sbom::beside(subject, &names));
                let beside: Vec<_> = beside.iter().map(|path| Document::open(path)).collect();
                let named = evidence.documents.iter().filter(|document| !document.is_about_others(blob));
                let documents: Vec<_> = beside.iter().chain(named).collect();
                let some = !bundles.is_empty() || !documents.is_empty();
                some.then(|| sbom::check(blob, &bundles, &documents, request))
            }
            Check::Checksums => {
                let lists = checksums::lists_for(subject);
                (!lists.is_empty()).then(|| checksums::check(subject, blob, &lists, request))
            }
        };
        checks.push(result.unwrap_or_else(|| nothing(check, required, request)));
    }
    let digest = blob.digest("sha256").ok().map(|digest| digest.to_string());
    SubjectAccount { name, digest, checks }
}

fn nothing(check: Check, required: bool, request: &Request) -> CheckResult {
    let outcome = if required && request.missing == Missing::Fails { Outcome::Failed } else { Outcome::Skipped };
    let what = match check {
        Check::Signatures => "no signature of this file was found",
        Check::Sbom => "no SBOM of this file was found",
        Check::Provenance if !required => "no provenance was found, or none was asked for (--builder-id, --source-uri)",
        Check::Provenance => "no provenance of this file was found",
        Check::Checksums => "no list of checksums was found",
    };
    CheckResult::new(check, outcome, what)
}

/// Bundles that were named and hold for none of the files: whoever named them meant them, and another one that holds is no
/// reason to be silent.
fn idle(request: &Request, named: &Named, subjects: &[Subject]) -> Vec<SubjectAccount> {
    let bundles = named.bundles.iter().filter(|bundle| bundle.named);
    let mut accounts = Vec::new();
    for bundle in bundles.filter(|_| request.signer.is_some()) {
        let mut reason = String::new();
        let holds = subjects.iter().filter_map(|subject| subject.content.as_ref().ok()).any(|blob| {
            let judged = signatures::judged(bundle, blob, request);
            judged.map_err(|why| reason = why).is_ok()
        });
        if !holds {
            let reason = format!("it was named, and holds for none of the files: {reason}");
            let check = CheckResult::new(Check::Signatures, Outcome::Failed, reason);
            accounts.push(SubjectAccount { name: bundle.name.clone(), digest: None, checks: vec![check] });
        }
    }
    accounts
}

/// Files that a list of a folder names and that are not there: a release of which a part is missing.
fn absent(request: &Request, paths: &[PathBuf], subjects: &[Subject]) -> Vec<SubjectAccount> {
    if !request.required.contains(&Check::Checksums) {
        return Vec::new();
    }
    let folders = paths.iter().filter(|path| path.is_dir());
    let mut accounts = Vec::new();
    for folder in folders {
        for (list, names) in lists(folder) {
            for name in names {
                let path = folder.join(&name);
                if subjects.iter().any(|subject| subject.folder.join(&subject.file) == path) || path.exists() {
                    continue;
                }
                let reason = format!("{list} names it, and it is not there");
                let check = CheckResult::new(Check::Checksums, Outcome::Failed, reason);
                accounts.push(SubjectAccount { name: path.display().to_string(), digest: None, checks: vec![check] });
            }
        }
    }
    accounts
}

fn lists(folder: &Path) -> Vec<(String, Vec<String>)> {
    let names = bundles::list(folder).unwrap_or_default();
    let found = names.into_iter().filter(|name| checksums::is_one(name) && !name.ends_with(".sha256"));
    let read = |name: String| {
        let text = std::fs::read_to_string(folder.join(&name)).ok()?;
        let list = checksums::parse(&text, "").ok()?;
        Some((name, list.into_keys().filter(|name| !name.is_empty()).collect()))
    };
    found.filter_map(read).collect()
}

#[cfg(test)]
mod tests;

//! What a signer returned: which file it is meant for, whether it verifies, and writing it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Component, PathBuf};
use std::sync::Arc;

use chiron_archive::write_all_atomically;
use chiron_model::plugin::Capability;
use chiron_model::statement::Statement;
use chiron_model::subject::Subject;
use chiron_sandbox::{SignRequest, Signed};
use chiron_trust::Message;
use chiron_trust::judge::{Claimed, claimed};
use chiron_trust::keyless::verify_proven;
use chiron_trust::verify::{Expected, ExpectedStatement, verify_bundle};
use rayon::prelude::*;

use super::{Bundle, publish};
use crate::error::Error;
use crate::event::{self, Event, Work, Working};
use crate::house::House;
use crate::plan::{Plan, PlannedStep};
use crate::powers::keys::{Keys, Means, content_of, sha256_of};
use crate::subjects::PlannedSubject;

/// Verifies, and tells of it.
pub(super) fn verify_told(
    plan: &Plan,
    step: &PlannedStep,
    house: &House,
    keys: &Keys,
    request: &SignRequest,
    answers: Vec<Signed>,
) -> Result<Vec<Bundle>, Error> {
    let mut verifying = Working::on(Work::VerifySignatures, &*house.observer);
    verify(plan, step, house, keys, request, answers).inspect_err(|_| verifying.failed("unverified"))
}

/// What an answer is the signature of: a position among the subjects or the statements that were asked for.
enum Holds {
    Subject(usize),
    Statement(usize),
}

/// Verifies every answer against the step's key and what was asked for. An answer for everything, and for nothing else.
fn verify(
    plan: &Plan,
    step: &PlannedStep,
    house: &House,
    keys: &Keys,
    request: &SignRequest,
    answers: Vec<Signed>,
) -> Result<Vec<Bundle>, Error> {
    let unverified = |name: &str, reason: String| Error::Unverified {
        step: step.id.clone(),
        name: chiron_model::text::one_line(name),
        reason,
    };
    let told = |signed: event::Signed, holds: bool| house.observer.on(Event::Verified { signed, holds });
    let most = request.subjects.len() + request.statements.len();
    if let Some(answer) = answers.get(most) {
        let reason = format!("the signer returned {} answers, and {most} were asked for", answers.len());
        return Err(unverified(&answer.name, reason));
    }
    let asked: HashSet<&Subject> = request.subjects.iter().collect();
    let subjects: Vec<_> = plan.subjects.iter().filter(|planned| asked.contains(&planned.subject)).collect();
    let names = subjects.iter().enumerate().map(|(index, planned)| (bundle_name(&planned.subject.name), index));
    let mut names: HashMap<String, usize> = names.collect();
    // The first answer of a subject's name is meant for it. A second one can still be a statement, for another folder.
    let meant: Vec<Option<usize>> = answers.iter().map(|answer| names.remove(&answer.name)).collect();
    let holds = |(answer, meant): (&Signed, &Option<usize>)| match *meant {
        Some(index) => {
            let verified = verify_blob(subjects[index], step, keys, &answer.bytes);
            (event::Signed::Subject, verified.map(|()| Holds::Subject(index)))
        }
        None => {
            let verified = statement_of(&request.statements, step, keys, &answer.bytes);
            (event::Signed::Statement, verified.map(Holds::Statement))
        }
    };
    // The expensive part, on all cores; but one at a time where files are read whole for it.
    let held: Vec<_> = match keys_of(step, keys).any(|key| key.needs_bytes()) {
        true => answers.iter().zip(&meant).map(holds).collect(),
        false => answers.par_iter().zip(&meant).map(holds).collect(),
    };

    let (mut subjects_left, mut statements_left): (BTreeSet<_>, BTreeSet<_>) =
        ((0..subjects.len()).collect(), (0..request.statements.len()).collect());
    let mut bundles = Vec::with_capacity(answers.len());
    for (answer, (signed, holds)) in answers.into_iter().zip(held) {
        told(signed, holds.is_ok());
        let path = match holds.map_err(|reason| unverified(&answer.name, reason))? {
            Holds::Subject(index) => {
                subjects_left.remove(&index);
                beside(subjects[index])
            }
            Holds::Statement(index) if statements_left.remove(&index) => {
                let statement = &request.statements[index];
                if let Some(published) = publish::beside(plan, statement, &answer.bytes)
                    .map_err(|reason| unverified(&answer.name, reason))?
                {
                    bundles.extend(published);
                    continue;
                }
                plan.attestations.join(plain_name(&answer.name).map_err(|reason| unverified(&answer.name, reason))?)
            }
            Holds::Statement(_) => {
                return Err(unverified(&answer.name, "the signer returned this statement twice".to_owned()));
            }
        };
        bundles.push(Bundle { path, bytes: answer.bytes });
    }
    let no_answer = |name: &str| unverified(name, "the signer returned no signature for it".to_owned());
    if let Some(&missing) = subjects_left.first() {
        return Err(no_answer(&subjects[missing].subject.name));
    }
    if let Some(&missing) = statements_left.first() {
        return Err(no_answer(&request.statements[missing].predicate_type));
    }
    Ok(bundles)
}

/// Refuses what would be written over what is already to be written: by this step, or by one before it.
pub(super) fn refuse_taken(step: &PlannedStep, bundles: &[Bundle], others: &[Bundle]) -> Result<(), Error> {
    // `./a` and `a` are one file.
    let place =
        |bundle: &Bundle| -> PathBuf { bundle.path.components().filter(|part| *part != Component::CurDir).collect() };
    let mut taken: HashSet<PathBuf> = others.iter().map(place).collect();
    for bundle in bundles {
        if !taken.insert(place(bundle)) {
            return Err(Error::Unverified {
                step: step.id.clone(),
                name: bundle.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                reason: "another bundle of this run is written to the same file".to_owned(),
            });
        }
    }
    Ok(())
}

/// Writes all bundles: none takes its place before all are on disk.
pub(super) fn write(bundles: &[Bundle]) -> Result<(), Error> {
    for bundle in bundles {
        if let Some(folder) = bundle.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
        }
    }
    let files = bundles.iter().map(|bundle| (bundle.path.as_path(), &bundle.bytes[..]));
    write_all_atomically(files).map_err(|error| Error::io("write", "what was signed", error))
}

fn bundle_name(subject: &str) -> String {
    format!("{subject}{SUFFIX}")
}

fn beside(planned: &PlannedSubject) -> PathBuf {
    let mut path = planned.path.clone().into_os_string();
    path.push(SUFFIX);
    path.into()
}

/// The keys that a step binds.
fn keys_of<'a>(step: &'a PlannedStep, keys: &'a Keys) -> impl Iterator<Item = &'a Arc<Means>> {
    step.grants.names(Capability::Signing).filter_map(|name| keys.get(name))
}

/// A key of the step under which something verifies, or why it does not under the last one.
fn under_some_key(step: &PlannedStep, keys: &Keys, bytes: &[u8], expected: &Expected<'_>) -> Result<(), String> {
    let mut reason = "the step binds no key".to_owned();
    for key in keys_of(step, keys) {
        let verified = match &**key {
            Means::Key(key) => {
                verify_bundle(bytes, key.public(), expected).map(|_| ()).map_err(|error| error.to_string())
            }
            Means::Witnessed(key) => verify_proven(bytes, key.signer(), key.needed(), key.root(), expected)
                .map_err(|error| error.to_string()),
            Means::Session(session) => {
                verify_proven(bytes, session.signer(), session.needed(), session.root(), expected)
                    .map_err(|error| error.to_string())
            }
        };
        match verified {
            Ok(()) => return Ok(()),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

fn verify_blob(planned: &PlannedSubject, step: &PlannedStep, keys: &Keys, bytes: &[u8]) -> Result<(), String> {
    let sha256 = sha256_of(&planned.subject).ok_or("it is not a file")?;
    // Read only where a key signs bytes and not their digest.
    let mut content = None;
    if keys_of(step, keys).any(|key| key.needs_bytes()) {
        content = Some(content_of(planned)?);
    }
    under_some_key(step, keys, bytes, &Expected::Blob(Message { sha256, bytes: content.as_deref() }))
}

/// Most statements that one answer is held against. What it says of itself leaves one, or as many as files have the same content.
const TRIES_MAX: usize = 16;

/// Which of the statements asked for this is: subjects, predicate type and predicate must be the ones given.
fn statement_of(statements: &[Statement], step: &PlannedStep, keys: &Keys, bytes: &[u8]) -> Result<usize, String> {
    let mut reason = "it is neither beside a subject of this run nor one of the statements asked for".to_owned();
    let claimed = claimed(bytes).map_err(|error| error.to_string())?;
    let of_type = |index: &usize| claimed.predicate_type.as_deref() == Some(statements[*index].predicate_type.as_str());
    let likely = (0..statements.len()).filter(of_type).filter(|index| seems_to_be(&claimed, &statements[*index]));
    let mut tries: Vec<usize> = likely.take(TRIES_MAX).collect();
    if tries.is_empty() {
        // For the reason: it is held against what it comes nearest to.
        tries.extend((0..statements.len()).find(of_type).or_else(|| (!statements.is_empty()).then_some(0)));
    }
    for index in tries {
        let statement = &statements[index];
        let expected = ExpectedStatement {
            subjects: &statement.subjects,
            predicate_types: &[statement.predicate_type.as_str()],
            predicate: Some(&statement.predicate),
        };
        match under_some_key(step, keys, bytes, &Expected::Statement(expected)) {
            Ok(()) => return Ok(index),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

/// Whether what an answer says of itself, which nobody has verified yet, is about a file of the statement. Of folders it says nothing.
fn seems_to_be(claimed: &Claimed, statement: &Statement) -> bool {
    let sha256 = |subject: &Subject| subject.digests.iter().find(|digest| digest.algorithm() == "sha256").cloned();
    let mut files = statement.subjects.iter().filter_map(sha256).peekable();
    files.peek().is_none() || files.any(|digest| claimed.digests.contains(&digest.to_string()))
}

/// What every bundle's name ends in: whatever else lies in the folder, a signer cannot write over it.
const SUFFIX: &str = ".sigstore.json";

/// A file name and nothing more: a signer does not choose folders.
fn plain_name(name: &str) -> Result<&str, String> {
    let plain = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && name.ends_with(SUFFIX)
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'));
    if plain { Ok(name) } else { Err(format!("the name is not a plain file name that ends in `{SUFFIX}`")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signer_does_not_choose_folders() {
        for name in ["", "../x", "/etc/x", "a/b", ".hidden", "a\u{1b}", "pipeline.toml", "a.whl"] {
            assert!(plain_name(name).is_err(), "{name}");
        }
        assert!(plain_name("scan.intoto.sigstore.json").is_ok());
    }
}

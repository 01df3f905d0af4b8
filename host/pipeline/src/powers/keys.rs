//! Keys of the run, as the sandbox hands them out: for subjects and predicates of this run, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chiron_model::digest::Digest;
use chiron_model::plugin::Capability;
use chiron_model::statement::Statement;
use chiron_model::step::Failure;
use chiron_model::subject::Subject;
use chiron_sandbox::powers::{Bundling, PublicKeyInfo, Signing, SigningError, SigningKey};
use chiron_trust::{Message, PrivateKey, bundle, dsse};

use crate::keyless::{Session, Witnessed};
use crate::plan::PlannedStep;
use crate::subjects::PlannedSubject;

/// What the keys of one call may sign: what the signer is asked to sign, and nothing else. A signature that the host
/// would not write could still leave through the log.
pub(crate) struct Scope {
    subjects: Vec<PlannedSubject>,
    statements: Vec<Statement>,
}

/// What signs.
pub(crate) enum Means {
    /// A key of the operator's.
    Key(PrivateKey),
    /// A key of the operator's, and services that witness what it signs.
    Witnessed(Box<Witnessed>),
    /// A key of the run's, certified for an identity.
    Session(Box<Session>),
}

/// The keys that steps bound, by the operator's name.
pub(crate) struct Keys {
    keys: BTreeMap<String, Arc<Means>>,
    scope: Arc<Scope>,
}

impl Keys {
    /// Keys that sign nothing until they are scoped.
    pub(crate) fn new(keys: BTreeMap<String, Arc<Means>>) -> Self {
        let scope = Scope { subjects: Vec::new(), statements: Vec::new() };
        Self { keys, scope: Arc::new(scope) }
    }

    /// The same keys, for one signer's request.
    pub(crate) fn scoped(&self, subjects: Vec<PlannedSubject>, statements: Vec<Statement>) -> Self {
        Self { keys: self.keys.clone(), scope: Arc::new(Scope { subjects, statements }) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Means>> {
        self.keys.get(name)
    }

    /// What last went wrong with a key of a step, where services are asked.
    pub(crate) fn trouble(&self, step: &PlannedStep) -> Option<Failure> {
        step.grants.names(Capability::Signing).find_map(|name| self.get(name)?.trouble(name))
    }
}

impl Signing for Keys {
    fn open(&self, name: &str) -> Result<Arc<dyn SigningKey>, SigningError> {
        let key = self.keys.get(name).ok_or_else(|| SigningError::NoSuchKey(name.to_owned()))?;
        Ok(Arc::new(ScopedKey { key: Arc::clone(key), scope: Arc::clone(&self.scope) }))
    }
}

struct ScopedKey {
    key: Arc<Means>,
    scope: Arc<Scope>,
}

impl ScopedKey {
    /// The statement is one of those asked for: predicate type, subjects by name and digests, predicate to the byte.
    fn allow(&self, statement: &Statement) -> Result<(), SigningError> {
        let not_allowed = || SigningError::PredicateNotAllowed(statement.predicate_type.clone());
        let of_type = || self.scope.statements.iter().filter(|asked| asked.predicate_type == statement.predicate_type);
        // Of some types there is one for each subject.
        let about = |asked: &&Statement| asked.subjects == statement.subjects;
        let asked = of_type().find(about).or_else(|| of_type().next()).ok_or_else(not_allowed)?;
        let named = |subject: &Subject| (subject.name.clone(), subject.digests.clone());
        let subjects: BTreeSet<_> = asked.subjects.iter().map(named).collect();
        if let Some(foreign) = statement.subjects.iter().find(|subject| !subjects.contains(&named(subject))) {
            return Err(SigningError::SubjectNotInRun(foreign.name.clone()));
        }
        if statement.subjects.len() != asked.subjects.len() || statement.predicate != asked.predicate {
            return Err(not_allowed());
        }
        Ok(())
    }
}

impl ScopedKey {
    /// A file of this run, as the key signs it: by its digest, or by its bytes.
    fn with_file<T>(
        &self,
        asked: &Subject,
        sign: impl FnOnce(Message<'_>) -> Result<T, SigningError>,
    ) -> Result<T, SigningError> {
        let (sha256, bytes) = self.file(asked)?;
        sign(Message { sha256, bytes: bytes.as_deref() })
    }

    /// The digest of a file of this run, and its bytes where the key signs those.
    fn file(&self, asked: &Subject) -> Result<([u8; 32], Option<Vec<u8>>), SigningError> {
        let sha256 = self.scope.sha256(asked)?;
        if !self.key.needs_bytes() {
            return Ok((sha256, None));
        }
        let bytes = content_of(self.scope.find(asked)?).map_err(SigningError::Provider)?;
        Ok((sha256, Some(bytes)))
    }
}

impl Scope {
    fn find(&self, asked: &Subject) -> Result<&PlannedSubject, SigningError> {
        let same =
            |planned: &&PlannedSubject| planned.subject.name == asked.name && planned.subject.digests == asked.digests;
        self.subjects.iter().find(same).ok_or_else(|| SigningError::SubjectNotInRun(asked.name.clone()))
    }

    /// The SHA-256 of a subject that is a file of this run, and does not look like something else that this key signs.
    fn sha256(&self, asked: &Subject) -> Result<[u8; 32], SigningError> {
        let planned = self.find(asked)?;
        let provider = |reason: String| SigningError::Provider(reason);
        let blob = planned.snapshot.blob(".").map_err(|error| provider(error.to_string()))?;
        let head = blob.read(0, 64).map_err(|error| provider(error.to_string()))?;
        // A file that is itself a DSSE pre-authentication encoding, signed as a blob, would be a signed statement.
        if dsse::looks_like_pae(&head) {
            return Err(provider(format!("`{}` begins like a DSSE encoding and is not signed as a file", asked.name)));
        }
        sha256_of(&planned.subject).ok_or_else(|| SigningError::SubjectNotInRun(asked.name.clone()))
    }
}

/// The SHA-256 among a subject's digests.
pub(crate) fn sha256_of(subject: &Subject) -> Option<[u8; 32]> {
    let digest: &Digest = subject.digests.iter().find(|digest| digest.algorithm() == "sha256")?;
    hex::decode(digest.hex()).ok()?.try_into().ok()
}

/// The largest file that is signed by its bytes. Ed25519 reads it twice, and so holds it; P-256 signs the digest of any file.
const CONTENT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The bytes of a subject that is a file, as they were hashed.
pub(crate) fn content_of(planned: &PlannedSubject) -> Result<Vec<u8>, String> {
    let blob = planned.snapshot.blob(".").map_err(|error| error.to_string())?;
    blob.read_all(CONTENT_BYTES_MAX).map_err(|error| error.to_string())
}

fn failed(error: impl ToString) -> SigningError {
    SigningError::Provider(error.to_string())
}

impl Means {
    /// Whether it signs the bytes themselves, so that they have to be read.
    pub(crate) fn needs_bytes(&self) -> bool {
        match self {
            Self::Key(key) => key.public().algorithm().needs_bytes(),
            Self::Witnessed(key) => key.public().algorithm().needs_bytes(),
            Self::Session(_) => false,
        }
    }

    /// What went wrong last, where services are asked.
    fn trouble(&self, name: &str) -> Option<Failure> {
        let trouble = match self {
            Self::Key(_) => None,
            Self::Witnessed(key) => key.trouble(),
            Self::Session(session) => session.trouble(),
        };
        trouble.map(|trouble| trouble.of_key(name))
    }

    /// The key, for what it signs without a certificate: nobody could tell later whose key a session's was. Nor would a bare
    /// signature show that it was witnessed.
    fn alone(&self) -> Result<&PrivateKey, SigningError> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Witnessed(_) => Err(failed("a key that is witnessed makes whole bundles, and no bare signatures")),
            Self::Session(_) => Err(failed("a keyless session makes whole bundles, and no bare signatures")),
        }
    }
}

/// What a plugin learns: who is asked, and what was said, is the operator's to know.
fn unanswered(_: String) -> SigningError {
    failed("the services that have to sign or witness did not")
}

impl SigningKey for ScopedKey {
    fn public_key(&self) -> Option<PublicKeyInfo> {
        let public = match &*self.key {
            Means::Key(key) => key.public(),
            Means::Witnessed(key) => key.public(),
            // It verifies nothing without its certificate.
            Means::Session(_) => return None,
        };
        Some(PublicKeyInfo {
            algorithm: public.algorithm().scheme().to_owned(),
            pem: public.to_pem().to_owned(),
            key_id: public.key_id().to_owned(),
        })
    }

    fn identity(&self) -> Option<(String, String)> {
        match &*self.key {
            Means::Key(_) | Means::Witnessed(_) => None,
            Means::Session(session) => Some(session.names().clone()),
        }
    }

    fn sign_statement(&self, statement: &Statement) -> Result<Vec<u8>, SigningError> {
        self.allow(statement)?;
        bundle::sign_statement(self.key.alone()?, statement).map_err(failed)
    }

    fn sign_subject(&self, subject: &Subject) -> Result<Vec<u8>, SigningError> {
        let key = self.key.alone()?;
        self.with_file(subject, |file| bundle::sign_blob(key, file).map_err(failed))
    }

    fn bundle_statement<'a>(&'a self, statement: &'a Statement) -> Bundling<'a> {
        Box::pin(async move {
            self.allow(statement)?;
            match &*self.key {
                Means::Key(key) => bundle::bundle_statement(key, statement).map_err(failed),
                Means::Witnessed(key) => key.statement(statement).await.map_err(unanswered),
                Means::Session(session) => session.statement(statement).await.map_err(unanswered),
            }
        })
    }

    fn bundle_subject<'a>(&'a self, subject: &'a Subject) -> Bundling<'a> {
        Box::pin(async move {
            match &*self.key {
                Means::Key(key) => self.with_file(subject, |file| bundle::bundle_blob(key, file).map_err(failed)),
                Means::Witnessed(key) => {
                    let (sha256, bytes) = self.file(subject)?;
                    key.file(Message { sha256, bytes: bytes.as_deref() }).await.map_err(unanswered)
                }
                Means::Session(session) => {
                    let sha256 = self.scope.sha256(subject)?;
                    session.file(sha256).await.map_err(unanswered)
                }
            }
        })
    }
}

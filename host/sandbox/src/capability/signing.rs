//! `chiron:keys/signing`: keys the step bound, for subjects of this run. There is no "sign these bytes".

use std::sync::Arc;

use chiron_model::plugin::Capability;
use chiron_model::statement::Statement;
use wasmtime::component::Resource;

use crate::abi::convert;
use crate::abi::powers::chiron::core::types::Subject;
use crate::abi::powers::chiron::keys::signing;
use crate::powers::{SigningError, SigningKey};
use crate::state::State;
use crate::weigh::Weigh as _;

/// A key behind a handle.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct KeyHandle(pub(crate) Arc<dyn SigningKey>);

type Answer<T> = wasmtime::Result<Result<T, signing::Error>>;

impl signing::Host for State {}

impl signing::HostSigningKey for State {
    fn open(&mut self, label: String) -> Answer<Resource<KeyHandle>> {
        self.using(Capability::Signing, label.weight(), |state| {
            let unbound = || signing::Error::NoSuchKey(format!("the label `{label}` is not bound"));
            let opened = match (&state.powers.signing, state.grants.bound(Capability::Signing, &label)) {
                (Some(keys), Some(name)) => keys.open(name).map_err(signing::Error::from),
                _ => Err(unbound()),
            };
            match opened {
                Ok(key) => Ok(Ok(state.hold(KeyHandle(key))?)),
                Err(error) => Ok(Err(error)),
            }
        })
    }

    fn public_key(&mut self, key: Resource<KeyHandle>) -> wasmtime::Result<Option<signing::PublicKey>> {
        self.using(Capability::Signing, 0, |state| {
            let info = state.table.get(&key)?.0.public_key();
            Ok(info.map(|info| signing::PublicKey { algorithm: info.algorithm, pem: info.pem, key_id: info.key_id }))
        })
    }

    /// Local keys have none; keyless sessions do.
    fn identity(&mut self, key: Resource<KeyHandle>) -> wasmtime::Result<Option<signing::Identity>> {
        self.using(Capability::Signing, 0, |state| {
            let identity = state.table.get(&key)?.0.identity();
            Ok(identity.map(|(name, issuer)| signing::Identity { name, issuer }))
        })
    }

    fn sign_statement(
        &mut self,
        key: Resource<KeyHandle>,
        subjects: Vec<Subject>,
        predicate_type: String,
        predicate: Vec<u8>,
    ) -> Answer<Vec<u8>> {
        self.statement(&key, subjects, predicate_type, predicate, |key, statement| key.sign_statement(statement))
    }

    fn sign_subject(&mut self, key: Resource<KeyHandle>, subject: Subject) -> Answer<Vec<u8>> {
        self.subject(&key, subject, |key, subject| key.sign_subject(subject))
    }

    async fn bundle_statement(
        &mut self,
        key: Resource<KeyHandle>,
        subjects: Vec<Subject>,
        predicate_type: String,
        predicate: Vec<u8>,
    ) -> Answer<Vec<u8>> {
        let given = subjects.weight() + predicate_type.weight() + predicate.weight();
        self.waiting_on(Capability::Signing, given, |state| {
            let key = state.key(&key)?;
            Ok(async move {
                let subjects = subjects.into_iter().map(convert::subject_in).collect::<Result<Vec<_>, _>>();
                let subjects = subjects.map_err(|reason| SigningError::SubjectNotInRun(reason.to_string()))?;
                Ok(key.bundle_statement(&Statement { subjects, predicate_type, predicate }).await?)
            })
        })
        .await
    }

    async fn bundle_subject(&mut self, key: Resource<KeyHandle>, subject: Subject) -> Answer<Vec<u8>> {
        self.waiting_on(Capability::Signing, subject.weight(), |state| {
            let key = state.key(&key)?;
            Ok(async move {
                let subject = convert::subject_in(subject);
                let subject = subject.map_err(|reason| SigningError::SubjectNotInRun(reason.to_string()))?;
                Ok(key.bundle_subject(&subject).await?)
            })
        })
        .await
    }

    fn drop(&mut self, key: Resource<KeyHandle>) -> wasmtime::Result<()> {
        self.table.delete(key)?;
        Ok(())
    }
}

impl State {
    /// The key behind a handle, for who was admitted.
    fn key(&self, key: &Resource<KeyHandle>) -> wasmtime::Result<Arc<dyn SigningKey>> {
        Ok(Arc::clone(&self.table.get(key)?.0))
    }

    fn statement(
        &mut self,
        key: &Resource<KeyHandle>,
        subjects: Vec<Subject>,
        predicate_type: String,
        predicate: Vec<u8>,
        sign: impl FnOnce(&dyn SigningKey, &Statement) -> Result<Vec<u8>, SigningError>,
    ) -> Answer<Vec<u8>> {
        let given = subjects.weight() + predicate_type.weight() + predicate.weight();
        self.using(Capability::Signing, given, |state| {
            let key = Arc::clone(&state.table.get(key)?.0);
            let subjects = subjects.into_iter().map(convert::subject_in).collect::<Result<Vec<_>, _>>();
            let signed = subjects
                .map_err(|reason| SigningError::SubjectNotInRun(reason.to_string()))
                .and_then(|subjects| sign(&*key, &Statement { subjects, predicate_type, predicate }));
            Ok(signed.map_err(signing::Error::from))
        })
    }

    fn subject(
        &mut self,
        key: &Resource<KeyHandle>,
        subject: Subject,
        sign: impl FnOnce(&dyn SigningKey, &chiron_model::subject::Subject) -> Result<Vec<u8>, SigningError>,
    ) -> Answer<Vec<u8>> {
        self.using(Capability::Signing, subject.weight(), |state| {
            let key = Arc::clone(&state.table.get(key)?.0);
            let signed = convert::subject_in(subject)
                .map_err(|reason| SigningError::SubjectNotInRun(reason.to_string()))
                .and_then(|subject| sign(&*key, &subject));
            Ok(signed.map_err(signing::Error::from))
        })
    }
}

impl From<SigningError> for signing::Error {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::NoSuchKey(text) => Self::NoSuchKey(text),
            SigningError::PredicateNotAllowed(text) => Self::PredicateNotAllowed(text),
            SigningError::SubjectNotInRun(text) => Self::SubjectNotInRun(text),
            SigningError::Provider(text) => Self::Provider(text),
        }
    }
}

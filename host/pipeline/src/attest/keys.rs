//! Reading the keys that steps bound. Neither a key nor a part of one reaches an error, a log or a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use chiron_egress::Machine;
use chiron_model::step::Failure;
use chiron_trust::key::{SecretSource, TokenError};
use chiron_trust::{KeyError, PrivateKey};

use crate::config::file::KeyTable;
use crate::config::keys::EXAMPLE;
use crate::house::House;
use crate::keyless::{self, OFFLINE, OFFLINE_HINT, Trouble, Witnessed};
use crate::plan::Plan;
use crate::plan::token::PlannedToken;
use crate::powers::keys::Means;
use crate::token::advice;

/// Loads every bound key, and opens every bound session: keys first, so that no service is asked for nothing.
pub(super) async fn load(plan: &Plan, house: &House) -> Result<BTreeMap<String, Arc<Means>>, Failure> {
    let mut keys = BTreeMap::new();
    let mut asks =
        plan.keyless.iter().map(|session| &session.name).chain(plan.witnesses.iter().map(|witness| &witness.name));
    if let Some(name) = asks.next().filter(|_| house.offline) {
        return Err(Trouble::new(OFFLINE, OFFLINE_HINT).of_key(name));
    }
    let machine = Machine::new(&format!("chiron/{}", house.version));
    for (name, table) in &plan.keys {
        let key = open(plan, table).map_err(|error| Failure {
            code: "key".to_owned(),
            message: format!("the key `{name}` cannot be used: {error}"),
            hint: Some(hint(name, &error)),
        })?;
        keys.insert(name.clone(), Arc::new(witnessed(plan, name, key, &machine)?));
    }
    for token in &plan.tokens {
        let key = opened(token).await?;
        keys.insert(token.name.clone(), Arc::new(witnessed(plan, &token.name, key, &machine)?));
    }
    for session in &plan.keyless {
        let opened = keyless::open(session, &machine).await.map_err(|trouble| trouble.of_key(&session.name))?;
        keys.insert(session.name.clone(), Arc::new(Means::Session(Box::new(opened))));
    }
    Ok(keys)
}

/// A key alone, or with those that the pipeline has witness it.
fn witnessed(plan: &Plan, name: &str, key: PrivateKey, machine: &Machine) -> Result<Means, Failure> {
    let Some(witness) = plan.witnesses.iter().find(|witness| witness.name == name) else {
        return Ok(Means::Key(key));
    };
    let witnessed = Witnessed::open(key, witness, machine).map_err(|trouble| trouble.of_key(name))?;
    Ok(Means::Witnessed(Box::new(witnessed)))
}

/// A token may take its time: a card, a reader that waits for fingers on its keys, a module across a network.
async fn opened(token: &PlannedToken) -> Result<PrivateKey, Failure> {
    let (uri, module, pin) = (token.uri.clone(), token.module.clone(), token.pin.clone());
    let open = move || -> Result<PrivateKey, KeyError> {
        let pin = pin.map(|source| source.read()).transpose()?;
        Ok(PrivateKey::in_token(&uri, &module, pin.as_ref())?)
    };
    let failed = |message: String, hint: Option<String>| Failure {
        code: "key".to_owned(),
        message: format!("the key `{}` cannot be used: {message}", token.name),
        hint,
    };
    match tokio::task::spawn_blocking(open).await {
        Ok(Ok(key)) => Ok(key),
        Ok(Err(error @ KeyError::Token(_))) => Err(failed(error.to_string(), Some(hint(&token.name, &error)))),
        Ok(Err(error)) => Err(failed(error.to_string(), Some("the PIN has to be where the pipeline says".to_owned()))),
        Err(error) => Err(failed(error.to_string(), None)),
    }
}

fn open(plan: &Plan, table: &KeyTable) -> Result<PrivateKey, KeyError> {
    let password = table.password.as_ref().and_then(|table| source(plan, &table.file, &table.env));
    let password = password.map(|source| source.read()).transpose()?;
    // The text was checked: there is one of the two.
    let Some(key) = source(plan, &table.file, &table.env) else { return Err(KeyError::NotPem) };
    PrivateKey::from_source(&key, password.as_ref())
}

fn source(plan: &Plan, file: &Option<String>, env: &Option<String>) -> Option<SecretSource> {
    match (file, env) {
        (Some(file), _) => Some(SecretSource::File(plan.folder.join(file))),
        (None, Some(variable)) => Some(SecretSource::Env(variable.clone())),
        (None, None) => None,
    }
}

fn hint(name: &str, error: &KeyError) -> String {
    match error {
        KeyError::PasswordMissing { .. } => {
            format!("say where it is: [keys.{name}] password = {{ env = \"RELEASE_PASSWORD\" }}")
        }
        KeyError::Exposed { .. } => "a private key is for its owner alone: chmod 600 FILE".to_owned(),
        KeyError::Token(TokenError::PinMissing) => {
            format!("say where it is: [keys.{name}] pin = {{ env = \"RELEASE_PIN\" }}")
        }
        KeyError::Token(error) => advice(error).to_owned(),
        KeyError::Uri(_) => EXAMPLE.to_owned(),
        KeyError::Unreadable { .. }
        | KeyError::TooLarge { .. }
        | KeyError::NotPem
        | KeyError::NoVariable { .. }
        | KeyError::WrongPassword
        | KeyError::Sealed { .. }
        | KeyError::Generation
        | KeyError::Weak
        | KeyError::PublicInsteadOfPrivate { .. }
        | KeyError::PrivateInsteadOfPublic { .. }
        | KeyError::OtherBlock { .. }
        | KeyError::OtherAlgorithm { .. }
        | KeyError::Malformed { .. } => {
            "a P-256 or Ed25519 private key in PEM, e.g. from: chiron key generate release".to_owned()
        }
    }
}

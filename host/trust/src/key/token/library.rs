//! Loading modules: each once, for as long as the process lives.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use chiron_model::digest::Digest;
use chiron_model::text;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use super::{Module, TokenError};
use crate::key::SigningFailed;

/// A module that was loaded, with the digest that it had then.
struct Loaded {
    client: Pkcs11,
    digest: Digest,
}

/// Never unloaded: a module may have threads, and has handlers that run when the process ends. A second key of one module needs the
/// first one's, since a module is initialised once in a process (PKCS #11 2.40, `C_Initialize`).
static LOADED: Mutex<BTreeMap<PathBuf, Loaded>> = Mutex::new(BTreeMap::new());

/// The module, ready for use: the one that was looked at, or none.
pub(super) fn load(module: &Module) -> Result<Pkcs11, TokenError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(there) = loaded.get(module.path()) {
        if there.digest != *module.digest() {
            return Err(TokenError::ModuleChanged { path: module.path().to_owned() });
        }
        return Ok(there.client.clone());
    }
    module.unchanged()?;
    let client = Pkcs11::new(module.path()).map_err(|error| not_a_module(module, &error))?;
    // Between the look at it and its being loaded somebody may have written it: code of theirs ran then, but signs nothing.
    module.unchanged()?;
    match client.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(&error)),
    }
    loaded.insert(module.path().to_owned(), Loaded { client: client.clone(), digest: module.digest().clone() });
    Ok(client)
}

fn not_a_module(module: &Module, error: &Error) -> TokenError {
    let reason = if let Error::LibraryLoading(error) = error {
        error.to_string()
    } else {
        "it has no PKCS #11 in it".to_owned()
    };
    TokenError::NotAModule { path: module.named().to_owned(), reason: words(&reason) }
}

/// What a module or a token says of itself: fit to be told.
pub(super) fn words(text: &str) -> String {
    text::cut(&text::one_line(text.trim_end()), 160).into_owned()
}

/// An answer that nobody else gave a meaning.
pub(super) fn failed(error: &Error) -> TokenError {
    let Error::Pkcs11(answer, call) = error else {
        return TokenError::Failed { call: "the module".to_owned(), answer: words(&error.to_string()) };
    };
    if is_lost(*answer) {
        return TokenError::Lost;
    }
    TokenError::Failed { call: format!("C_{call:?}"), answer: words(&format!("{answer:?}")) }
}

/// The same, for a signature that did not come about.
pub(super) fn unsigned(error: &Error) -> SigningFailed {
    let Error::Pkcs11(answer, _) = error else { return SigningFailed::Refused };
    if is_lost(*answer) {
        return SigningFailed::TokenLost;
    }
    if *answer == RvError::KeyFunctionNotPermitted {
        return SigningFailed::MayNotSign;
    }
    SigningFailed::Token { answer: words(&format!("{answer:?}")) }
}

/// Whether session or token are gone.
fn is_lost(answer: RvError) -> bool {
    matches!(
        answer,
        RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::DeviceRemoved
            | RvError::TokenNotPresent
            | RvError::UserNotLoggedIn
            | RvError::CryptokiNotInitialized
    )
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn a_token_that_is_gone_is_told_apart_from_one_that_fails() {
        for gone in [RvError::SessionHandleInvalid, RvError::DeviceRemoved, RvError::TokenNotPresent] {
            assert!(matches!(failed(&Error::Pkcs11(gone, Function::Sign)), TokenError::Lost));
            assert_eq!(unsigned(&Error::Pkcs11(gone, Function::Sign)), SigningFailed::TokenLost);
        }
        let error = Error::Pkcs11(RvError::DeviceError, Function::OpenSession);
        assert_eq!(failed(&error).to_string(), "the token failed: C_OpenSession answered DeviceError");
        let error = Error::Pkcs11(RvError::KeyFunctionNotPermitted, Function::SignInit);
        assert_eq!(unsigned(&error), SigningFailed::MayNotSign);
    }
}

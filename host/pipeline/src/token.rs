//! Tokens that commands name: whose code reaches them, and what to do about one, for whoever holds it.

use chiron_trust::key::{Module, TokenError};

use crate::operator::Operator;
use crate::operator::ceiling::Objection;
use crate::standalone::Refused;

/// Lets a module be loaded that a command names, unless one of the operators does not.
///
/// # Errors
/// [`Refused`], in the words of the first that does not.
pub fn permit(module: &Module, operators: &[Operator]) -> Result<(), Refused> {
    match operators.iter().find_map(|operator| operator.objection_to_module(module)) {
        None => Ok(()),
        Some(Objection { message, hint, .. }) => Err(Refused { message, hint }),
    }
}

/// What to do about an error of a token, in a line. Where the PIN is said, each door knows itself.
#[must_use]
pub fn advice(error: &TokenError) -> &'static str {
    match error {
        TokenError::NotBuilt => {
            "build it with the feature `pkcs11`, which is on unless --no-default-features says otherwise"
        }
        TokenError::NoModule { .. } => {
            "add ?module-path=/usr/lib/softhsm/libsofthsm2.so to the URI, or wherever the token's maker has it"
        }
        TokenError::ModuleUnreadable { .. } | TokenError::NoFile { .. } => {
            "module-path is the whole path of the library that the token's maker gives out, e.g. /usr/lib/softhsm/libsofthsm2.so"
        }
        TokenError::ModuleExposed { .. } => {
            "whoever may write the module, or put another in its place, is this process: only root and you may own it and its folders, and write there"
        }
        TokenError::ModuleChanged { .. } => "run again, and if it goes on changing find out who writes it",
        TokenError::NotAModule { .. } | TokenError::OtherModule { .. } => {
            "see what it is with: pkcs11-tool --module FILE --show-info"
        }
        TokenError::NoToken { .. } | TokenError::SeveralTokens { .. } => {
            "see what is there with: pkcs11-tool --module FILE --list-token-slots"
        }
        TokenError::NotInitialized => "set it up: softhsm2-util --init-token, or with the tool of its maker",
        TokenError::PinNotSet => "set it up: pkcs11-tool --module FILE --init-pin --login --login-type so",
        TokenError::PinMissing => "say where the PIN is",
        TokenError::PinLength { .. } | TokenError::WrongPin { .. } | TokenError::NotTriedAgain => {
            "look at the PIN before it is tried again: a few wrong ones lock the token"
        }
        TokenError::PinLocked => "its security officer unlocks it: pkcs11-tool --module FILE --unlock-pin",
        TokenError::PinExpired => "change it: pkcs11-tool --module FILE --login --change-pin",
        TokenError::NoKey { .. } | TokenError::SeveralKeys { .. } => {
            "see what is there with: pkcs11-tool --module FILE --login --list-objects"
        }
        TokenError::PublicInsteadOfPrivate => "say type=private, or leave it out",
        TokenError::NoPublicHalf | TokenError::BadPublicHalf { .. } => {
            "put the public half beside it, with the same id: pkcs11-tool --module FILE --login --write-object PUB --type pubkey --id ID"
        }
        TokenError::OtherKind { .. } | TokenError::MayNotSign | TokenError::AsksEachTime => {
            "make one: chiron key generate release --pkcs11 URI, or pkcs11-tool --keypairgen --key-type EC:prime256v1 --usage-sign"
        }
        TokenError::NoMechanism { .. } => "see what it can with: pkcs11-tool --module FILE --list-mechanisms",
        TokenError::Taken => "choose another label or id: a key is never written over",
        TokenError::Lost => "put it back, and run again",
        TokenError::Failed { .. } => "the module's own log may say more",
    }
}

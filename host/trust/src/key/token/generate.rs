//! New keys, in a token.

use crypto_secretbox::aead::OsRng;
use crypto_secretbox::aead::rand_core::RngCore as _;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::Attribute as Value;

use super::curve;
use super::library::failed;
use super::object::{Half, all, one, template};
use super::slot::Token;
use super::{Module, TokenError};
use crate::key::uri::Attribute;
use crate::key::{Algorithm, PublicKey, Secret, TokenUri};

/// Makes a pair that stays: the private half is sensitive, never leaves the token, and only signs.
pub(super) fn generate(
    uri: &TokenUri,
    module: &Module,
    pin: Option<&Secret>,
    algorithm: Algorithm,
) -> Result<PublicKey, TokenError> {
    let token = Token::find(uri, module)?;
    let (mechanism, kind) = match algorithm {
        Algorithm::P256 => (Mechanism::EccKeyPairGen, MechanismType::ECC_KEY_PAIR_GEN),
        Algorithm::Ed25519 => (Mechanism::EccEdwardsKeyPairGen, MechanismType::ECC_EDWARDS_KEY_PAIR_GEN),
    };
    token.can(kind, "making a key of this kind")?;
    let session = token.writing_session()?;
    token.log_in(&session, pin)?;
    for half in [Half::Private, Half::Public] {
        if !all(&session, &template(uri, half))?.is_empty() {
            return Err(TokenError::Taken);
        }
    }
    let label = uri.get(Attribute::Object).unwrap_or_default().to_vec();
    let id = uri.get(Attribute::Id).map_or_else(fresh_id, |id| Ok(id.to_vec()))?;
    let both = [Value::Token(true), Value::Label(label), Value::Id(id)];
    let public = [Value::Private(false), Value::Verify(true), Value::EcParams(curve::parameters(algorithm).to_vec())];
    let private = [Value::Private(true), Value::Sensitive(true), Value::Extractable(false), Value::Sign(true)];
    session
        .generate_key_pair(&mechanism, &[&both[..], &public].concat(), &[&both[..], &private].concat())
        .map_err(|error| failed(&error))?;
    one(&session, uri, Half::Private)?.public_of_private()
}

/// What ties the halves together, and tells the pair apart from others of its label.
fn fresh_id() -> Result<Vec<u8>, TokenError> {
    let mut bytes = vec![0_u8; 16];
    match OsRng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(TokenError::Failed { call: "the system".to_owned(), answer: "no randomness".to_owned() }),
    }
}

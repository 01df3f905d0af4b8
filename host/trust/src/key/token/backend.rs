//! Signing in a token.

use std::sync::Mutex;

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::library::unsigned;
use super::object::{Half, one};
use super::slot::Token;
use super::{Module, TokenError};
use crate::key::uri::Attribute;
use crate::key::{Algorithm, Backend, Message, PublicKey, Secret, SigningFailed, TokenUri};

/// A private key in a token, opened.
pub(super) struct InToken {
    /// One signature at a time: a session does one thing at a time.
    session: Mutex<Session>,
    key: ObjectHandle,
    public: PublicKey,
}

impl InToken {
    pub(super) fn open(uri: &TokenUri, module: &Module, pin: Option<&Secret>) -> Result<Self, TokenError> {
        if uri.text(Attribute::Type) == Some("public") {
            return Err(TokenError::PublicInsteadOfPrivate);
        }
        let token = Token::find(uri, module)?;
        let session = token.session()?;
        token.log_in(&session, pin)?;
        let found = one(&session, uri, Half::Private)?;
        let algorithm = found.algorithm()?;
        found.signs()?;
        match algorithm {
            Algorithm::P256 => token.can(MechanismType::ECDSA, "ECDSA (CKM_ECDSA)")?,
            Algorithm::Ed25519 => token.can(MechanismType::EDDSA, "Ed25519 (CKM_EDDSA)")?,
        }
        let (key, public) = (found.handle, found.public_of_private()?);
        Ok(Self { session: Mutex::new(session), key, public })
    }
}

impl Backend for InToken {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &Message<'_>) -> Result<Vec<u8>, SigningFailed> {
        // Whoever panicked while holding it left the session in the middle of something.
        let session = self.session.lock().map_err(|_| SigningFailed::Refused)?;
        match self.public.algorithm() {
            Algorithm::P256 => {
                let answer = session.sign(&Mechanism::Ecdsa, self.key, &message.sha256);
                // r and s, one behind the other (PKCS #11 2.40, section 2.3.1); certificates, bundles and openssl have DER.
                let answer = answer.map_err(|error| unsigned(&error))?;
                let signature = p256::ecdsa::Signature::from_slice(&answer);
                Ok(signature.map_err(|_| SigningFailed::NotItsSignature)?.to_der().as_bytes().to_vec())
            }
            Algorithm::Ed25519 => {
                let bytes = message.bytes.ok_or(SigningFailed::Refused)?;
                let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
                session.sign(&pure, self.key, bytes).map_err(|error| unsigned(&error))
            }
        }
    }
}

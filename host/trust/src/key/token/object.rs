//! Keys in a token: finding the one that is meant, and reading its public half.

use cryptoki::object::{Attribute as Value, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::curve;
use super::library::{failed, words};
use super::slot::Token;
use super::{Module, TokenError};
use crate::key::uri::Attribute;
use crate::key::{Algorithm, PublicKey, Secret, TokenUri, pem};

/// One half of a pair.
#[derive(Clone, Copy)]
pub(super) enum Half {
    Private,
    Public,
}

impl Half {
    fn class(self) -> ObjectClass {
        match self {
            Self::Private => ObjectClass::PRIVATE_KEY,
            Self::Public => ObjectClass::PUBLIC_KEY,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Private => "private key",
            Self::Public => "public key",
        }
    }
}

/// A key object, with what is asked of every one.
pub(super) struct Found<'a> {
    session: &'a Session,
    pub(super) handle: ObjectHandle,
    /// `CKA_ID` and `CKA_LABEL`.
    id: Vec<u8>,
    label: Vec<u8>,
}

/// The public half of what a URI names: as the token shows it to anybody, or behind the PIN.
pub(super) fn public_half(uri: &TokenUri, module: &Module, pin: Option<&Secret>) -> Result<PublicKey, TokenError> {
    let token = Token::find(uri, module)?;
    let session = token.session()?;
    let shown = match one(&session, uri, Half::Public) {
        Err(TokenError::NoKey { .. }) if pin.is_some() => None,
        found => Some(found?.public()?),
    };
    if let Some(public) = shown {
        return Ok(public);
    }
    token.log_in(&session, pin)?;
    match one(&session, uri, Half::Public) {
        Err(TokenError::NoKey { .. }) => one(&session, uri, Half::Private)?.public_of_private(),
        found => found?.public(),
    }
}

/// The one key that a URI means. More than one is never chosen among.
pub(super) fn one<'a>(session: &'a Session, uri: &TokenUri, half: Half) -> Result<Found<'a>, TokenError> {
    let mut found = all(session, &template(uri, half))?;
    match found.len() {
        1 => found.pop().ok_or(TokenError::NoKey { what: half.words(), found: Vec::new() }),
        0 => {
            let there = all(session, &[Value::Class(half.class())])?;
            Err(TokenError::NoKey { what: half.words(), found: there.iter().map(Found::described).collect() })
        }
        _ => Err(TokenError::SeveralKeys { what: half.words(), found: found.iter().map(Found::described).collect() }),
    }
}

/// What an object has to be for the URI to mean it.
pub(super) fn template(uri: &TokenUri, half: Half) -> Vec<Value> {
    let label = uri.get(Attribute::Object).map(|label| Value::Label(label.to_vec()));
    let id = uri.get(Attribute::Id).map(|id| Value::Id(id.to_vec()));
    std::iter::once(Value::Class(half.class())).chain(label).chain(id).collect()
}

pub(super) fn all<'a>(session: &'a Session, template: &[Value]) -> Result<Vec<Found<'a>>, TokenError> {
    let handles = session.find_objects(template).map_err(|error| failed(&error))?;
    handles.into_iter().map(|handle| Found::read(session, handle)).collect()
}

impl<'a> Found<'a> {
    fn read(session: &'a Session, handle: ObjectHandle) -> Result<Self, TokenError> {
        let mut found = Self { session, handle, id: Vec::new(), label: Vec::new() };
        if let Some(Value::Id(id)) = found.value(AttributeType::Id)? {
            found.id = id;
        }
        if let Some(Value::Label(label)) = found.value(AttributeType::Label)? {
            found.label = label;
        }
        Ok(found)
    }

    /// What the token tells of the object; None where it tells nothing.
    fn value(&self, of: AttributeType) -> Result<Option<Value>, TokenError> {
        let values = self.session.get_attributes(self.handle, &[of]).map_err(|error| failed(&error))?;
        Ok(values.into_iter().next())
    }

    fn flag(&self, of: AttributeType) -> Result<Option<bool>, TokenError> {
        Ok(match self.value(of)? {
            Some(Value::Sign(flag) | Value::AlwaysAuthenticate(flag)) => Some(flag),
            _ => None,
        })
    }

    /// Refuses a key that does not sign, or not without being asked each time.
    pub(super) fn signs(&self) -> Result<(), TokenError> {
        if self.flag(AttributeType::Sign)? == Some(false) {
            return Err(TokenError::MayNotSign);
        }
        if self.flag(AttributeType::AlwaysAuthenticate)? == Some(true) {
            return Err(TokenError::AsksEachTime);
        }
        Ok(())
    }

    fn key_type(&self) -> Result<Option<KeyType>, TokenError> {
        Ok(match self.value(AttributeType::KeyType)? {
            Some(Value::KeyType(kind)) => Some(kind),
            _ => None,
        })
    }

    /// The kind of the key. Its curve is asked for only where keys have one.
    pub(super) fn algorithm(&self) -> Result<Algorithm, TokenError> {
        match self.key_type()? {
            Some(KeyType::EC | KeyType::EC_EDWARDS) => {}
            other => return Err(TokenError::OtherKind { found: name_of(other) }),
        }
        match self.value(AttributeType::EcParams)? {
            Some(Value::EcParams(parameters)) => curve::algorithm(&parameters),
            _ => Err(TokenError::OtherKind { found: "of a curve that the token does not tell".to_owned() }),
        }
    }

    /// The key, of a public key object.
    fn public(&self) -> Result<PublicKey, TokenError> {
        let algorithm = self.algorithm()?;
        match self.value(AttributeType::EcPoint)? {
            Some(Value::EcPoint(point)) if !point.is_empty() => curve::public(algorithm, &point),
            _ => Err(TokenError::NoPublicHalf),
        }
    }

    /// The public half of a private key object: the object of the same id or else label, or what the private one tells itself.
    pub(super) fn public_of_private(&self) -> Result<PublicKey, TokenError> {
        let algorithm = self.algorithm()?;
        let tie = if self.id.is_empty() { Value::Label(self.label.clone()) } else { Value::Id(self.id.clone()) };
        let mut halves: Vec<PublicKey> = Vec::new();
        for object in all(self.session, &[Value::Class(ObjectClass::PUBLIC_KEY), tie])? {
            // An id may be shared with a pair of another kind.
            if object.algorithm().ok() == Some(algorithm) {
                let public = object.public()?;
                if !halves.contains(&public) {
                    halves.push(public);
                }
            }
        }
        match halves.len() {
            0 => self.tells_itself(algorithm),
            1 => halves.pop().ok_or(TokenError::NoPublicHalf),
            _ => Err(TokenError::SeveralKeys { what: Half::Public.words(), found: vec![self.described()] }),
        }
    }

    /// `CKA_PUBLIC_KEY_INFO` (PKCS #11 2.40), or the point itself, which some tokens have there.
    fn tells_itself(&self, algorithm: Algorithm) -> Result<PublicKey, TokenError> {
        if let Some(Value::PublicKeyInfo(der)) = self.value(AttributeType::PublicKeyInfo)?
            && !der.is_empty()
        {
            let public = pem::spki(&der).map_err(|_| TokenError::BadPublicHalf { algorithm: algorithm.word() })?;
            return if public.algorithm() == algorithm { Ok(public) } else { Err(TokenError::NoPublicHalf) };
        }
        match self.value(AttributeType::EcPoint)? {
            Some(Value::EcPoint(point)) if !point.is_empty() => curve::public(algorithm, &point),
            _ => Err(TokenError::NoPublicHalf),
        }
    }

    fn described(&self) -> String {
        let label = words(&String::from_utf8_lossy(&self.label));
        let id = if self.id.is_empty() { "none".to_owned() } else { words(&hex::encode(&self.id)) };
        format!("`{label}` (id {id})")
    }
}

/// Names of keys that people have in tokens.
fn name_of(kind: Option<KeyType>) -> String {
    match kind {
        None => "of a kind that the token does not tell".to_owned(),
        Some(KeyType::RSA) => "an RSA key".to_owned(),
        Some(KeyType::EC_MONTGOMERY) => "an X25519 or X448 key".to_owned(),
        Some(KeyType::ML_DSA) => "an ML-DSA key".to_owned(),
        Some(other) => format!("of the kind {other}"),
    }
}

//! The shape of a bundle: which fields stand where, before anything they say is believed.
//!
//! `sigstore-types` reads more than is wanted here: older media types, unknown fields, one of two contents. Those are
//! settled on the JSON value; its types are built from what is left.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sigstore_types::{DsseEnvelope, MessageSignature, PublicKeyIdentifier};

use super::VerifyError;
use crate::bundle::BUNDLE_MEDIA_TYPE;

/// A bundle of the right shape.
pub(super) struct Shape {
    pub(super) hint: String,
    pub(super) content: Content,
}

/// What it signs.
pub(super) enum Content {
    Blob(MessageSignature),
    Envelope(DsseEnvelope),
}

/// Reads a bundle.
pub(super) fn bundle(value: Value) -> Result<Shape, VerifyError> {
    let mut fields = object(value, "bundle")?;
    let media_type = fields.remove("mediaType").unwrap_or_default();
    if media_type != BUNDLE_MEDIA_TYPE {
        return Err(VerifyError::MediaType { found: media_type.as_str().unwrap_or_default().to_owned() });
    }
    let hint = material(fields.remove("verificationMaterial").unwrap_or_default())?;
    let (blob, dsse) = (fields.remove("messageSignature"), fields.remove("dsseEnvelope"));
    no_more(&fields, "")?;
    let content = match (blob, dsse) {
        (Some(blob), None) => Content::Blob(message_signature(blob)?),
        (None, Some(dsse)) => Content::Envelope(envelope(dsse)?),
        (Some(_), Some(_)) => return Err(malformed("both `messageSignature` and `dsseEnvelope` are present")),
        (None, None) => return Err(malformed("neither `messageSignature` nor `dsseEnvelope` is present")),
    };
    Ok(Shape { hint, content })
}

/// Reads a DSSE envelope.
pub(super) fn envelope(value: Value) -> Result<DsseEnvelope, VerifyError> {
    let fields = object(value, "dsseEnvelope")?;
    only(&fields, "dsseEnvelope", &["payloadType", "payload", "signatures"])?;
    let Some(signatures) = fields.get("signatures").and_then(Value::as_array) else {
        return Err(malformed("`dsseEnvelope.signatures` is not a list"));
    };
    let [signature] = &signatures[..] else {
        return Err(VerifyError::SignatureCount { found: signatures.len() });
    };
    let signature = signature.as_object().ok_or_else(|| malformed("`dsseEnvelope.signatures[0]` is not an object"))?;
    only(signature, "dsseEnvelope.signatures[0]", &["sig", "keyid"])?;
    typed(fields, "dsseEnvelope")
}

fn message_signature(value: Value) -> Result<MessageSignature, VerifyError> {
    let fields = object(value, "messageSignature")?;
    only(&fields, "messageSignature", &["messageDigest", "signature"])?;
    if let Some(Value::Object(digest)) = fields.get("messageDigest") {
        only(digest, "messageSignature.messageDigest", &["algorithm", "digest"])?;
    }
    typed(fields, "messageSignature")
}

/// The key hint; empty where the material has none.
fn material(value: Value) -> Result<String, VerifyError> {
    let mut fields = object(value, "verificationMaterial")?;
    let Some(key) = fields.remove("publicKey") else {
        let found = fields.keys().next().map_or("nothing", String::as_str).to_owned();
        return Err(VerifyError::Material { found });
    };
    for field in ["tlogEntries", "timestampVerificationData"] {
        if fields.remove(field).is_some_and(|value| !is_empty(&value)) {
            return Err(VerifyError::Unverifiable { field });
        }
    }
    if let Some(found) = ["certificate", "x509CertificateChain"].into_iter().find(|field| fields.contains_key(*field)) {
        return Err(VerifyError::Material { found: found.to_owned() });
    }
    no_more(&fields, "verificationMaterial")?;
    let key = object(key, "verificationMaterial.publicKey")?;
    only(&key, "verificationMaterial.publicKey", &["hint"])?;
    let key: PublicKeyIdentifier = typed(key, "verificationMaterial.publicKey")?;
    Ok(key.hint)
}

/// Nothing, or nothing inside: writers put empty lists where they have no entries.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn object(value: Value, path: &str) -> Result<Map<String, Value>, VerifyError> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(malformed(&format!("`{path}` is not an object")))
        }
    }
}

fn only(fields: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), VerifyError> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(unknown(path, field)),
        None => Ok(()),
    }
}

fn no_more(fields: &Map<String, Value>, path: &str) -> Result<(), VerifyError> {
    only(fields, path, &[])
}

fn unknown(path: &str, field: &str) -> VerifyError {
    let field = field.escape_debug().take(80).collect::<String>();
    VerifyError::UnknownField { field: if path.is_empty() { field } else { format!("{path}.{field}") } }
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>, path: &str) -> Result<T, VerifyError> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| malformed(&format!("`{path}`: {error}")))
}

fn malformed(reason: &str) -> VerifyError {
    VerifyError::Malformed { reason: reason.to_owned() }
}

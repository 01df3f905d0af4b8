//! The shape of a bundle: what is there exactly once, before anything that it says is believed.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sigstore_types::{DsseEnvelope, MessageSignature};

use super::JudgeError;
use crate::statement::foreign::{self, ForeignStatement};

/// Versions that are read, as they are written. Each has rules of its own, which `sigstore-verify` holds.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// The most entries and timestamps. Bundles have one or two of each, and each costs a signature to check.
const WITNESSES_MAX: usize = 16;

/// The fields of a bundle's verification material.
const MATERIAL: [&str; 5] =
    ["certificate", "x509CertificateChain", "publicKey", "tlogEntries", "timestampVerificationData"];

/// A bundle.
pub(super) struct Shape {
    pub(super) content: Content,
    pub(super) material: Material,
}

/// What is signed.
pub(super) enum Content {
    File(MessageSignature),
    Statement(DsseEnvelope, Box<ForeignStatement>),
}

/// How the signer is known.
pub(super) enum Material {
    Certificate,
    Key {
        /// Whether there are log entries or timestamps.
        witnessed: bool,
    },
}

/// Reads a bundle.
pub(super) fn bundle(value: Value) -> Result<Shape, JudgeError> {
    let mut fields = object(value, "bundle")?;
    let media_type = fields.remove("mediaType").unwrap_or_default();
    let media_type = media_type.as_str().unwrap_or_default();
    if !MEDIA_TYPES.contains(&media_type) {
        return Err(JudgeError::MediaType { found: media_type.to_owned() });
    }
    let material = material(fields.remove("verificationMaterial").unwrap_or_default())?;
    let (blob, dsse) = (fields.remove("messageSignature"), fields.remove("dsseEnvelope"));
    no_more(&fields, "bundle")?;
    let content = match (blob, dsse) {
        (Some(blob), None) => Content::File(message_signature(blob)?),
        (None, Some(dsse)) => envelope(dsse)?,
        (Some(_), Some(_)) => return Err(malformed("both `messageSignature` and `dsseEnvelope` are present")),
        (None, None) => return Err(malformed("neither `messageSignature` nor `dsseEnvelope` is present")),
    };
    Ok(Shape { content, material })
}

fn material(value: Value) -> Result<Material, JudgeError> {
    let fields = object(value, "verificationMaterial")?;
    // A witness under a name that nobody reads would be one that nobody holds to anything.
    only(&fields, "verificationMaterial", &MATERIAL)?;
    for (field, known) in [("publicKey", &["hint"]), ("timestampVerificationData", &["rfc3161Timestamps"])] {
        if let Some(Value::Object(inner)) = fields.get(field) {
            only(inner, &format!("verificationMaterial.{field}"), known)?;
        }
    }
    let found: Vec<_> = ["certificate", "x509CertificateChain", "publicKey"]
        .into_iter()
        .filter(|field| fields.get(*field).is_some_and(|value| !value.is_null()))
        .collect();
    let [field] = found[..] else {
        return Err(malformed(&format!(
            "the verification material has {} of `certificate`, `x509CertificateChain` and `publicKey`, expected one",
            found.len()
        )));
    };
    let entries = count(fields.get("tlogEntries"))?;
    let timestamps = fields.get("timestampVerificationData").and_then(|data| data.get("rfc3161Timestamps"));
    let timestamps = count(timestamps)?;
    Ok(if field == "publicKey" { Material::Key { witnessed: entries + timestamps > 0 } } else { Material::Certificate })
}

fn count(list: Option<&Value>) -> Result<usize, JudgeError> {
    let found = match list {
        None | Some(Value::Null) => 0,
        Some(Value::Array(items)) => items.len(),
        Some(_) => return Err(malformed("log entries or timestamps are not a list")),
    };
    if found > WITNESSES_MAX {
        return Err(malformed(&format!("{found} log entries or timestamps, at most {WITNESSES_MAX} are read")));
    }
    Ok(found)
}

fn message_signature(value: Value) -> Result<MessageSignature, JudgeError> {
    let fields = object(value, "messageSignature")?;
    only(&fields, "messageSignature", &["messageDigest", "signature"])?;
    typed(fields, "messageSignature")
}

fn envelope(value: Value) -> Result<Content, JudgeError> {
    let fields = object(value, "dsseEnvelope")?;
    only(&fields, "dsseEnvelope", &["payloadType", "payload", "signatures"])?;
    let Some(signatures) = fields.get("signatures").and_then(Value::as_array) else {
        return Err(malformed("`dsseEnvelope.signatures` is not a list"));
    };
    if signatures.len() != 1 {
        return Err(JudgeError::SignatureCount { found: signatures.len() });
    }
    let envelope: DsseEnvelope = typed(fields, "dsseEnvelope")?;
    if envelope.payload_type != chiron_model::statement::PAYLOAD_TYPE {
        return Err(JudgeError::PayloadType { found: envelope.payload_type });
    }
    let statement = foreign::decode(envelope.payload.as_bytes())?;
    Ok(Content::Statement(envelope, Box::new(statement)))
}

fn object(value: Value, path: &str) -> Result<Map<String, Value>, JudgeError> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(malformed(&format!("`{path}` is not an object")))
        }
    }
}

/// The format is protobuf's, whose readers refuse fields that they do not know.
fn only(fields: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), JudgeError> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => {
            let field = field.escape_debug().take(80).collect::<String>();
            Err(malformed(&format!("`{path}` has a field `{field}`, which the format does not know")))
        }
        None => Ok(()),
    }
}

fn no_more(fields: &Map<String, Value>, path: &str) -> Result<(), JudgeError> {
    only(fields, path, &[])
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>, path: &str) -> Result<T, JudgeError> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| malformed(&format!("`{path}`: {error}")))
}

fn malformed(reason: &str) -> JudgeError {
    JudgeError::malformed(reason)
}

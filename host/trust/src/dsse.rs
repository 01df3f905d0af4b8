//! DSSE envelopes (Dead Simple Signing Envelope, protocol v1.0.2).

use sigstore_types::{DsseEnvelope, DsseSignature, KeyId, PayloadBytes, SignatureBytes};

use crate::key::{Message, PrivateKey, PublicKey, SigningFailed};

/// How every pre-authentication encoding begins.
const PAE_START: &[u8] = b"DSSEv1 ";

/// Wraps a payload and signs its pre-authentication encoding.
///
/// Without a key id, which DSSE leaves to the signer and forbids to trust: readers of the Go library, cosign among them, take one
/// that is not made as they make theirs for the mark of another key, and then refuse. The bundle has a hint of its own.
///
/// # Errors
/// When the key cannot sign.
pub(crate) fn sign(key: &PrivateKey, payload_type: &str, payload: Vec<u8>) -> Result<DsseEnvelope, SigningFailed> {
    let signature = key.sign(&Message::of(&sigstore_types::pae(payload_type, &payload)))?;
    let signature = DsseSignature::new(SignatureBytes::new(signature), KeyId::default());
    Ok(DsseEnvelope::new(payload_type, PayloadBytes::new(payload), signature))
}

/// Whether the envelope's one signature is this key's over payload and payload type.
#[must_use]
pub fn verifies(envelope: &DsseEnvelope, key: &PublicKey) -> bool {
    key.verifies(&Message::of(&envelope.pae()), envelope.signature.sig.as_bytes())
}

/// Whether a file that begins so could be a pre-authentication encoding.
///
/// A blob signature over such a file would be a valid envelope signature over a payload of its author's choice, so
/// whoever signs files refuses it. Seven bytes are enough to tell.
#[must_use]
pub fn looks_like_pae(head: &[u8]) -> bool {
    head.starts_with(PAE_START)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        // The vector of DSSE v1.0.2, protocol.md, "Test vectors".
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(sigstore_types::pae("http://example.com/HelloWorld", b"hello world"), expected);
        // Lengths count bytes.
        let expected = "DSSEv1 7 text/\u{e9} 3 \u{20ac}".as_bytes().to_vec();
        assert_eq!(sigstore_types::pae("text/\u{e9}", "\u{20ac}".as_bytes()), expected);
    }

    #[test]
    fn an_envelope_verifies_with_its_key_and_no_other() {
        let (key, other) = (sample::key(), sample::other_key());
        let envelope = sign(&key, "text/plain", b"hello".to_vec()).unwrap();
        assert!(verifies(&envelope, key.public()));
        assert!(!verifies(&envelope, other.public()));
        let mut changed = envelope.clone();
        changed.payload_type = "text/html".to_owned();
        assert!(!verifies(&changed, key.public()));
        changed = envelope;
        changed.payload = PayloadBytes::from_bytes(b"hullo");
        assert!(!verifies(&changed, key.public()));
    }

    #[test]
    fn signing_twice_gives_the_same_bytes() {
        let key = sample::key();
        let sign = || sign(&key, "text/plain", b"hello".to_vec()).unwrap();
        assert_eq!(sign(), sign());
    }

    #[test]
    fn a_file_that_is_an_encoding_is_recognised() {
        assert!(looks_like_pae(&sigstore_types::pae("application/vnd.in-toto+json", b"{}")));
        assert!(!looks_like_pae(b"PK\x03\x04"));
        assert!(!looks_like_pae(b"DSSE"));
    }
}

//! Which curve a key is on, and its point, as tokens tell them.

use super::TokenError;
use crate::key::{Algorithm, PublicKey};

/// `CKA_EC_PARAMS`: the DER of the curve's object identifier or, as PKCS #11 3.0 has it for Edwards curves, of its name.
/// RFC 5480 section 2.1.1.1, RFC 8410, and the identifier that GnuPG used before that.
const CURVES: [(&[u8], Curve); 14] = [
    (b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", Curve::Known(Algorithm::P256)),
    (b"\x13\x0aprime256v1", Curve::Known(Algorithm::P256)),
    (b"\x13\x09secp256r1", Curve::Known(Algorithm::P256)),
    (b"\x06\x03\x2b\x65\x70", Curve::Known(Algorithm::Ed25519)),
    (b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", Curve::Known(Algorithm::Ed25519)),
    (b"\x13\x0cedwards25519", Curve::Known(Algorithm::Ed25519)),
    (b"\x06\x05\x2b\x81\x04\x00\x22", Curve::Other("of the curve P-384")),
    (b"\x06\x05\x2b\x81\x04\x00\x23", Curve::Other("of the curve P-521")),
    (b"\x06\x05\x2b\x81\x04\x00\x0a", Curve::Other("of the curve secp256k1")),
    (b"\x06\x05\x2b\x81\x04\x00\x21", Curve::Other("of the curve P-224")),
    (b"\x06\x03\x2b\x65\x71", Curve::Other("an Ed448 key")),
    (b"\x13\x0aedwards448", Curve::Other("an Ed448 key")),
    (b"\x06\x03\x2b\x65\x6e", Curve::Other("an X25519 key")),
    (b"\x13\x0acurve25519", Curve::Other("an X25519 key")),
];

#[derive(Clone, Copy)]
enum Curve {
    Known(Algorithm),
    Other(&'static str),
}

/// The kind of a key on a curve.
pub(super) fn algorithm(parameters: &[u8]) -> Result<Algorithm, TokenError> {
    match CURVES.iter().find(|(known, _)| *known == parameters) {
        Some((_, Curve::Known(algorithm))) => Ok(*algorithm),
        Some((_, Curve::Other(name))) => Err(TokenError::OtherKind { found: (*name).to_owned() }),
        None => Err(TokenError::OtherKind { found: "of a curve that is not known here".to_owned() }),
    }
}

/// What a token is told to make a key on the curve of.
pub(super) fn parameters(algorithm: Algorithm) -> &'static [u8] {
    match algorithm {
        Algorithm::P256 => b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        // By its name, which SoftHSM 2.6 wants; PKCS #11 3.0, section 2.3.5, allows both.
        Algorithm::Ed25519 => b"\x13\x0cedwards25519",
    }
}

/// The public key of `CKA_EC_POINT`: the DER of an octet string (PKCS #11 2.40), of a bit string, or the bare point, as modules have it.
/// Lengths tell them apart: a bare point of P-256 may begin like an octet string.
pub(super) fn public(algorithm: Algorithm, bytes: &[u8]) -> Result<PublicKey, TokenError> {
    let bad = || TokenError::BadPublicHalf { algorithm: algorithm.word() };
    match algorithm {
        Algorithm::P256 => {
            let point = match bytes {
                [4, 65, point @ ..] if point.len() == 65 => point,
                [4, 33, point @ ..] if point.len() == 33 => point,
                [3, 66, 0, point @ ..] if point.len() == 65 => point,
                bare => bare,
            };
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| bad())?;
            PublicKey::p256(key).map_err(|_| bad())
        }
        Algorithm::Ed25519 => {
            let point = match bytes {
                [4, 32, point @ ..] | [3, 33, 0, point @ ..] if point.len() == 32 => point,
                bare => bare,
            };
            let point: &[u8; 32] = point.try_into().map_err(|_| bad())?;
            let key = ed25519_dalek::VerifyingKey::from_bytes(point).map_err(|_| bad())?;
            // A weak one is refused there.
            PublicKey::ed25519(key).map_err(|_| bad())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_point_is_read_however_a_module_writes_it() {
        let key = sample::key();
        let der = key.public().to_der();
        let point = &der[der.len() - 65..];
        let octets = [&[4, 65], point].concat();
        let bits = [&[3, 66, 0], point].concat();
        for form in [point, &octets, &bits] {
            assert_eq!(&public(Algorithm::P256, form).unwrap(), key.public());
        }
        let made = crate::key::generate(Algorithm::Ed25519, None).unwrap().public;
        let point = &made.to_der()[12..];
        for form in [point, &[&[4, 32], point].concat(), &[&[3, 33, 0], point].concat()] {
            assert_eq!(public(Algorithm::Ed25519, form).unwrap(), made);
        }
    }

    #[test]
    fn what_is_no_point_is_refused() {
        let mut off = sample::key().public().to_der().to_vec();
        *off.last_mut().unwrap() ^= 1;
        let off = &off[off.len() - 65..];
        for (algorithm, bytes) in [
            (Algorithm::P256, off),
            (Algorithm::P256, &[0; 65][..]),
            (Algorithm::P256, &[]),
            (Algorithm::Ed25519, &[]),
            (Algorithm::Ed25519, &[9; 31]),
            // Of small order: anything verifies under it.
            (Algorithm::Ed25519, &[0; 32]),
        ] {
            assert!(matches!(public(algorithm, bytes), Err(TokenError::BadPublicHalf { .. })), "{bytes:?}");
        }
    }

    #[test]
    fn curves_are_known_by_identifier_and_by_name() {
        for known in Algorithm::ALL {
            assert_eq!(algorithm(parameters(known)).unwrap(), known);
        }
        assert_eq!(algorithm(b"\x06\x03\x2b\x65\x70").unwrap(), Algorithm::Ed25519);
        let other = algorithm(b"\x06\x05\x2b\x81\x04\x00\x22").unwrap_err().to_string();
        assert!(other.contains("P-384") && other.contains("P-256"), "{other}");
        assert!(algorithm(b"").is_err());
    }
}

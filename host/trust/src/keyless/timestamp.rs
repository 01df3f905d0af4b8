//! Timestamps of signatures (RFC 3161): the request, and whether something was given. What a timestamp says is for the
//! judge, who holds it against the trust root and against the signature.

use crypto_secretbox::aead::OsRng;
use crypto_secretbox::aead::rand_core::RngCore as _;
use sha2::{Digest as _, Sha256};

use super::ServiceError;

/// `SEQUENCE { OID id-sha256 }`: parameters are absent (RFC 5754, 2).
const SHA256: [u8; 13] = [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// A request for the time of a signature, DER: `TimeStampReq { 1, { sha256, digest }, nonce, certReq true }`. All its parts
/// are short, so that every length is one byte.
pub(super) fn request(signature: &[u8]) -> Result<Vec<u8>, ServiceError> {
    let mut nonce = [0_u8; 8];
    OsRng.try_fill_bytes(&mut nonce).map_err(|_| ServiceError::Signing)?;
    // Positive, and without a zero in front: DER has one spelling for a number.
    nonce[0] = (nonce[0] & 0x7f) | 0x40;
    let imprint = [&SHA256[..], &tagged(0x04, &Sha256::digest(signature))].concat();
    let parts = [tagged(0x02, &[1]), tagged(0x30, &imprint), tagged(0x02, &nonce), tagged(0x01, &[0xff])];
    Ok(tagged(0x30, &parts.concat()))
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    debug_assert!(content.len() < 128, "the short form of a length");
    [&[tag, content.len().to_le_bytes()[0]], content].concat()
}

/// Whether an answer grants a timestamp: `TimeStampResp { { INTEGER 0 or 1, … }, token }`.
pub(super) fn granted(answer: &[u8]) -> Result<(), ServiceError> {
    let unreadable = || ServiceError::answer("it is no answer of a timestamp authority");
    let (0x30, body, _) = element(answer).ok_or_else(unreadable)? else { return Err(unreadable()) };
    let (0x30, status, token) = element(body).ok_or_else(unreadable)? else { return Err(unreadable()) };
    let (0x02, [status], _) = element(status).ok_or_else(unreadable)? else { return Err(unreadable()) };
    if *status > 1 || token.is_empty() {
        return Err(ServiceError::Refused { status: *status });
    }
    Ok(())
}

/// Tag, content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_der_with_the_digest_of_the_signature() {
        let request = request(b"signature").unwrap();
        let (tag, body, rest) = element(&request).unwrap();
        assert!(tag == 0x30 && rest.is_empty());
        let digest = Sha256::digest(b"signature");
        assert!(body.windows(32).any(|window| window == &digest[..]));
        assert_ne!(request, super::request(b"signature").unwrap(), "each has a nonce of its own");
    }

    #[test]
    fn an_answer_without_a_timestamp_is_told() {
        assert_eq!(granted(&[0x30, 5, 0x30, 3, 2, 1, 2]), Err(ServiceError::Refused { status: 2 }));
        assert_eq!(granted(&[0x30, 5, 0x30, 3, 2, 1, 0]), Err(ServiceError::Refused { status: 0 }));
        assert_eq!(granted(&[0x30, 7, 0x30, 3, 2, 1, 0, 0x30, 0]), Ok(()));
        for broken in [&b""[..], b"<html>", &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80], &[0x30, 5, 0x30]] {
            assert!(matches!(granted(broken), Err(ServiceError::Answer { .. })), "{broken:?}");
        }
    }
}

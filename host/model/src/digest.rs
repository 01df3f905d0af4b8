//! Digests: which algorithm, which bytes.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A digest as in-toto writes it: lower-case algorithm, lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: String,
    hex: String,
}

/// The text is not `algorithm:hex`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a digest: expected lower-case `algorithm:hex`, e.g. `sha256:9f86d0…`")]
pub struct DigestError {
    text: String,
}

impl Digest {
    /// Parses the two halves of a digest.
    ///
    /// # Errors
    /// When the algorithm is empty or holds anything but `[a-z0-9]` and letters, when the hex is not lower-case hex,
    /// or when its length does not fit a SHA-2 algorithm that is named.
    pub fn new(algorithm: &str, hex: &str) -> Result<Self, DigestError> {
        let wrong = || DigestError { text: format!("{algorithm}:{hex}") };
        let named =
            !algorithm.is_empty() && algorithm.len() <= 64 && algorithm.bytes().all(|b| b.is_ascii_alphanumeric());
        let length = match algorithm {
            "sha256" => hex.len() == 64,
            "sha384" => hex.len() == 96,
            "sha512" => hex.len() == 128,
            _ => !hex.is_empty() && hex.len() <= 512 && hex.len().is_multiple_of(2),
        };
        let lower_hex = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !(named && length && lower_hex) {
            return Err(wrong());
        }
        Ok(Self { algorithm: algorithm.to_owned(), hex: hex.to_owned() })
    }

    /// Parses `algorithm:hex`.
    ///
    /// # Errors
    /// As [`Digest::new`].
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (algorithm, hex) = text.split_once(':').ok_or_else(|| DigestError { text: text.to_owned() })?;
        Self::new(algorithm, hex)
    }

    /// The SHA-256 of bytes already in memory.
    #[must_use]
    pub fn sha256_of(bytes: &[u8]) -> Self {
        Self::from_sha256(Sha256::digest(bytes).into())
    }

    /// Wraps a SHA-256 that was computed elsewhere.
    #[must_use]
    pub fn from_sha256(raw: [u8; 32]) -> Self {
        Self { algorithm: "sha256".to_owned(), hex: hex::encode(raw) }
    }

    /// The algorithm's name, e.g. `sha256` or `chironDirV1`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The digest's bytes as lower-case hex.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parses() {
        let digest = Digest::sha256_of(b"");
        assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
    }

    #[test]
    fn refuses_upper_case_and_wrong_lengths() {
        assert!(Digest::parse("sha256:ABCD").is_err());
        assert!(Digest::parse("sha256:abcd").is_err());
        assert!(Digest::parse("abcd").is_err());
    }
}

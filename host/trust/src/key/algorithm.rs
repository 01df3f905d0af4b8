//! Which keys there are.

use std::fmt;
use std::str::FromStr;

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: what cosign makes, and what signs the digest of a file.
    P256,
    /// Ed25519, over the whole message.
    Ed25519,
}

impl Algorithm {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::P256, Self::Ed25519];

    /// What it is called on a command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::P256 => "p256",
            Self::Ed25519 => "ed25519",
        }
    }

    /// What signers are told (`chiron:keys/signing`).
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::P256 => "ecdsa-p256-sha256",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.word() == text)
            .ok_or_else(|| format!("`{}` is no kind of key: p256 or ed25519", text.escape_debug()))
    }
}

//! What can be wrong with a key. No message holds a byte of one.

use std::io;
use std::path::PathBuf;

use super::{TokenError, UriError};

/// The text is not the key that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("failed to read the key file {}", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is too long to be a key.
    #[error("the key file is longer than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// No PEM block (RFC 7468) in the text.
    #[error("the key is not PEM text: expected `-----BEGIN PRIVATE KEY-----` or a similar line")]
    NotPem,
    /// Other users of the machine reach the file.
    #[error("{} is open to other users of this machine (mode {mode:04o}): chmod 600 it", path.display())]
    Exposed {
        /// As given.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The environment has no such variable.
    #[error("the environment has no {name}")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// The key is protected by a password, and none was given.
    #[error("the key is encrypted (`{label}`), and no password was given")]
    PasswordMissing {
        /// The label of the PEM block.
        label: &'static str,
    },
    /// The password does not open the key.
    #[error("the password is wrong: it does not open the key")]
    WrongPassword,
    /// Encrypted in a way that is not read.
    #[error("the encrypted key cannot be read: {reason}")]
    Sealed {
        /// What is wrong.
        reason: String,
    },
    /// No key could be made.
    #[error("failed to make a key: the system gave no randomness")]
    Generation,
    /// A key under which signatures prove nothing.
    #[error("the key is weak (of small order): signatures prove nothing under it")]
    Weak,
    /// A public key where a private one belongs.
    #[error("this is a public key (`{label}`), but signing needs the private key")]
    PublicInsteadOfPrivate {
        /// The label of the PEM block.
        label: &'static str,
    },
    /// A private key where a public one belongs.
    #[error("this is a private key (`{label}`), but only the public key belongs here")]
    PrivateInsteadOfPublic {
        /// The label of the PEM block.
        label: &'static str,
    },
    /// A PEM block of another kind.
    #[error("a PEM block `{label}` is no key that can be used here: expected {expected}")]
    OtherBlock {
        /// The label of the PEM block, made inert.
        label: String,
        /// What is read.
        expected: &'static str,
    },
    /// A key of another algorithm or curve.
    #[error("the key is {found}, but only ECDSA on the curve P-256 and Ed25519 are supported")]
    OtherAlgorithm {
        /// Its name, or its object identifier.
        found: String,
    },
    /// A key in a token, named in a way that cannot be read.
    #[error("the URI of the key cannot be used: {0}")]
    Uri(#[from] UriError),
    /// A key in a token that cannot be had.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The block has the right label and cannot be read.
    #[error("the PEM block `{label}` is damaged: it cannot be read as a key")]
    Malformed {
        /// The label of the PEM block.
        label: &'static str,
    },
}

impl KeyError {
    /// Whether what was given is no private key at all.
    pub(super) fn is_about_another_thing(&self) -> bool {
        matches!(self, Self::NotPem | Self::PublicInsteadOfPrivate { .. } | Self::OtherBlock { .. })
    }
}

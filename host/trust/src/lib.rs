//! Keys, DSSE envelopes, in-toto statements, Sigstore bundles, and trust roots by TUF.
//!
//! The only crate that touches a private key. Nothing outside it can have arbitrary bytes signed: what leaves is
//! a statement that was checked, or a signature over the digest of a file, and the caller decides which subjects
//! of the run those may be about. Whatever a signer plugin answers passes [`verify::verify_bundle`] before it is
//! written.
//!
//! Keys are ECDSA P-256 with SHA-256, or Ed25519. A key that is elsewhere is another [`key::Backend`]: in a token ([`key::token`]), or at a service.

pub mod bundle;
pub mod dsse;
pub mod file;
pub mod judge;
pub mod key;
#[cfg(feature = "keyless")]
pub mod keyless;
pub mod link;
pub mod pair;
pub mod pep740;
pub mod statement;
pub mod tuf;
pub mod verify;

mod strict_json;

#[cfg(test)]
mod sample;

pub use key::{KeyError, Message, PrivateKey, PublicKey};
pub use strict_json::{JsonError, parse as parse_json};
pub use verify::{Expected, VerifyError, verify_bundle};

//! Trust roots by TUF (The Update Framework, specification 1.0.34): how a `trusted_root.json` gets onto a machine, and stays believable there.
//!
//! Nothing here opens a connection: a [`Source`] brings bytes from a mirror, [`refresh`] holds them against the root that a repository
//! begins with, and against what was seen of it before. What came out is one file, a [`Store`], and is verified anew, from that same first
//! root, each time it is used. The rules are `sigstore-tuf`'s; what they are asked, and what happens where they say no, is ours.

#[cfg(feature = "keyless")]
mod error;
mod known;
mod name;
#[cfg(feature = "keyless")]
mod place;
#[cfg(feature = "keyless")]
mod refresh;
#[cfg(feature = "keyless")]
mod repository;
#[cfg(feature = "keyless")]
mod store;
#[cfg(feature = "keyless")]
mod verified;

#[cfg(feature = "keyless")]
pub use error::TufError;
pub use known::Known;
pub use name::{NameError, RepositoryName};
#[cfg(feature = "keyless")]
pub use place::{default_dir, names, path, read};
#[cfg(feature = "keyless")]
pub use refresh::{Begin, refresh};
#[cfg(feature = "keyless")]
pub use repository::{Fetching, Source, SourceError};
#[cfg(feature = "keyless")]
pub use store::Store;
#[cfg(feature = "keyless")]
pub use verified::{RoleFacts, Verified};

/// The target that names certificate authorities, logs and timestamp authorities.
pub const TRUSTED_ROOT: &str = "trusted_root.json";

/// The target that names the services which sign, in the version that is read here.
pub const SIGNING_CONFIG: &str = "signing_config.v0.2.json";

/// What is done about metadata whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// It is refused: whoever holds back what is newer would otherwise be obeyed for ever (TUF 5.3.10, 5.4.4, 5.5.6, 5.6.5).
    Refused,
    /// It is believed, because the operator says so: signatures, versions and digests still have to hold. For machines that no network
    /// reaches.
    Accepted,
}

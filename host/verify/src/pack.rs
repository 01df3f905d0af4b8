//! A pack: subjects with everything that speaks for them, in one file that needs no Chiron to be opened.
//!
//! A deterministic `tar.gz` or `tar.zst` of
//!
//! ```text
//! SHA256SUMS            every other member, as `sha256sum -c` reads it
//! manifest.json         every member but these two, with its role, size and digest (schemas/pack.schema.json)
//! subjects/…            what it is about, with the evidence that lay beside it under the names that `chiron verify` knows
//! attestations/…        bundles that were named
//! sboms/…               SBOMs that were named, and what signs them
//! reports/…             reports that were named, and what signs them
//! ```
//!
//! The manifest is signed by nobody: it says what is there, and proves nothing. What is a subject is therefore decided by names
//! again when a pack is opened, and who signed is decided by whoever verifies, with the flags of `chiron verify`.

mod create;
mod inspect;
mod manifest;
mod open;
mod verify;

pub use create::{Contents, Draft};
pub use inspect::{Inspection, MemberSeen, ReportSeen, SignerSeen, inspect};
pub use manifest::{Entry, Manifest, Role, SCHEMA, schema};
pub use verify::{PackAccount, verify};

use std::path::PathBuf;

/// What cannot be packed, or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A path cannot be read.
    #[error("failed to read {}: {reason}", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no subject.
    #[error("there is nothing to pack: no file is a subject")]
    Empty,
    /// A file is not what it was given as.
    #[error("{} {reason}", path.display())]
    NotOne {
        /// As given.
        path: PathBuf,
        /// "is no SBOM: …".
        reason: String,
    },
    /// Two files would have one name.
    #[error("{} and {} would both be `{name}` in the pack", first.display(), second.display())]
    Doubled {
        /// In the pack.
        name: String,
        /// Where it comes from.
        first: PathBuf,
        /// And again.
        second: PathBuf,
    },
    /// The pack would lie in a folder that goes into it.
    #[error("{} would lie in {}, which goes into it", output.display(), folder.display())]
    Itself {
        /// The pack.
        output: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be written.
    #[error(transparent)]
    Archive(chiron_archive::Error),
}

#[cfg(test)]
mod tests;

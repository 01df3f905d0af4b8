//! Why the host could not read what it was asked to.

use std::io;

use crate::name::NameFault;
use crate::tree::EntryKind;

/// Why a file, directory or archive was not read. Names are as given, or lossy where they are not UTF-8; they come
/// from the subject, so doors show them through `chiron_model::text::inert`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot read `{name}`: {source}")]
    Io {
        /// The file or directory.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{name}`: {source}")]
    Write {
        /// The file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing of that name is in the tree.
    #[error("`{path}` is not there")]
    NotFound {
        /// The path asked for.
        path: String,
    },
    /// A path was asked for that no tree can hold.
    #[error("`{path}` is not a path inside a tree: {fault}")]
    PathRefused {
        /// The path asked for.
        path: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// It is there, but is not what the call needs.
    #[error("`{path}` is a {found}, not a {wanted}")]
    WrongKind {
        /// The path asked for.
        path: String,
        /// What it is.
        found: EntryKind,
        /// What the call needs.
        wanted: EntryKind,
    },
    /// A file differs from what was hashed.
    #[error("`{name}` changed while it was being judged")]
    Changed {
        /// The file.
        name: String,
    },
    /// The bytes are no archive that is known.
    #[error("`{name}` is not an archive: its content is {media_type}")]
    NotAnArchive {
        /// The file.
        name: String,
        /// What it looks like.
        media_type: String,
    },
    /// A limit was reached.
    #[error("`{name}` exceeds {limit} = {max}")]
    Limit {
        /// The file, archive or member.
        name: String,
        /// The field of [`crate::Limits`].
        limit: &'static str,
        /// Its value.
        max: u64,
    },
    /// An archive holds a member whose name cannot be trusted, and is refused as a whole.
    #[error("`{archive}` holds a member named `{member}`: {fault}")]
    NameRefused {
        /// The archive.
        archive: String,
        /// The member, lossy.
        member: String,
        /// What is wrong with the name.
        fault: NameFault,
    },
    /// An archive is broken, or would mean different things to different readers, and is refused as a whole.
    #[error("`{archive}` is refused: {what}")]
    ArchiveRefused {
        /// The archive.
        archive: String,
        /// What is wrong with it.
        what: String,
    },
    /// A member is broken or contradicts its archive.
    #[error("member `{member}` of `{archive}`: {fault}")]
    Entry {
        /// The archive.
        archive: String,
        /// The member.
        member: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The glob cannot be used.
    #[error("`{glob}` is not a usable glob: {reason}")]
    Glob {
        /// The glob, cut to its limit.
        glob: String,
        /// Why.
        reason: String,
    },
    /// No such digest is computed here.
    #[error("no digest algorithm `{algorithm}`: expected sha256, sha384, sha512 or sha1")]
    UnknownAlgorithm {
        /// The algorithm asked for.
        algorithm: String,
    },
}

/// What is wrong with one member of an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The name stands twice.
    #[error("its name stands twice")]
    Duplicate,
    /// Something that is not a directory has members below it.
    #[error("it is not a directory, but has members below it")]
    HasChildren,
    /// A directory that carries bytes, which most readers never show.
    #[error("it is a directory, but has data")]
    DirectoryWithData,
    /// Its data lies inside another member's, the mark of a zip bomb (Fifield 2019) or of hidden content.
    #[error("its bytes overlap those of another member or of the directory")]
    Overlap,
    /// Before it lie bytes that belong to no member.
    #[error("{bytes} bytes before it belong to no member")]
    Gap {
        /// How many.
        bytes: u64,
    },
    /// Its local header says otherwise than the directory.
    #[error("its local header and the directory disagree about its {field}")]
    HeadersDisagree {
        /// About what.
        field: &'static str,
    },
    /// It is encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// Neither stored nor deflated.
    #[error("compression method {method} is not read here")]
    Method {
        /// The number (APPNOTE 4.4.5).
        method: u16,
    },
    /// A sparse file, which different readers expand differently.
    #[error("it is a sparse file")]
    Sparse,
    /// Inflated, it is longer or shorter than declared.
    #[error("its size is not the {declared} bytes that are declared")]
    Size {
        /// As the directory says.
        declared: u64,
    },
    /// Its bytes do not fit their checksum.
    #[error("its bytes do not fit their CRC-32")]
    Checksum,
    /// Its compressed bytes are corrupt.
    #[error("its compressed bytes are corrupt: {reason}")]
    Corrupt {
        /// What the decoder said.
        reason: String,
    },
    /// A link whose target is too long or not UTF-8.
    #[error("its link target cannot be used")]
    Target,
}

impl Error {
    /// Wraps an I/O error, or gives back the error of ours that travelled inside one through a foreign reader.
    pub(crate) fn io(name: &str, source: io::Error) -> Self {
        match source.downcast::<Self>() {
            Ok(own) => own,
            Err(source) => Self::Io { name: name.to_owned(), source },
        }
    }

    pub(crate) fn limit(name: &str, limit: &'static str, max: u64) -> Self {
        Self::Limit { name: name.to_owned(), limit, max }
    }

    pub(crate) fn refused(archive: &str, what: impl Into<String>) -> Self {
        Self::ArchiveRefused { archive: archive.to_owned(), what: what.into() }
    }

    pub(crate) fn entry(archive: &str, member: &str, fault: EntryFault) -> Self {
        Self::Entry { archive: archive.to_owned(), member: member.to_owned(), fault }
    }
}

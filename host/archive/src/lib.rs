//! Reading subjects safely: files, directories, wheels and zips, tars, within limits. Writing tars whose bytes follow from
//! their members alone.
//!
//! A subject is hashed once ([`snapshot`]); from then on every byte handed out is checked to come from what was
//! hashed. Bytes stay here: callers hold a [`Blob`] or a [`Tree`] and read windows, as `chiron:artifact/content` says.
//!
//! Three rules hold everywhere:
//! - Nothing leads out of the root: no symlink is followed, no `..` resolved, no absolute name taken.
//! - An archive that different readers would understand differently (two members of one name, members that overlap,
//!   bytes that belong to no member, a local header that contradicts the directory) is refused as a whole. PyPI
//!   refuses most of these too since 2025 ("Preventing ZIP parser confusion attacks on Python package installers").
//! - Every size is bounded before it is paid for, and what is refused is named.
//!
//! Unix only: directories are walked through file descriptors (`openat`).

mod atomic;
mod blob;
mod budget;
mod data;
mod directory;
mod disk;
mod error;
mod gzip;
mod image;
mod index;
mod limits;
mod media;
mod name;
mod packing;
mod snapshot;
mod tar;
mod tree;
mod unpack;
mod walk;
mod zip;
mod zstandard;

pub use atomic::{write_all_atomically, write_atomically};
pub use blob::Blob;
pub use directory::names;
pub use error::{EntryFault, Error};
pub use image::{Image, this_platform};
pub use limits::Limits;
pub use media::types as media_types;
pub use name::NameFault;
pub use packing::{Member, Packing, Source as MemberSource, write_tar};
pub use snapshot::{FileEntry, LinkEntry, Snapshot, Source, Unreadable, snapshot, snapshot_of};
pub use tree::{Entry, EntryKind, GLOB_BYTES_MAX, PAGE_ENTRIES_MAX, Tree};
pub use walk::{ExcludeError, LeftOut, Litter, Walk, Why};

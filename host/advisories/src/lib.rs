//! The advisory database: what is known about published packages, and whether it applies to a version.
//!
//! [`import()`] reads OSV records and writes one immutable file, [`Database::open`] maps it, [`Database::lookup`]
//! answers. The same records give the same bytes, whatever their order and whenever they are read.

mod aliases;
mod database;
mod diff;
pub mod enrich;
mod evaluate;
mod import;
mod index;
mod map;
mod origin;
mod osv;
mod outline;
mod package;
mod place;
mod rating;
mod row;
mod search;
mod version;
mod walk;

pub use database::{Database, LookupError, OpenError};
pub use diff::{Change, Difference, DifferenceOf, diff};
pub use evaluate::{Event, contains};
pub use import::{
    INFLATED_BYTES_MAX, ImportError, ImportSummary, Malformed, Progress, REASONS_MAX, check_archive, import, install,
};
pub use origin::{How, Origin, OriginError, SourceFile, write_json};
pub use place::default_dir;
pub use search::{Hit, search};
pub use version::{VersionError, compare, ecosystem_named};
pub use walk::{Position, Walk, WalkedEntry, WalkedRange, is_about, walk};

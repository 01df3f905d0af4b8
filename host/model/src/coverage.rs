//! What became of each file that was looked at.

use crate::component::{Component, Origin, Relation};

/// How much of a file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// All of it.
    Read,
    /// Some entries were dropped; the reason says why.
    Partly,
    /// No generator reads this kind of file.
    Unsupported,
    /// It should have been readable and was not.
    Failed,
}

impl Coverage {
    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Partly => "partly",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
        }
    }
}

/// The account of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOutcome {
    /// Relative to the subject; `.` is the subject itself.
    pub path: String,
    /// How much was read.
    pub coverage: Coverage,
    /// Entries that became components.
    pub entries_read: u64,
    /// Entries that were seen and given up.
    pub entries_dropped: u64,
    /// Why, for anything but `Read`.
    pub reason: Option<String>,
    /// Step and subject.
    pub origin: Origin,
}

/// What a generator found in one file or tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Components, with ids unique within this inventory.
    pub components: Vec<Component>,
    /// Relations between them.
    pub relations: Vec<Relation>,
    /// Every file looked at.
    pub files: Vec<FileOutcome>,
}

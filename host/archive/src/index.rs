//! The list of an archive's members, built within limits and refused when readers could disagree about it.

use crate::disk::Identity;
use crate::error::{EntryFault, Error};
use crate::limits::Limits;
use crate::name;
use crate::tree::{Entry, EntryKind};
use crate::unpack::Location;

/// One line of a tree: what is seen of it, and where its bytes are.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) entry: Entry,
    pub(crate) place: Place,
}

/// Where an entry's bytes are.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file of a directory, as it was hashed.
    Disk(Identity, [u8; 32], &'static str),
    /// A zip member.
    Packed(Location),
    /// A tar member: offset and size.
    Window(u64, u64),
    /// A file of an image: the layer its bytes lie in, offset and size there, and what is known of them.
    Layer(usize, u64, u64, [u8; 32], &'static str),
    /// A link: its target.
    Link(String),
    /// It has none.
    Nowhere,
}

/// Collects rows and counts what they cost.
pub(crate) struct Index<'a> {
    archive: &'a str,
    limits: &'a Limits,
    rows: Vec<Row>,
    seen: u64,
    names_bytes: u64,
    total_bytes: u64,
}

impl<'a> Index<'a> {
    pub(crate) fn new(archive: &'a str, limits: &'a Limits) -> Self {
        Self { archive, limits, rows: Vec::new(), seen: 0, names_bytes: 0, total_bytes: 0 }
    }

    /// Adds a member under its name as stored; a name written as a directory makes it one.
    ///
    /// # Errors
    /// [`Error::NameRefused`]; [`Error::Limit`] for too many members, too long names, too many bytes in all.
    pub(crate) fn add(&mut self, raw: &[u8], kind: EntryKind, size: u64, place: Place) -> Result<(), Error> {
        // Counted before anything else: a name that is no member (`./`) costs a header too.
        self.seen += 1;
        self.hold(self.seen, "entries_max", self.limits.entries_max)?;
        let named = name::member(raw, self.limits.name_bytes_max).map_err(|fault| self.name_refused(raw, fault))?;
        let Some((path, directory)) = named else {
            return Ok(());
        };
        let kind = if directory { EntryKind::Directory } else { kind };
        if kind == EntryKind::Directory && size != 0 {
            return Err(Error::entry(self.archive, &path, EntryFault::DirectoryWithData));
        }
        self.names_bytes += path.len() as u64;
        self.total_bytes = self.total_bytes.saturating_add(size);
        let limits = self.limits;
        self.hold(self.names_bytes, "names_bytes_max", limits.names_bytes_max)?;
        self.hold(self.total_bytes, "total_bytes_max", limits.total_bytes_max)?;
        let entry = Entry { path, kind, size };
        self.rows.push(Row { entry, place });
        Ok(())
    }

    /// The rows, sorted by the bytes of their paths.
    ///
    /// A directory may be named twice, which says nothing new.
    ///
    /// # Errors
    /// [`Error::Entry`] when a name stands twice, or when something below a file or link is named.
    pub(crate) fn finish(mut self) -> Result<Vec<Row>, Error> {
        // With the slash before all other characters (controls are refused), what is below a path follows it directly.
        self.rows.sort_by(|a, b| segments(a).cmp(segments(b)));
        for pair in self.rows.windows(2) {
            let [upper, lower] = pair else { continue };
            let (path, below) = (&upper.entry.path, &lower.entry.path);
            let both_directories = upper.entry.kind == EntryKind::Directory && lower.entry.kind == EntryKind::Directory;
            if path == below && !both_directories {
                return Err(Error::entry(self.archive, path, EntryFault::Duplicate));
            }
            let inside = below.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'));
            if inside && upper.entry.kind != EntryKind::Directory {
                return Err(Error::entry(self.archive, path, EntryFault::HasChildren));
            }
        }
        self.rows.dedup_by(|a, b| a.entry.path == b.entry.path);
        self.rows.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        Ok(self.rows)
    }

    fn hold(&self, value: u64, limit: &'static str, max: u64) -> Result<(), Error> {
        if value > max {
            return Err(Error::limit(self.archive, limit, max));
        }
        Ok(())
    }

    pub(crate) fn name_refused(&self, raw: &[u8], fault: name::NameFault) -> Error {
        name_refused(self.archive, self.limits, raw, fault)
    }
}

/// The error for a member whose name cannot be trusted.
pub(crate) fn name_refused(archive: &str, limits: &Limits, raw: &[u8], fault: name::NameFault) -> Error {
    let max = (limits.name_bytes_max as usize).min(raw.len());
    let member = String::from_utf8_lossy(&raw[..max]).into_owned();
    Error::NameRefused { archive: archive.to_owned(), member, fault }
}

fn segments(row: &Row) -> impl Iterator<Item = u8> {
    row.entry.path.bytes().map(|byte| if byte == b'/' { 0 } else { byte })
}

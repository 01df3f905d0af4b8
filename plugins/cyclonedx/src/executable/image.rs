//! What the three formats of executables have in common: named sections, and addresses that lie somewhere in the file.

use super::window::{Fault, Fields, Window};
use super::{elf, macho, pe};

/// Bytes of one table of headers. Real executables have some dozen sections of 40 to 80 bytes.
pub(super) const TABLE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Images in one file of macOS; there are two processors in use.
const IMAGES_MAX: u32 = 16;

/// One program or library.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// Those with a name and bytes in the file.
    pub(super) sections: Vec<Part>,
    /// What is loaded, to find addresses by.
    pub(super) segments: Vec<Part>,
    /// Where data lie that the program writes to: Go's information is searched there where no section has its name.
    pub(super) data: Option<Part>,
}

/// A part of the file that has an address.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) address: u64,
    /// In the file, from its start.
    pub(super) offset: u64,
    /// In the file, in bytes.
    pub(super) size: u64,
}

impl Image {
    /// All images of a file.
    pub(super) fn all(file: &Window<'_>) -> Result<Vec<Self>, Fault> {
        let head = file.read_up_to(0, 64)?;
        let fields = Fields { bytes: &head, big_endian: true };
        match head.as_slice() {
            [0x7f, b'E', b'L', b'F', ..] => elf::image(file, &head).map(|image| vec![image]),
            [b'M', b'Z', ..] => pe::image(file, &head).map(|image| vec![image]),
            [0xca, 0xfe, 0xba, 0xbe, ..] => Self::fat(file, fields, false),
            [0xca, 0xfe, 0xba, 0xbf, ..] => Self::fat(file, fields, true),
            _ => macho::image(file, 0, &head).map(|image| vec![image]),
        }
    }

    /// One image for each processor (`mach-o/fat.h`).
    fn fat(file: &Window<'_>, head: Fields<'_>, wide: bool) -> Result<Vec<Self>, Fault> {
        let (count, entry) = (head.u32(4)?, if wide { 32 } else { 20 });
        if count > IMAGES_MAX {
            return Err(format!("made for {count} processors, more than the {IMAGES_MAX} that are read").into());
        }
        let table = file.read(8, u64::from(count) * entry, "the table of processors")?;
        let entries = table.chunks_exact(usize::try_from(entry).unwrap_or(usize::MAX));
        let slice = |bytes| {
            let start = Fields { bytes, big_endian: true }.word(wide, 8, 8)?;
            macho::image(file, start, &file.read_up_to(start, 64)?)
        };
        entries.map(slice).collect()
    }

    /// The section with this name.
    pub(super) fn section(&self, name: &str) -> Option<&Part> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The place in the file of what is loaded at an address, and how many bytes of its segment follow.
    pub(super) fn at(&self, address: u64) -> Option<(u64, u64)> {
        self.segments.iter().find_map(|segment| {
            let within = address.checked_sub(segment.address).filter(|within| *within < segment.size)?;
            Some((segment.offset.checked_add(within)?, segment.size - within))
        })
    }
}

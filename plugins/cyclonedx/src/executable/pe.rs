//! Portable Executable (Microsoft's "PE Format"): sections, which are what is loaded too.

use super::image::{Image, Part};
use super::window::{Fault, Fields, Window};

/// Bytes of one header of a section.
const SECTION_BYTES: u16 = 40;

/// `IMAGE_SCN_CNT_INITIALIZED_DATA`, `IMAGE_SCN_MEM_READ`, `IMAGE_SCN_MEM_WRITE`.
const DATA: u32 = 0x40 | 0x4000_0000 | 0x8000_0000;

/// Bits that say how a section is aligned.
const ALIGNMENT: u32 = 0x00f0_0000;

/// The optional header's magic number in a file of 64 bits.
const WIDE: u16 = 0x20b;

/// The image of a PE file that begins with `head`.
pub(super) fn image(file: &Window<'_>, head: &[u8]) -> Result<Image, Fault> {
    let fields = |bytes| Fields { bytes, big_endian: false };
    let start = u64::from(fields(head).u32(0x3c)?);
    let coff = file.read(start, 24, "the header")?;
    let (count, optional) = (fields(&coff).u16(6)?, fields(&coff).u16(20)?);
    let optional_header = file.read(start + 24, u64::from(optional), "the optional header")?;
    // Objects and images of firmware may have none.
    let wide = optional > 0 && fields(&optional_header).u16(0)? == WIDE;
    let base = if optional > 0 { fields(&optional_header).word(wide, 24, 28)? } else { 0 };
    let bytes = u64::from(count) * u64::from(SECTION_BYTES);
    let table = file.read(start + 24 + u64::from(optional), bytes, "the table of sections")?;
    let mut image = Image::default();
    for bytes in table.chunks_exact(usize::from(SECTION_BYTES)) {
        let fields = fields(bytes);
        let (in_memory, in_file) = (u64::from(fields.u32(8)?), u64::from(fields.u32(16)?));
        let part = Part {
            name: fields.name(0, 8),
            address: base.saturating_add(u64::from(fields.u32(12)?)),
            offset: u64::from(fields.u32(20)?),
            // In the file it is filled up to a multiple; of an object, nothing says how long it is in memory.
            size: if in_memory == 0 { in_file } else { in_file.min(in_memory) },
        };
        if fields.u32(36)? & !ALIGNMENT == DATA && part.size > 0 && image.data.is_none() {
            image.data = Some(part.clone());
        }
        image.sections.push(part.clone());
        image.segments.push(part);
    }
    Ok(image)
}

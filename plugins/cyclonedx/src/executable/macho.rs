//! Mach-O (`mach-o/loader.h`): segments and the sections in them.

use super::image::{Image, Part, TABLE_BYTES_MAX};
use super::window::{Fault, Fields, Window};

/// A load command that brings a segment, in 32 and in 64 bits.
const SEGMENT: u32 = 0x1;
const SEGMENT_64: u32 = 0x19;

/// The image that begins at `start` with `head`.
pub(super) fn image(file: &Window<'_>, start: u64, head: &[u8]) -> Result<Image, Fault> {
    let (wide, big_endian) = match head {
        [0xfe, 0xed, 0xfa, 0xce, ..] => (false, true),
        [0xfe, 0xed, 0xfa, 0xcf, ..] => (true, true),
        [0xce, 0xfa, 0xed, 0xfe, ..] => (false, false),
        [0xcf, 0xfa, 0xed, 0xfe, ..] => (true, false),
        // An archive of objects for one of the processors, which is no program.
        _ if start > 0 => return Ok(Image::default()),
        _ => return Err("no Mach-O header".into()),
    };
    let header = Fields { bytes: head, big_endian };
    let (count, bytes) = (header.u32(16)?, u64::from(header.u32(20)?));
    if bytes > TABLE_BYTES_MAX {
        return Err(format!("its load commands take {bytes} bytes").into());
    }
    let commands = file.read(start.saturating_add(if wide { 32 } else { 28 }), bytes, "the load commands")?;
    let mut image = Image::default();
    let mut rest = commands.as_slice();
    for _ in 0..count {
        let fields = Fields { bytes: rest, big_endian };
        let size = usize::try_from(fields.u32(4)?).unwrap_or(usize::MAX);
        if size < 8 || size > rest.len() {
            return Err("a load command is longer than all of them, or has no length".into());
        }
        let command = Fields { bytes: rest.get(..size).unwrap_or_default(), big_endian };
        match fields.u32(0)? {
            SEGMENT_64 => segment(command, true, start, &mut image)?,
            SEGMENT => segment(command, false, start, &mut image)?,
            _ => {}
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    Ok(image)
}

fn segment(command: Fields<'_>, wide: bool, start: u64, image: &mut Image) -> Result<(), Fault> {
    let part = |name, address, offset: u64, size| Part { name, address, offset: start.saturating_add(offset), size };
    let (address, offset) = (command.word(wide, 24, 24)?, command.word(wide, 40, 32)?);
    image.segments.push(part(command.name(8, 16), address, offset, command.word(wide, 48, 36)?));
    let count = command.u32(if wide { 64 } else { 48 })?;
    let (first, size) = if wide { (72, 80) } else { (56, 68) };
    let sections = command.bytes.get(first..).unwrap_or_default();
    let there = sections.len() / size;
    if usize::try_from(count).unwrap_or(usize::MAX) > there {
        return Err(format!("a segment of {count} sections has room for {there}").into());
    }
    for bytes in sections.chunks_exact(size).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        let section = Fields { bytes, ..command };
        let offset = section.u32(if wide { 48 } else { 40 })?;
        let (address, size) = (section.word(wide, 32, 32)?, section.word(wide, 40, 36)?);
        // Those that are filled with zeros have no place in the file.
        if offset > 0 {
            image.sections.push(part(section.name(0, 16), address, u64::from(offset), size));
        }
    }
    Ok(())
}

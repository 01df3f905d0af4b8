//! ELF (System V ABI, chapters 4 and 5): header, sections with their names, segments.

use super::image::{Image, Part, TABLE_BYTES_MAX};
use super::window::{Fault, Fields, Window};

/// A section without bytes in the file.
const NOBITS: u32 = 8;

/// A segment that is loaded.
const LOAD: u32 = 1;

/// Flags of segments.
const EXECUTE: u32 = 1;
const WRITE: u32 = 2;

/// Where the header of sections says that its own number stands in the first of them.
const ELSEWHERE: u16 = 0xffff;

/// The image of an ELF file that begins with `head`.
pub(super) fn image(file: &Window<'_>, head: &[u8]) -> Result<Image, Fault> {
    let wide = head.get(4) == Some(&2);
    let header = Fields { bytes: head, big_endian: head.get(5) == Some(&2) };
    let mut image = Image::default();
    segments(file, header, wide, &mut image)?;
    sections(file, header, wide, &mut image)?;
    Ok(image)
}

fn segments(file: &Window<'_>, header: Fields<'_>, wide: bool, image: &mut Image) -> Result<(), Fault> {
    let start = header.word(wide, 32, 28)?;
    let (size, count) = if wide { (header.u16(54)?, header.u16(56)?) } else { (header.u16(42)?, header.u16(44)?) };
    for bytes in table(file, start, size, u64::from(count), "the table of segments")?.chunks(usize::from(size.max(1))) {
        let fields = Fields { bytes, ..header };
        let flags = if wide { fields.u32(4)? } else { fields.u32(24)? };
        if fields.u32(0)? != LOAD {
            continue;
        }
        let segment = Part {
            name: String::new(),
            offset: fields.word(wide, 8, 4)?,
            address: fields.word(wide, 16, 8)?,
            size: fields.word(wide, 32, 16)?,
        };
        if flags & (EXECUTE | WRITE) == WRITE && image.data.is_none() {
            image.data = Some(segment.clone());
        }
        image.segments.push(segment);
    }
    Ok(())
}

fn sections(file: &Window<'_>, header: Fields<'_>, wide: bool, image: &mut Image) -> Result<(), Fault> {
    let start = header.word(wide, 40, 32)?;
    let (size, count, names) = if wide {
        (header.u16(58)?, header.u16(60)?, header.u16(62)?)
    } else {
        (header.u16(46)?, header.u16(48)?, header.u16(50)?)
    };
    if start == 0 {
        return Ok(());
    }
    let (mut count, mut names) = (u64::from(count), (names != ELSEWHERE).then_some(u64::from(names)));
    if count == 0 || names.is_none() {
        let first = table(file, start, size, 1, "the first section")?;
        let first = Fields { bytes: &first, ..header };
        count = if count == 0 { first.word(wide, 32, 20)? } else { count };
        names = Some(names.map_or_else(|| first.u32(if wide { 40 } else { 24 }).map(u64::from), Ok)?);
    }
    let table = table(file, start, size, count, "the table of sections")?;
    let mut raw = Vec::new();
    for bytes in table.chunks(usize::from(size.max(1))) {
        let fields = Fields { bytes, ..header };
        let has_bytes = fields.u32(4)? != NOBITS;
        let (offset, size) = (fields.word(wide, 24, 16)?, fields.word(wide, 32, 20)?);
        let part = Part { name: String::new(), address: fields.word(wide, 16, 12)?, offset, size };
        raw.push((fields.u32(0)?, has_bytes, part));
    }
    let strings = names.and_then(|at| raw.get(usize::try_from(at).ok()?)).map(|(.., part)| part.clone());
    // Without names there is no section to be found by name.
    let Some(strings) = strings else { return Ok(()) };
    if strings.size > TABLE_BYTES_MAX {
        return Err(format!("the names of its sections take {} bytes", strings.size).into());
    }
    let strings = file.read(strings.offset, strings.size, "the table of section names")?;
    let with_bytes = raw.into_iter().filter(|(_, has_bytes, _)| *has_bytes);
    image.sections = with_bytes.map(|(name, _, part)| Part { name: string(&strings, name), ..part }).collect();
    Ok(())
}

fn table(file: &Window<'_>, start: u64, size: u16, count: u64, what: &str) -> Result<Vec<u8>, Fault> {
    let len = u64::from(size).checked_mul(count).filter(|len| *len <= TABLE_BYTES_MAX);
    let len = len.ok_or_else(|| Fault::from(format!("{what} has {count} entries of {size} bytes")))?;
    if len == 0 { Ok(Vec::new()) } else { file.read(start, len, what) }
}

/// The text at a place in a table of texts that each end with a zero.
fn string(strings: &[u8], at: u32) -> String {
    let rest = usize::try_from(at).ok().and_then(|at| strings.get(at..)).unwrap_or_default();
    // The names that are looked for are short; a table without zeros must not be copied for every section.
    let name = rest.get(..rest.len().min(64)).unwrap_or_default();
    String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

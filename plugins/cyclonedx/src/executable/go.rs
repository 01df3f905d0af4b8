//! What Go's linker writes into every executable: Go's own version and the modules (`debug/buildinfo`).

mod modules;

pub(super) use self::modules::list;
use super::image::{Image, Part};
use super::window::{Fault, Fields, Window};

/// What the information begins with.
const MAGIC: &[u8] = b"\xff Go buildinf:";

/// It begins at a multiple of this address.
const ALIGNMENT: u64 = 16;

/// Bytes before the texts: magic, size of a pointer, flags, and either pointers or nothing.
const HEADER_BYTES: u64 = 32;

/// Flags: pointers in big-endian order; texts follow at once, since Go 1.18.
const BIG_ENDIAN: u8 = 1;
const INLINE: u8 = 2;

/// Names of its section, in ELF and in Mach-O.
const SECTIONS: [&str; 2] = [".go.buildinfo", "__go_buildinfo"];

/// How much of a data section is searched, in bytes. Go's linker puts it at the start.
const SEARCH_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Bytes searched at a time.
const SEARCH_BYTES: u64 = 1024 * 1024;

/// Most bytes of Go's version, and of the list of modules. A program with 1,000 modules has about 100 KiB.
const VERSION_BYTES_MAX: u64 = 1024;
const MODULES_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Lines around the list of modules, by which a running program finds it; their length in bytes.
const FRAME_BYTES: usize = 16;

/// What stands in an executable.
#[derive(Debug, PartialEq)]
pub(super) struct Build {
    /// E.g. `go1.22.1`.
    pub(super) version: String,
    /// Lines as `go version -m` shows them; empty for what was built without modules.
    pub(super) modules: String,
}

/// The information of an image; none where it has none.
pub(super) fn find(file: &Window<'_>, image: &Image) -> Result<Option<Build>, Fault> {
    let named = SECTIONS.iter().find_map(|name| image.section(name));
    // Windows' linker has no section for it; and one can be without its table of sections, and run.
    let unnamed = || image.data.as_ref().filter(|data| image.sections.is_empty() || data.name == ".data");
    let Some(part) = named.or_else(unnamed) else { return Ok(None) };
    let Some(offset) = search(file, part)? else { return Ok(None) };
    let header = file.read(offset, HEADER_BYTES, "Go's build information")?;
    let flags = header.get(15).copied().unwrap_or(0);
    let (version, modules) = if flags & INLINE != 0 {
        let (version, next) = inline(file, offset + HEADER_BYTES, VERSION_BYTES_MAX)?;
        (version, inline(file, next, MODULES_BYTES_MAX)?.0)
    } else {
        pointed(file, image, Fields { bytes: &header, big_endian: flags & BIG_ENDIAN != 0 })?
    };
    let version = String::from_utf8(version).map_err(|_| "Go's version is not UTF-8")?;
    if version.is_empty() {
        return Err("Go's build information has no version".into());
    }
    let modules = String::from_utf8(unframed(modules)).map_err(|_| "Go's list of modules is not UTF-8")?;
    Ok(Some(Build { version, modules }))
}

/// Where the magic stands in a part of the file.
fn search(file: &Window<'_>, part: &Part) -> Result<Option<u64>, Fault> {
    let size = part.size.min(SEARCH_BYTES_MAX);
    let mut start = 0;
    while start < size {
        let bytes = file.read_up_to(part.offset.saturating_add(start), SEARCH_BYTES.min(size - start))?;
        for at in places(&bytes) {
            if part.address.wrapping_add(start + at).is_multiple_of(ALIGNMENT) {
                return Ok(Some(part.offset + start + at));
            }
        }
        if (bytes.len() as u64) < SEARCH_BYTES {
            return Ok(None);
        }
        // One that lies across the border is whole in the next window.
        start += SEARCH_BYTES - HEADER_BYTES;
    }
    Ok(None)
}

fn places(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.windows(MAGIC.len()).zip(0..).filter(|(window, _)| *window == MAGIC).map(|(_, at)| at)
}

/// A text behind its length, and where the next begins.
fn inline(file: &Window<'_>, offset: u64, max: u64) -> Result<(Vec<u8>, u64), Fault> {
    let mut len = 0_u64;
    let bytes = file.read_up_to(offset, 10)?;
    for (at, byte) in (0_u64..).zip(&bytes) {
        len |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at * 7).unwrap_or(64)).unwrap_or(0);
        if byte & 0x80 == 0 {
            let start = offset + at + 1;
            return Ok((text(file, start, len, max)?, start + len));
        }
    }
    Err("the length of a text in Go's build information does not end".into())
}

/// Both texts, as Go before 1.18 wrote them: pointers to a pointer and a length.
fn pointed(file: &Window<'_>, image: &Image, header: Fields<'_>) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let wide = match header.bytes.get(14) {
        Some(8) => true,
        Some(4) => false,
        other => return Err(format!("Go's build information has pointers of {} bytes", other.unwrap_or(&0)).into()),
    };
    let version = string(file, image, header, wide, header.word(wide, 16, 16)?, VERSION_BYTES_MAX)?;
    let modules = header.word(wide, 24, 20)?;
    // What was built without modules has no second text.
    let modules =
        if modules == 0 { Vec::new() } else { string(file, image, header, wide, modules, MODULES_BYTES_MAX)? };
    Ok((version, modules))
}

fn string(
    file: &Window<'_>,
    image: &Image,
    order: Fields<'_>,
    wide: bool,
    address: u64,
    max: u64,
) -> Result<Vec<u8>, Fault> {
    let nowhere = || Fault::from("Go's build information points outside of the file");
    let (at, left) = image.at(address).ok_or_else(nowhere)?;
    let size = if wide { 16 } else { 8 };
    if left < size {
        return Err(nowhere());
    }
    let pair = file.read(at, size, "a text of Go's build information")?;
    let pair = Fields { bytes: &pair, ..order };
    let (data, len) = (pair.word(wide, 0, 0)?, pair.word(wide, 8, 4)?);
    if len == 0 {
        return Ok(Vec::new());
    }
    let (at, left) = image.at(data).ok_or_else(nowhere)?;
    if left < len {
        return Err(nowhere());
    }
    text(file, at, len, max)
}

fn text(file: &Window<'_>, offset: u64, len: u64, max: u64) -> Result<Vec<u8>, Fault> {
    if len > max {
        return Err(
            format!("a text of {len} bytes in Go's build information, more than the {max} that are read").into()
        );
    }
    file.read(offset, len, "a text of Go's build information")
}

/// The list without the lines around it; what has none is no list.
fn unframed(mut modules: Vec<u8>) -> Vec<u8> {
    let len = modules.len();
    if len <= 2 * FRAME_BYTES || modules.get(len - FRAME_BYTES - 1) != Some(&b'\n') {
        return Vec::new();
    }
    modules.truncate(len - FRAME_BYTES);
    modules.drain(..FRAME_BYTES);
    modules
}

//! The members of a tar archive (POSIX.1-2017 pax, with GNU's long names), indexed in one pass.
//!
//! Read here rather than by the `tar` crate because that one reads extension headers of any size into memory, and settles
//! contradictions (a pax size beside a header size, two names) silently: what some readers do not do is what hides
//! members from them (CVE-2025-62518).

mod header;

use crate::data::Data;
use crate::error::{EntryFault, Error};
use crate::index::{Index, Place, Row};
use crate::limits::Limits;
use crate::name::NameFault;
use crate::tree::EntryKind;
use header::{BLOCK_BYTES, Extensions, Header};

/// Largest extension header. Paths are bounded far below; the rest of pax is small numbers.
const EXTENSION_BYTES_MAX: u64 = 64 << 10;

/// Lists the members.
///
/// # Errors
/// [`Error::ArchiveRefused`], [`Error::NameRefused`], [`Error::Entry`], [`Error::Limit`]; as reading gives.
pub(crate) fn index(data: &Data, archive: &str, limits: &Limits) -> Result<Vec<Row>, Error> {
    let mut index = Index::new(archive, limits);
    let mut extensions = Extensions::default();
    let mut position = 0;
    // Headers, not members: a file of nothing but extension headers must end too.
    let mut headers: u64 = 0;
    loop {
        let block = block(data, archive, position)?;
        if block.iter().all(|byte| *byte == 0) {
            check_end(data, archive, position)?;
            return index.finish();
        }
        headers += 1;
        if headers > limits.entries_max.saturating_mul(3) {
            return Err(Error::limit(archive, "entries_max", limits.entries_max));
        }
        let header = Header::parse(&block).map_err(|what| Error::refused(archive, what))?;
        position += BLOCK_BYTES;
        let size = size(&header, &extensions, archive)?;
        let end = position.checked_add(size).filter(|end| *end <= data.size());
        let end = end.ok_or_else(|| Error::refused(archive, "it ends inside a member"))?;
        if header.is_extension() {
            let bytes = extension(data, archive, position, size)?;
            let taken = extensions.take(header.flag, &bytes);
            taken.map_err(|what| Error::refused(archive, what))?;
        } else {
            add(&mut index, &header, std::mem::take(&mut extensions), position, size, archive)?;
        }
        position = end.next_multiple_of(BLOCK_BYTES);
    }
}

fn add(
    index: &mut Index<'_>,
    header: &Header,
    extensions: Extensions,
    position: u64,
    size: u64,
    archive: &str,
) -> Result<(), Error> {
    let name = match (extensions.pax_path, extensions.gnu_path) {
        (Some(name), Some(_)) => return Err(index.name_refused(&name, NameFault::TwoNames)),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => header.name.clone(),
    };
    let fault = |fault| Error::entry(archive, &String::from_utf8_lossy(&name), fault);
    if extensions.sparse || header.flag == b'S' {
        return Err(fault(EntryFault::Sparse));
    }
    let target = extensions.pax_link.or(extensions.gnu_link).unwrap_or_else(|| header.link.clone());
    let (kind, place) = match header.flag {
        b'0' | b'\0' | b'7' => (EntryKind::File, Place::Window(position, size)),
        b'2' => {
            let target = String::from_utf8(target).map_err(|_| fault(EntryFault::Target))?;
            (EntryKind::Symlink, Place::Link(target))
        }
        b'5' => (EntryKind::Directory, Place::Nowhere),
        // Hard links are members without bytes; devices and unknown types are nothing that can be read.
        _ => (EntryKind::Other, Place::Nowhere),
    };
    // Some readers skip the data of such members, others take it for the next header.
    if kind != EntryKind::File && size != 0 {
        return Err(fault(EntryFault::HeadersDisagree { field: "size" }));
    }
    index.add(&name, kind, size, place)
}

/// The size of a member's data. Pax overrides the header, and a reader without pax goes by the header: they must agree,
/// or the header must leave it open.
fn size(header: &Header, extensions: &Extensions, archive: &str) -> Result<u64, Error> {
    match extensions.size {
        Some(size) if !header.is_extension() => {
            if header.size != 0 && header.size != size {
                let member = String::from_utf8_lossy(&header.name);
                let fault = EntryFault::HeadersDisagree { field: "size" };
                return Err(Error::entry(archive, &member, fault));
            }
            Ok(size)
        }
        _ => Ok(header.size),
    }
}

fn extension(data: &Data, archive: &str, position: u64, size: u64) -> Result<Vec<u8>, Error> {
    if size > EXTENSION_BYTES_MAX {
        let what = format!("it has an extension header of {size} bytes, more than {EXTENSION_BYTES_MAX}");
        return Err(Error::refused(archive, what));
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    data.fill_at(&mut bytes, position)?;
    Ok(bytes)
}

fn block(data: &Data, archive: &str, position: u64) -> Result<[u8; BLOCK_BYTES as usize], Error> {
    let mut block = [0; BLOCK_BYTES as usize];
    if data.fill_at(&mut block, position)? < block.len() {
        return Err(Error::refused(archive, "it ends without an end mark"));
    }
    Ok(block)
}

/// After the end mark only padding may follow: GNU tar stops here, `tar -i` and others read on.
fn check_end(data: &Data, archive: &str, mut position: u64) -> Result<(), Error> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let filled = data.fill_at(&mut buffer, position)?;
        if filled == 0 {
            return Ok(());
        }
        if buffer[..filled].iter().any(|byte| *byte != 0) {
            return Err(Error::refused(archive, "bytes follow its end mark"));
        }
        position += filled as u64;
    }
}

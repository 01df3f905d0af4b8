//! The members of a tar archive (POSIX.1-2017 pax, with GNU's long names), indexed in one pass.
//!
//! Read here rather than by the `tar` crate because that one reads extension headers of any size into memory, and settles
//! contradictions (a pax size beside a header size, two names) silently: what some readers do not do is what hides
//! members from them (CVE-2025-62518).

mod header;

use crate::data::Data;
use crate::error::{EntryFault, Error};
use crate::index::{self, Index, Place, Row};
use crate::limits::Limits;
use crate::name::NameFault;
use crate::tree::EntryKind;
use header::{BLOCK_BYTES, Extensions, Header};

/// Largest extension header. Paths are bounded far below; the rest of pax is small numbers.
const EXTENSION_BYTES_MAX: u64 = 64 << 10;

/// One member, as its headers describe it.
pub(crate) struct Member {
    /// As stored.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: MemberKind,
    /// Where its bytes begin.
    pub(crate) position: u64,
    /// Of its bytes.
    pub(crate) size: u64,
}

/// What a member is.
pub(crate) enum MemberKind {
    File,
    Directory,
    /// With its target.
    Symlink(Vec<u8>),
    /// With the name of the member it repeats.
    HardLink(Vec<u8>),
    /// A file with holes, which different readers expand differently.
    Sparse,
    /// Devices, FIFOs and unknown types.
    Other,
}

/// What the end of the file means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Two blocks of zeros end an archive; without them it was cut off.
    Marked,
    /// It may also end after any whole member. Runtimes take image layers so, and some builders write them so.
    Anywhere,
}

/// Lists the members.
///
/// # Errors
/// [`Error::ArchiveRefused`], [`Error::NameRefused`], [`Error::Entry`], [`Error::Limit`]; as reading gives.
pub(crate) fn index(data: &Data, archive: &str, limits: &Limits) -> Result<Vec<Row>, Error> {
    let mut index = Index::new(archive, limits);
    walk(data, archive, limits, Ending::Marked, |member| add(&mut index, member, archive))?;
    index.finish()
}

/// Gives every member to `take`, in the archive's order, also those of one name.
///
/// # Errors
/// As [`index`]; whatever `take` gives.
pub(crate) fn walk(
    data: &Data,
    archive: &str,
    limits: &Limits,
    ending: Ending,
    mut take: impl FnMut(Member) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut extensions = Extensions::default();
    let mut position = 0;
    // Headers, not members: a file of nothing but extension headers must end too.
    let mut headers: u64 = 0;
    loop {
        if ending == Ending::Anywhere && position == data.size() && extensions.is_empty() {
            return Ok(());
        }
        let block = block(data, archive, position)?;
        if block.iter().all(|byte| *byte == 0) {
            return check_end(data, archive, position);
        }
        headers += 1;
        if headers > limits.entries_max.saturating_mul(3) {
            return Err(Error::limit(archive, "entries_max", limits.entries_max));
        }
        let header = Header::parse(&block).map_err(|what| Error::refused(archive, what))?;
        position += BLOCK_BYTES;
        if header.has_more_holes(&block) {
            position = after_holes(data, archive, position)?;
        }
        let size = size(&header, &extensions, archive)?;
        let end = position.checked_add(size).filter(|end| *end <= data.size());
        let end = end.ok_or_else(|| Error::refused(archive, "it ends inside a member"))?;
        if header.is_extension() {
            let bytes = extension(data, archive, position, size)?;
            let taken = extensions.take(header.flag, &bytes);
            taken.map_err(|what| Error::refused(archive, what))?;
        } else {
            take(member(header, std::mem::take(&mut extensions), position, size, archive, limits)?)?;
        }
        position = end.next_multiple_of(BLOCK_BYTES);
    }
}

fn member(
    header: Header,
    extensions: Extensions,
    position: u64,
    size: u64,
    archive: &str,
    limits: &Limits,
) -> Result<Member, Error> {
    let name = match (extensions.pax_path, extensions.gnu_path) {
        (Some(name), Some(_)) => return Err(index::name_refused(archive, limits, &name, NameFault::TwoNames)),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => header.name,
    };
    let target = extensions.pax_link.or(extensions.gnu_link).unwrap_or(header.link);
    let kind = match header.flag {
        _ if extensions.sparse => MemberKind::Sparse,
        b'S' => MemberKind::Sparse,
        b'0' | b'\0' | b'7' => MemberKind::File,
        b'1' => MemberKind::HardLink(target),
        b'2' => MemberKind::Symlink(target),
        b'5' => MemberKind::Directory,
        _ => MemberKind::Other,
    };
    // Some readers skip the data of such members, others take it for the next header.
    if !matches!(kind, MemberKind::File | MemberKind::Sparse) && size != 0 {
        let fault = EntryFault::HeadersDisagree { field: "size" };
        return Err(Error::entry(archive, &String::from_utf8_lossy(&name), fault));
    }
    Ok(Member { name, kind, position, size })
}

fn add(index: &mut Index<'_>, member: Member, archive: &str) -> Result<(), Error> {
    let Member { name, kind, position, size } = member;
    let fault = |fault| Error::entry(archive, &String::from_utf8_lossy(&name), fault);
    let (kind, place) = match kind {
        MemberKind::File => (EntryKind::File, Place::Window(position, size)),
        MemberKind::Symlink(target) => {
            let target = String::from_utf8(target).map_err(|_| fault(EntryFault::Target))?;
            (EntryKind::Symlink, Place::Link(target))
        }
        MemberKind::Directory => (EntryKind::Directory, Place::Nowhere),
        MemberKind::Sparse => return Err(fault(EntryFault::Sparse)),
        // Hard links are members without bytes; devices and unknown types are nothing that can be read.
        MemberKind::HardLink(_) | MemberKind::Other => (EntryKind::Other, Place::Nowhere),
    };
    index.add(&name, kind, size, place)
}

/// Where the blocks end in which GNU tar lists more holes of an old sparse file. Each says whether another follows.
fn after_holes(data: &Data, archive: &str, mut position: u64) -> Result<u64, Error> {
    loop {
        let block = block(data, archive, position)?;
        position += BLOCK_BYTES;
        if block[504] == 0 {
            return Ok(position);
        }
    }
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

//! The members of a zip or wheel, read from its central directory and checked against the local headers.
//!
//! PKWARE's APPNOTE 6.3 says what the fields mean; it leaves open what happens when they disagree, and readers differ. So
//! an archive is taken only when the directory, the local headers and the bytes between them leave one reading.

mod layout;

use std::sync::Arc;

use rawzip::{
    MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive, ZipEntries, ZipFileHeaderRecord, ZipLocalFileHeader, ZipLocator,
};

use crate::data::{Data, Positional};
use crate::error::{EntryFault, Error};
use crate::index::{Index, Place, Row};
use crate::limits::Limits;
use crate::name::NameFault;
use crate::tree::EntryKind;
use crate::unpack::Location;
use layout::Span;

/// Info-ZIP Unicode Path (APPNOTE 4.6.9): version, CRC-32 of the name, another name.
const UNICODE_PATH: u16 = 0x7075;

type Zip<'a> = ZipArchive<Positional<'a>>;

/// Lists the members. Memory is bounded by the limits on entries and names, whatever the end record claims.
///
/// # Errors
/// [`Error::ArchiveRefused`], [`Error::NameRefused`], [`Error::Entry`], [`Error::Limit`], [`Error::Io`], [`Error::Changed`].
pub(crate) fn index(data: &Arc<Data>, archive: &str, limits: &Limits) -> Result<Vec<Row>, Error> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let zip = ZipLocator::new()
        .locate_in_reader(Positional::new(data), &mut buffer, data.size())
        .map_err(|(_, error)| broken(archive, &error))?;
    layout::check_end(data, archive, zip.eocd_offset())?;
    if zip.entries_hint() > limits.entries_max {
        return Err(Error::limit(archive, "entries_max", limits.entries_max));
    }
    let mut index = Index::new(archive, limits);
    let spans = members(&zip, zip.entries(&mut buffer), archive, &mut index)?;
    if zip.entries_hint() != spans.len() as u64 {
        let what = format!("it declares {} members and lists {}", zip.entries_hint(), spans.len());
        return Err(Error::refused(archive, what));
    }
    layout::check_spans(spans, archive, zip.directory_offset())?;
    index.finish()
}

fn members(
    zip: &Zip<'_>,
    mut records: ZipEntries<'_, '_, Positional<'_>>,
    archive: &str,
    index: &mut Index<'_>,
) -> Result<Vec<Span>, Error> {
    // A local header's name and extra field.
    let mut buffer = vec![0; 2 * usize::from(u16::MAX)];
    let mut spans = Vec::new();
    while let Some(record) = records.next_entry().map_err(|error| broken(archive, &error))? {
        let span = local(zip, &record, archive, index, &mut buffer)?;
        let raw = record.file_path();
        let location = Location {
            start: span.data,
            stored: record.compressed_size_hint(),
            size: record.uncompressed_size_hint(),
            crc: record.crc32(),
            method: record.compression_method().as_u16(),
            encrypted: is_encrypted(&record),
        };
        index.add(raw.as_bytes(), kind(&record), location.size, Place::Packed(location))?;
        spans.push(span);
    }
    Ok(spans)
}

/// Reads a member's local header and compares it with its directory record.
fn local(
    zip: &Zip<'_>,
    record: &ZipFileHeaderRecord<'_>,
    archive: &str,
    index: &Index<'_>,
    buffer: &mut [u8],
) -> Result<Span, Error> {
    let raw = record.file_path();
    let member = String::from_utf8_lossy(raw.as_bytes()).into_owned();
    let failed = |error| broken(archive, &error);
    let entry = zip.get_entry(record.wayfinder()).map_err(failed)?;
    let (data, end) = entry.compressed_data_range();
    let header = entry.local_header(buffer).map_err(failed)?;
    if let Some(field) = disagreement(record, &header) {
        return Err(Error::entry(archive, &member, EntryFault::HeadersDisagree { field }));
    }
    for (id, field) in record.extra_fields().chain(header.extra_fields()) {
        if id.as_u16() == UNICODE_PATH && field.get(5..) != Some(raw.as_bytes()) {
            return Err(index.name_refused(raw.as_bytes(), NameFault::TwoNames));
        }
    }
    Ok(Span { start: record.local_header_offset(), data, end, descriptor: has_descriptor(record, &header), member })
}

/// The first field about which directory and local header disagree.
fn disagreement(record: &ZipFileHeaderRecord<'_>, header: &ZipLocalFileHeader<'_>) -> Option<&'static str> {
    // With a descriptor the sizes and the CRC follow the data, and the header may hold zeros.
    let open = has_descriptor(record, header);
    let sizes_agree = header.compressed_size_hint() == record.compressed_size_hint()
        && header.uncompressed_size_hint() == record.uncompressed_size_hint();
    if header.file_path().as_bytes() != record.file_path().as_bytes() {
        Some("name")
    } else if header.compression_method() != record.compression_method() {
        Some("compression method")
    } else if header.flags().is_encrypted() != record.flags().is_encrypted() {
        Some("encryption")
    } else if !open && !sizes_agree {
        Some("size")
    } else if !open && header.crc32() != record.crc32() {
        Some("checksum")
    } else {
        None
    }
}

fn has_descriptor(record: &ZipFileHeaderRecord<'_>, header: &ZipLocalFileHeader<'_>) -> bool {
    record.flags().has_data_descriptor() || header.flags().has_data_descriptor()
}

fn is_encrypted(record: &ZipFileHeaderRecord<'_>) -> bool {
    let flags = record.flags();
    flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked()
}

/// The Unix file type in the upper half of the external attributes, whatever system is said to have written them:
/// some readers look at that field and some do not, and a link must not pass as a file. `Index` sees directories.
fn kind(record: &ZipFileHeaderRecord<'_>) -> EntryKind {
    const TYPE: u32 = 0o170_000;
    match (record.external_attributes() >> 16) & TYPE {
        0o120_000 => EntryKind::Symlink,
        // Without the slash a "directory" is unpacked as a file.
        0 | 0o100_000 | 0o040_000 => EntryKind::File,
        _ => EntryKind::Other,
    }
}

fn broken(archive: &str, error: &rawzip::Error) -> Error {
    let rawzip::ErrorKind::IO(source) = error.kind() else {
        return Error::refused(archive, error.to_string());
    };
    match source.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::Changed { name }) => Error::Changed { name: name.clone() },
        _ if source.kind() == std::io::ErrorKind::UnexpectedEof => Error::refused(archive, "it ends too early"),
        _ => Error::io(archive, std::io::Error::new(source.kind(), source.to_string())),
    }
}

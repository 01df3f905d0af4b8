//! The header: what the file is, where its sections lie, and the digest of it all.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::database::OpenError;

/// First bytes of every database, in every format version.
pub(crate) const MAGIC: &[u8; 8] = b"CHIRONDB";

/// The format version this build reads and writes. Another one is refused by name: an import takes seconds, so there
/// is nothing to migrate.
pub(crate) const VERSION: u32 = 3;

const ENTRY_BYTES: usize = 8 + 8 + 32;
const TABLE_AT: usize = 8 + 4 + 4 + 8;
const DIGEST_AT: usize = TABLE_AT + Section::ALL.len() * ENTRY_BYTES;

/// Length of the header.
pub(crate) const HEADER_BYTES: usize = DIGEST_AT + 32;

/// The parts of the file, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Rows,
    Groups,
    Raw,
    Names,
    Ids,
    Aliases,
    Meta,
}

impl Section {
    pub(crate) const ALL: [Self; 7] =
        [Self::Rows, Self::Groups, Self::Raw, Self::Names, Self::Ids, Self::Aliases, Self::Meta];

    /// Those that are hashed whenever the file is opened: small, and the way to everything else.
    pub(crate) const SMALL: [Self; 4] = [Self::Names, Self::Ids, Self::Aliases, Self::Meta];

    /// The word in messages.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Groups => "groups",
            Self::Raw => "raw",
            Self::Names => "names",
            Self::Ids => "ids",
            Self::Aliases => "aliases",
            Self::Meta => "meta",
        }
    }
}

/// Where a section lies, and its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start: u64,
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

/// A header whose own digest was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) extents: [Extent; 7],
    /// SHA-256 of the header before it, and through the table of every byte of the file.
    pub(crate) digest: [u8; 32],
}

impl Header {
    pub(crate) fn extent(&self, section: Section) -> &Extent {
        &self.extents[section as usize]
    }

    /// The header's bytes for sections that follow one another.
    pub(crate) fn encode(extents: &[Extent; 7]) -> [u8; HEADER_BYTES] {
        let end = HEADER_BYTES as u64 + extents.iter().map(|extent| extent.length).sum::<u64>();
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(extents.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&end.to_le_bytes());
        for extent in extents {
            bytes.extend_from_slice(&extent.start.to_le_bytes());
            bytes.extend_from_slice(&extent.length.to_le_bytes());
            bytes.extend_from_slice(&extent.sha256);
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    /// Reads the first bytes of a file that is `length` bytes long.
    ///
    /// # Errors
    /// Names what is wrong: not a database, another format version, truncated, damaged.
    pub(crate) fn decode(path: &Path, bytes: &[u8], length: u64) -> Result<Self, OpenError> {
        let damaged = |what: &str| OpenError::Damaged { path: path.to_owned(), what: what.to_owned() };
        let truncated = |expected| OpenError::Truncated { path: path.to_owned(), expected, actual: length };
        if !bytes.starts_with(MAGIC) {
            return Err(OpenError::NotADatabase { path: path.to_owned() });
        }
        // The version comes before everything else: other versions may have other headers.
        let version = u32_at(bytes, MAGIC.len()).ok_or_else(|| truncated(HEADER_BYTES as u64))?;
        if version != VERSION {
            return Err(OpenError::OtherVersion { path: path.to_owned(), found: version, supported: VERSION });
        }
        let bytes = bytes.get(..HEADER_BYTES).ok_or_else(|| truncated(HEADER_BYTES as u64))?;
        let (signed, digest) = bytes.split_at(DIGEST_AT);
        if <[u8; 32]>::from(Sha256::digest(signed)) != digest {
            return Err(damaged("the header"));
        }
        let header = Self::table(signed, digest).ok_or_else(|| damaged("the table of sections"))?;
        match header.extents.iter().try_fold(0, |_, extent| extent.start.checked_add(extent.length)) {
            Some(end) if end == length => Ok(header),
            Some(end) if end > length => Err(truncated(end)),
            _ => Err(damaged("the length of the file")),
        }
    }

    /// None unless the sections follow one another from the end of the header on.
    fn table(signed: &[u8], digest: &[u8]) -> Option<Self> {
        let mut extents = Vec::with_capacity(Section::ALL.len());
        let mut end = HEADER_BYTES as u64;
        for place in 0..Section::ALL.len() {
            let entry = signed.get(TABLE_AT + place * ENTRY_BYTES..)?.get(..ENTRY_BYTES)?;
            let extent = Extent {
                start: u64_at(entry, 0)?,
                length: u64_at(entry, 8)?,
                sha256: entry.get(16..)?.try_into().ok()?,
            };
            if extent.start != end {
                return None;
            }
            end = end.checked_add(extent.length)?;
            extents.push(extent);
        }
        let complete = u32_at(signed, 12)? as usize == Section::ALL.len() && u64_at(signed, 16)? == end;
        let header = Self { extents: extents.try_into().ok()?, digest: digest.try_into().ok()? };
        complete.then_some(header)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_decodes_to_what_was_encoded() {
        let mut start = HEADER_BYTES as u64;
        let extents = std::array::from_fn(|place| {
            let extent = Extent { start, length: place as u64 * 3, sha256: [place as u8; 32] };
            start += extent.length;
            extent
        });
        let bytes = Header::encode(&extents);
        let path = Path::new("x");
        assert_eq!(Header::decode(path, &bytes, start).unwrap().extents, extents);
        assert!(matches!(Header::decode(path, &bytes, start - 1), Err(OpenError::Truncated { .. })));
        assert!(matches!(Header::decode(path, &bytes, start + 1), Err(OpenError::Damaged { .. })));
        assert!(matches!(Header::decode(path, &bytes[..99], 99), Err(OpenError::Truncated { .. })));
        let mut newer = bytes;
        newer[8] = 4;
        assert!(matches!(
            Header::decode(path, &newer, start),
            Err(OpenError::OtherVersion { found: 4, supported: 3, .. })
        ));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..600), magic in any::<bool>(), length in any::<u64>()) {
            if magic && bytes.len() > 12 {
                bytes[..8].copy_from_slice(MAGIC);
                bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
            }
            let _ = Header::decode(Path::new("x"), &bytes, length);
        }
    }
}

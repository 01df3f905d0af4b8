//! A database file. A stranger's file has digests that fit, so the digests and checksums of the input are made right
//! first, by the layout in `advisories/src/index.rs`.

use chiron_advisories::Database;
use rawzip::crc32;
use sha2::{Digest as _, Sha256};

use super::records::ask;

const SECTIONS: usize = 7;
const TABLE_AT: usize = 24;
const ENTRY_BYTES: usize = 48;
const HEADER_BYTES: usize = TABLE_AT + SECTIONS * ENTRY_BYTES + 32;

/// The sections that consist of frames: rows, groups, raw.
const FRAMED: usize = 3;

pub(super) fn database(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    mend(&mut bytes);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("advisories.chdb"), &bytes).unwrap();
    if let Ok(database) = Database::open(folder.path(), "fuzz") {
        let _ = database.verify();
        ask(&database, false);
        let _ = (database.id(), database.ecosystems());
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// Writes every digest and checksum that can be computed; leaves alone what does not fit.
fn mend(bytes: &mut [u8]) -> Option<()> {
    if bytes.len() < HEADER_BYTES {
        return None;
    }
    for section in 0..SECTIONS {
        let entry = TABLE_AT + section * ENTRY_BYTES;
        let (start, length) = (number(bytes, entry)?, number(bytes, entry + 8)?);
        let content = bytes.get_mut(start..start.checked_add(length)?)?;
        if start < HEADER_BYTES {
            return None;
        }
        if section < FRAMED {
            mend_frames(content);
        }
        let digest = Sha256::digest(&*content);
        bytes[entry + 16..entry + ENTRY_BYTES].copy_from_slice(&digest);
    }
    let digest = Sha256::digest(&bytes[..HEADER_BYTES - 32]);
    bytes[HEADER_BYTES - 32..HEADER_BYTES].copy_from_slice(&digest);
    Some(())
}

fn mend_frames(mut section: &mut [u8]) {
    while let Some((length, _)) = section.split_first_chunk::<4>() {
        let length = *length;
        let end = 8 + u32::from_le_bytes(length) as usize;
        if end > section.len() {
            return;
        }
        let (frame, rest) = section.split_at_mut(end);
        let mut covered = length.to_vec();
        covered.extend_from_slice(&frame[8..]);
        frame[4..8].copy_from_slice(&crc32(&covered).to_le_bytes());
        section = rest;
    }
}

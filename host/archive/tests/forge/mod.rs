//! Builds archives byte by byte, good ones and ones no tool would write.
#![allow(dead_code, unreachable_pub, clippy::cast_possible_truncation, reason = "each test file uses a part of it")]

pub mod image;

use std::cell::Cell;
use std::io::Write as _;

use chiron_archive::{Blob, Error, Limits, Tree};

/// One member of a zip, every field open to lies.
#[derive(Clone)]
pub struct Member {
    pub name: Vec<u8>,
    pub local_name: Option<Vec<u8>>,
    pub stored: Vec<u8>,
    pub size: u64,
    pub crc: u32,
    pub method: u16,
    pub flags: u16,
    pub mode: u32,
    pub extra: Vec<u8>,
    pub descriptor: bool,
    pub zip64: bool,
}

pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn stored(name: impl AsRef<[u8]>, bytes: &[u8]) -> Member {
    Member {
        name: name.as_ref().to_vec(),
        local_name: None,
        stored: bytes.to_vec(),
        size: bytes.len() as u64,
        crc: crc(bytes),
        method: 0,
        flags: 0,
        mode: 0,
        extra: Vec::new(),
        descriptor: false,
        zip64: false,
    }
}

pub fn deflated(name: impl AsRef<[u8]>, bytes: &[u8]) -> Member {
    Member { stored: deflate(bytes), method: 8, ..stored(name, bytes) }
}

fn sizes(member: &Member) -> (u32, u32, Vec<u8>) {
    if !member.zip64 {
        return (member.stored.len() as u32, member.size as u32, member.extra.clone());
    }
    let mut extra = member.extra.clone();
    extra.extend([1, 0, 16, 0]);
    extra.extend(member.size.to_le_bytes());
    extra.extend((member.stored.len() as u64).to_le_bytes());
    (u32::MAX, u32::MAX, extra)
}

/// A local header with its data.
pub fn local(member: &Member) -> Vec<u8> {
    let (packed, size, extra) = sizes(member);
    let name = member.local_name.as_ref().unwrap_or(&member.name);
    let flags = member.flags | if member.descriptor { 8 } else { 0 };
    let mut out = b"PK\x03\x04\x14\0".to_vec();
    out.extend(flags.to_le_bytes());
    out.extend(member.method.to_le_bytes());
    out.extend([0; 4]);
    let seen = |value: u32| if member.descriptor { [0; 4] } else { value.to_le_bytes() };
    out.extend(seen(member.crc));
    out.extend(seen(packed));
    out.extend(seen(size));
    out.extend((name.len() as u16).to_le_bytes());
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend(name);
    out.extend(extra);
    out.extend(&member.stored);
    if member.descriptor {
        out.extend(b"PK\x07\x08");
        out.extend(member.crc.to_le_bytes());
        out.extend((member.stored.len() as u32).to_le_bytes());
        out.extend((member.size as u32).to_le_bytes());
    }
    out
}

/// A directory record for a member whose local header is at `offset`.
pub fn record(member: &Member, offset: u32) -> Vec<u8> {
    let (packed, size, extra) = sizes(member);
    let flags = member.flags | if member.descriptor { 8 } else { 0 };
    let mut out = b"PK\x01\x02\x14\x03\x14\0".to_vec();
    out.extend(flags.to_le_bytes());
    out.extend(member.method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(member.crc.to_le_bytes());
    out.extend(packed.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend((member.name.len() as u16).to_le_bytes());
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend([0; 6]);
    out.extend((member.mode << 16).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(&member.name);
    out.extend(extra);
    out
}

pub fn end(count: u16, directory: &[u8], offset: u32, comment: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend((comment.len() as u16).to_le_bytes());
    out.extend(comment);
    out
}

pub fn end64(count: u64, directory: &[u8], offset: u64) -> Vec<u8> {
    let at = offset + directory.len() as u64;
    let mut out = b"PK\x06\x06".to_vec();
    out.extend(44u64.to_le_bytes());
    out.extend([45, 0, 45, 0]);
    out.extend([0; 8]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u64).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(at.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    let mut classic = end(u16::MAX, &[], u32::MAX, &[]);
    classic[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    out.extend(classic);
    out
}

pub fn zip(members: &[Member]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        directory.extend(record(member, out.len() as u32));
        out.extend(local(member));
    }
    let offset = out.len() as u32;
    let end = end(members.len() as u16, &directory, offset, &[]);
    [out, directory, end].concat()
}

/// One tar header block with its data, padded.
pub fn tar_member(name: &[u8], flag: u8, link: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[156] = flag;
    block[157..157 + link.len()].copy_from_slice(link);
    block[257..265].copy_from_slice(b"ustar\x0000");
    seal(&mut block);
    block.extend(bytes);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// Writes the checksum of a tar header.
pub fn seal(block: &mut [u8]) {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block[..512].iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
}

pub fn tar(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive's bytes as a blob on disk. Its folder goes with the test's process.
pub fn blob(bytes: &[u8]) -> Blob {
    blob_within(bytes, &Limits::default())
}

pub fn blob_within(bytes: &[u8], limits: &Limits) -> Blob {
    // Deleting an open file sets its change time, which a blob rightly takes for a change. So the folders are kept to the
    // end of the thread, which is the end of the test.
    thread_local!(static FOLDER: (tempfile::TempDir, Cell<u32>) = (tempfile::tempdir().unwrap(), Cell::new(0)));
    FOLDER.with(|(folder, count)| {
        count.set(count.get() + 1);
        let path = folder.path().join(count.get().to_string());
        std::fs::write(&path, bytes).unwrap();
        Blob::open(&path, limits).unwrap()
    })
}

pub fn tree(bytes: &[u8]) -> Result<Tree, Error> {
    blob(bytes).open_tree()
}

pub fn paths(tree: &Tree) -> Vec<String> {
    let (entries, _) = tree.entries("**", None, 10_000).unwrap();
    entries.into_iter().map(|entry| entry.path).collect()
}

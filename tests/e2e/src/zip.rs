//! Zip files byte by byte, good ones and ones no tool would write.

use std::io::Write as _;

/// One member, every field open to lies.
#[derive(Clone, Debug)]
pub struct Member {
    /// As stored.
    pub name: Vec<u8>,
    /// The bytes in the archive.
    pub stored: Vec<u8>,
    /// Declared size, inflated.
    pub size: u32,
    /// Declared CRC-32 of the inflated bytes.
    pub crc: u32,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// General purpose flags.
    pub flags: u16,
    /// Unix mode; 0 for none.
    pub mode: u32,
}

/// A member that is stored as it is.
#[must_use]
pub fn stored(name: impl AsRef<[u8]>, bytes: &[u8]) -> Member {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    Member {
        name: name.as_ref().to_vec(),
        stored: bytes.to_vec(),
        size: u32::try_from(bytes.len()).unwrap(),
        crc: crc.sum(),
        method: 0,
        flags: 0,
        mode: 0,
    }
}

/// A member that is deflated.
#[must_use]
pub fn deflated(name: impl AsRef<[u8]>, bytes: &[u8]) -> Member {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    Member { stored: encoder.finish().unwrap(), method: 8, ..stored(name, bytes) }
}

/// An archive of these members.
#[must_use]
pub fn of(members: &[Member]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        directory.extend(record(member, u32::try_from(out.len()).unwrap()));
        out.extend(local(member));
    }
    finish(out, &directory, members.len() as u64)
}

/// An archive whose directory lists one small member under a million names.
#[must_use]
pub fn of_a_million() -> Vec<u8> {
    let mut directory = Vec::new();
    let mut out = Vec::new();
    for number in 0..1_000_000_u32 {
        let member = stored(format!("{number:07}"), b"");
        directory.extend(record(&member, u32::try_from(out.len()).unwrap()));
        out.extend(local(&member));
    }
    finish(out, &directory, 1_000_000)
}

fn local(member: &Member) -> Vec<u8> {
    let mut out = b"PK\x03\x04\x14\0".to_vec();
    out.extend(member.flags.to_le_bytes());
    out.extend(member.method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(sizes(member));
    out.extend(0_u16.to_le_bytes());
    out.extend(&member.name);
    out.extend(&member.stored);
    out
}

/// CRC, both sizes and the length of the name, which both headers hold in a row.
fn sizes(member: &Member) -> Vec<u8> {
    let mut out = member.crc.to_le_bytes().to_vec();
    out.extend(u32::try_from(member.stored.len()).unwrap().to_le_bytes());
    out.extend(member.size.to_le_bytes());
    out.extend(u16::try_from(member.name.len()).unwrap().to_le_bytes());
    out
}

fn record(member: &Member, offset: u32) -> Vec<u8> {
    let mut out = b"PK\x01\x02\x14\x03\x14\0".to_vec();
    out.extend(member.flags.to_le_bytes());
    out.extend(member.method.to_le_bytes());
    out.extend([0; 4]);
    out.extend(sizes(member));
    out.extend([0; 8]);
    out.extend((member.mode << 16).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(&member.name);
    out
}

fn finish(mut out: Vec<u8>, directory: &[u8], count: u64) -> Vec<u8> {
    let offset = out.len() as u64;
    let size = directory.len() as u64;
    out.extend(directory);
    let (short, wide) = match u16::try_from(count) {
        Ok(count) => (count, false),
        Err(_) => (u16::MAX, true),
    };
    if wide {
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for value in [count, count, size, offset] {
            out.extend(value.to_le_bytes());
        }
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend((offset + size).to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(short.to_le_bytes());
    out.extend(short.to_le_bytes());
    out.extend(u32::try_from(size).unwrap().to_le_bytes());
    out.extend(u32::try_from(offset).unwrap().to_le_bytes());
    out.extend([0; 2]);
    out
}

//! Small executables.

/// Word size and byte order.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) wide: bool,
    pub(super) big_endian: bool,
}

impl Made {
    fn put(self, bytes: &mut Vec<u8>, len: usize, value: u64) {
        let little = value.to_le_bytes();
        let mut field = little[..len].to_vec();
        if self.big_endian {
            field.reverse();
        }
        bytes.extend_from_slice(&field);
    }

    fn word(self) -> usize {
        if self.wide { 8 } else { 4 }
    }
}

/// Where sections are loaded: their place in the file behind this.
const BASE: u64 = 0x40_0000;

/// An ELF file of 64 bits with these sections.
pub(super) fn elf(sections: &[(&str, &[u8])]) -> Vec<u8> {
    elf_of(Made { wide: true, big_endian: false }, sections, &[])
}

/// Sections aligned to 16 bytes behind the header, their names, their table, and one segment over all of it.
fn elf_of(made: Made, sections: &[(&str, &[u8])], extra: &[u8]) -> Vec<u8> {
    let (header, entry, program) = if made.wide { (64, 64, 56) } else { (52, 40, 32) };
    let mut body = vec![0_u8; header + program];
    let (mut names, mut rows) = (vec![0_u8], vec![(0, 0, 0, 0)]);
    for (name, bytes) in sections.iter().copied().chain([(".shstrtab", [].as_slice())]) {
        body.resize(body.len().next_multiple_of(16), 0);
        let at = names.len();
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        let bytes = if name == ".shstrtab" { names.clone() } else { bytes.to_vec() };
        rows.push((at, 1, body.len(), bytes.len()));
        body.extend_from_slice(&bytes);
    }
    body.extend_from_slice(extra);
    let table = body.len();
    let word = made.word();
    for (name, kind, offset, size) in &rows {
        let mut row = Vec::new();
        made.put(&mut row, 4, *name as u64);
        made.put(&mut row, 4, *kind);
        made.put(&mut row, word, 0);
        made.put(&mut row, word, BASE + *offset as u64);
        made.put(&mut row, word, *offset as u64);
        made.put(&mut row, word, *size as u64);
        row.resize(entry, 0);
        body.extend_from_slice(&row);
    }
    let size = body.len() as u64;
    let mut head = b"\x7fELF".to_vec();
    head.extend_from_slice(&[if made.wide { 2 } else { 1 }, if made.big_endian { 2 } else { 1 }, 1]);
    head.resize(24, 0);
    for value in [0, header as u64, table as u64] {
        made.put(&mut head, word, value);
    }
    made.put(&mut head, 4, 0);
    for value in [header, program, 1, entry, rows.len(), rows.len() - 1] {
        made.put(&mut head, 2, value as u64);
    }
    // The segment: loaded, written to.
    made.put(&mut head, 4, 1);
    if made.wide {
        made.put(&mut head, 4, 6);
    }
    for value in [0, BASE, BASE, size, size] {
        made.put(&mut head, word, value);
    }
    if !made.wide {
        made.put(&mut head, 4, 6);
    }
    body[..head.len()].copy_from_slice(&head);
    body
}

/// Go's information before 1.18: two pointers to strings, which are pointers with lengths.
pub(super) fn elf_by_pointers(made: Made, version: &str, modules: &str) -> Vec<u8> {
    let word = made.word();
    // The section comes first, at the same place whatever it holds.
    let start = if made.wide { 128 } else { 96 };
    let strings = start + 32;
    let texts = strings + 4 * word;
    let mut section = b"\xff Go buildinf:".to_vec();
    section.extend_from_slice(&[u8::try_from(word).unwrap(), u8::from(made.big_endian)]);
    made.put(&mut section, word, BASE + strings as u64);
    made.put(&mut section, word, BASE + (strings + 2 * word) as u64);
    section.resize(32, 0);
    for (at, text) in [(texts, version), (texts + version.len(), modules)] {
        made.put(&mut section, word, BASE + at as u64);
        made.put(&mut section, word, text.len() as u64);
    }
    section.extend_from_slice(version.as_bytes());
    section.extend_from_slice(modules.as_bytes());
    elf_of(made, &[(".go.buildinfo", &section)], &[])
}

/// A PE file of 64 bits with these sections; `.data` is what is written to.
pub(super) fn pe(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let made = Made { wide: true, big_endian: false };
    let mut bytes = b"MZ".to_vec();
    bytes.resize(0x3c, 0);
    made.put(&mut bytes, 4, 0x40);
    bytes.extend_from_slice(b"PE\0\0");
    for (len, value) in [(2, 0x8664), (2, sections.len() as u64), (4, 0), (4, 0), (4, 0), (2, 112), (2, 0)] {
        made.put(&mut bytes, len, value);
    }
    let optional = bytes.len();
    made.put(&mut bytes, 2, 0x20b);
    bytes.resize(optional + 24, 0);
    made.put(&mut bytes, 8, BASE);
    bytes.resize(optional + 112, 0);
    let mut offset = (bytes.len() + 40 * sections.len()).next_multiple_of(16);
    let mut body = Vec::new();
    for (name, content) in sections {
        let mut field = name.as_bytes().to_vec();
        field.resize(8, 0);
        bytes.extend_from_slice(&field);
        let padded = content.len().next_multiple_of(16);
        for value in [content.len(), offset, padded, offset] {
            made.put(&mut bytes, 4, value as u64);
        }
        bytes.extend_from_slice(&[0; 12]);
        made.put(&mut bytes, 4, if *name == ".data" { 0xc000_0040 } else { 0x6000_0020 });
        body.push((offset, content.to_vec()));
        offset += padded;
    }
    for (offset, content) in body {
        bytes.resize(offset, 0);
        bytes.extend_from_slice(&content);
    }
    bytes.resize(offset, 0);
    bytes
}

/// A Mach-O file of 64 bits with these sections in one segment.
pub(super) fn macho(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let made = Made { wide: true, big_endian: false };
    let commands = 72 + 80 * sections.len();
    let mut bytes = b"\xcf\xfa\xed\xfe".to_vec();
    for value in [7, 3, 2, 1, commands as u64, 0, 0, 0x19, commands as u64] {
        made.put(&mut bytes, 4, value);
    }
    bytes.extend_from_slice(b"__DATA\0\0\0\0\0\0\0\0\0\0");
    let total: usize = sections.iter().map(|(_, content)| content.len().next_multiple_of(16)).sum();
    let start = (32 + commands).next_multiple_of(16);
    for value in [BASE, (start + total) as u64, 0, (start + total) as u64] {
        made.put(&mut bytes, 8, value);
    }
    for value in [3, 3, sections.len() as u64, 0] {
        made.put(&mut bytes, 4, value);
    }
    let mut offset = start;
    for (name, content) in sections {
        for text in [*name, "__DATA"] {
            let mut field = text.as_bytes().to_vec();
            field.resize(16, 0);
            bytes.extend_from_slice(&field);
        }
        made.put(&mut bytes, 8, BASE + offset as u64);
        made.put(&mut bytes, 8, content.len() as u64);
        made.put(&mut bytes, 4, offset as u64);
        bytes.extend_from_slice(&[0; 28]);
        offset += content.len().next_multiple_of(16);
    }
    for (_, content) in sections {
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        bytes.extend_from_slice(content);
    }
    bytes
}

/// Several Mach-O files in one.
pub(super) fn fat(images: &[Vec<u8>]) -> Vec<u8> {
    let made = Made { wide: false, big_endian: true };
    let mut bytes = b"\xca\xfe\xba\xbe".to_vec();
    made.put(&mut bytes, 4, images.len() as u64);
    let mut offset = 4096;
    for image in images {
        for value in [7, 3, offset as u64, image.len() as u64, 12] {
            made.put(&mut bytes, 4, value);
        }
        offset += image.len().next_multiple_of(4096);
    }
    for image in images {
        bytes.resize(bytes.len().next_multiple_of(4096), 0);
        bytes.extend_from_slice(image);
    }
    bytes
}

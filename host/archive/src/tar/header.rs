//! One tar header, and the extension headers before it.

/// Everything in a tar is a multiple of this.
pub(super) const BLOCK_BYTES: u64 = 512;

/// The fields of a header that matter here (POSIX.1-2017, "ustar Interchange Format").
pub(super) struct Header {
    pub(super) flag: u8,
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) size: u64,
}

impl Header {
    /// Parses a block.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(block: &[u8; BLOCK_BYTES as usize]) -> Result<Self, &'static str> {
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
            .sum();
        if number(&block[148..156]) != Some(sum) {
            return Err("a header does not fit its checksum");
        }
        let mut name = text(&block[..100]).to_vec();
        // GNU ("ustar ") keeps times where POSIX keeps the front of long names.
        if &block[257..263] == b"ustar\0" && block[345] != 0 {
            name = [text(&block[345..500]), b"/", &name].concat();
        }
        Ok(Self {
            flag: block[156],
            name,
            link: text(&block[157..257]).to_vec(),
            size: number(&block[124..136]).ok_or("a header has no readable size")?,
        })
    }

    /// Whether blocks with more holes of an old GNU sparse file follow it.
    pub(super) fn has_more_holes(&self, block: &[u8; BLOCK_BYTES as usize]) -> bool {
        self.flag == b'S' && block[482] != 0
    }

    /// Whether it describes the next header instead of a member.
    pub(super) fn is_extension(&self) -> bool {
        matches!(self.flag, b'x' | b'g' | b'L' | b'K')
    }
}

/// What extension headers said about the next member.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) pax_path: Option<Vec<u8>>,
    pub(super) pax_link: Option<Vec<u8>>,
    pub(super) gnu_path: Option<Vec<u8>>,
    pub(super) gnu_link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) sparse: bool,
}

impl Extensions {
    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        let Self { pax_path, pax_link, gnu_path, gnu_link, size, sparse } = self;
        let names = [pax_path, pax_link, gnu_path, gnu_link];
        names.iter().all(|name| name.is_none()) && size.is_none() && !sparse
    }

    /// Takes in an extension header's content.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn take(&mut self, flag: u8, bytes: &[u8]) -> Result<(), &'static str> {
        match flag {
            b'L' => self.gnu_path = Some(text(bytes).to_vec()),
            b'K' => self.gnu_link = Some(text(bytes).to_vec()),
            _ => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (key, value, after) = record(rest).ok_or("a pax record cannot be read")?;
                    self.set(flag, key, value)?;
                    rest = after;
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, flag: u8, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let global = flag == b'g';
        match key {
            b"path" | b"linkpath" | b"size" if global => return Err("a global header names every member"),
            b"path" => self.pax_path = Some(value.to_vec()),
            b"linkpath" => self.pax_link = Some(value.to_vec()),
            b"size" => {
                let digits = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                self.size = Some(digits.ok_or("a pax size is not a number")?);
            }
            _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {}
        }
        Ok(())
    }
}

/// `length key=value\n`, the length counting all of it, itself too.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let pair = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    Some((&pair[..equals], &pair[equals + 1..], &bytes[length..]))
}

/// Up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits between blanks, or GNU's base 256, marked by the top bit. Empty is 0.
fn number(field: &[u8]) -> Option<u64> {
    if field.first() == Some(&0x80) {
        let (high, low) = field.split_at(field.len().checked_sub(8)?);
        let high_empty = high.iter().skip(1).all(|byte| *byte == 0);
        // In fields of 8 bytes the mark itself stands among the digits.
        let low: [u8; 8] = low.try_into().ok()?;
        return (high_empty && !high.is_empty()).then(|| u64::from_be_bytes(low));
    }
    let digits = std::str::from_utf8(text(field)).ok()?.trim_matches(' ');
    if digits.is_empty() {
        return Some(0);
    }
    // `from_str_radix` would take a sign.
    let octal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    octal.then(|| u64::from_str_radix(digits, 8).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_octal_and_base_256() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"  644 \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0"), Some(0));
        assert_eq!(number(b"+0000644"), None);
        assert_eq!(number(b"0000008\0"), None);
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), Some(1 << 32));
        assert_eq!(number(&[0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]), None);
        assert_eq!(number(&[0xff; 12]), None);
    }

    #[test]
    fn pax_records_must_fit_their_length() {
        assert_eq!(record(b"8 a=bcd\nx"), Some((b"a".as_slice(), b"bcd".as_slice(), b"x".as_slice())));
        for bytes in
            [b"9 a=bcd\n".as_slice(), b"7 a=bcd\n", b"a=b\n", b"3 \n", b"0 a=b\n", b"99999999999999999999 a=b\n"]
        {
            assert_eq!(record(bytes), None);
        }
    }
}

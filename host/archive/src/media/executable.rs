//! Executables by their magic numbers.

use super::types;

/// Most processors that one Mach-O file is made for. A Java class begins with the same four bytes, and has its version where
/// the count stands: 45 and higher.
const PROCESSORS_MAX: u32 = 30;

/// Which executable begins with these bytes.
pub(super) fn media_type(head: &[u8]) -> Option<&'static str> {
    match head {
        // Word size and byte order follow the magic number.
        [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, ..] => Some(types::ELF),
        [b'M', b'Z', ..] if has_pe_header(head) => Some(types::PE),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some(types::MACH_O),
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, a, b, c, d, ..] => {
            let processors = u32::from_be_bytes([*a, *b, *c, *d]);
            (1..=PROCESSORS_MAX).contains(&processors).then_some(types::MACH_O)
        }
        _ => None,
    }
}

/// Programs of DOS begin with `MZ` too. Where Windows reads on is said at 0x3c, and lies near the start in practice.
fn has_pe_header(head: &[u8]) -> bool {
    let Some([a, b, c, d]) = head.get(0x3c..0x40) else { return false };
    let at = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
    head.get(at..).is_some_and(|header| header.starts_with(b"PE\0\0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_told_by_their_first_bytes() {
        let mut windows = vec![0; 0x80];
        windows[..2].copy_from_slice(b"MZ");
        windows[0x3c] = 0x60;
        let dos = windows.clone();
        windows[0x60..0x64].copy_from_slice(b"PE\0\0");
        let mut far = windows.clone();
        far[0x3c..0x40].copy_from_slice(&[0xff; 4]);
        let table: [(&[u8], Option<&str>); 12] = [
            (b"\x7fELF\x02\x01\x01", Some(types::ELF)),
            (b"\x7fELF\x01\x02", Some(types::ELF)),
            (b"\x7fELF\x03\x01", None),
            (b"\x7fELF", None),
            (&windows, Some(types::PE)),
            (&dos, None),
            (&far, None),
            (b"\xcf\xfa\xed\xfe", Some(types::MACH_O)),
            (b"\xfe\xed\xfa\xce", Some(types::MACH_O)),
            (b"\xca\xfe\xba\xbe\0\0\0\x02", Some(types::MACH_O)),
            // A class of Java 8.
            (b"\xca\xfe\xba\xbe\0\0\0\x34", None),
            (b"MZ", None),
        ];
        for (head, expected) in table {
            assert_eq!(media_type(head), expected, "{head:?}");
        }
    }
}

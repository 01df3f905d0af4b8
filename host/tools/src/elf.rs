//! What a program's first bytes say: whether the system can run it, and whether it needs libraries.

/// Bytes of a file that are looked at. Program headers stand right behind the file header.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A program that needs nothing but the system.
    Static,
    /// A program that asks for a loader and libraries.
    Dynamic,
    /// A text that names its interpreter.
    Script,
    /// Nothing the system runs.
    Unknown,
}

/// Reads the header of an ELF file (System V ABI, chapters 4 and 5). What is cut off or contradicts itself is unknown.
pub(crate) fn kind(head: &[u8]) -> Kind {
    if head.starts_with(b"#!") {
        return Kind::Script;
    }
    if !head.starts_with(b"\x7fELF") {
        return Kind::Unknown;
    }
    needs_a_loader(head).map_or(Kind::Unknown, |needs| if needs { Kind::Dynamic } else { Kind::Static })
}

/// Whether there is a program header of type `PT_INTERP`.
fn needs_a_loader(head: &[u8]) -> Option<bool> {
    const PT_INTERP: u64 = 3;
    let wide = *head.get(4)? == 2;
    let little = *head.get(5)? == 1;
    let number = |offset: usize, len: usize| -> Option<u64> {
        let bytes = head.get(offset..offset.checked_add(len)?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    };
    let (table, size, count) = if wide {
        (number(32, 8)?, number(54, 2)?, number(56, 2)?)
    } else {
        (number(28, 4)?, number(42, 2)?, number(44, 2)?)
    };
    if size < 4 || count == 0 {
        return None;
    }
    let mut found = false;
    for index in 0..count {
        let offset = usize::try_from(table.checked_add(index * size)?).ok()?;
        found |= number(offset, 4)? == PT_INTERP;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_scripts_programs_and_nonsense() {
        assert_eq!(kind(b"#!/bin/sh\n"), Kind::Script);
        for unknown in [&b""[..], b"\x7fELF", b"MZ", b"\x7fELF\x02\x01\x01"] {
            assert_eq!(kind(unknown), Kind::Unknown);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_of_this_toolchain_needs_a_loader() {
        let own = std::fs::read("/proc/self/exe").unwrap();
        let expected = if cfg!(target_feature = "crt-static") { Kind::Static } else { Kind::Dynamic };
        assert_eq!(kind(&own[..HEAD_BYTES]), expected);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = kind(&bytes);
            bytes.splice(0..0, *b"\x7fELF");
            let _ = kind(&bytes);
        }
    }
}

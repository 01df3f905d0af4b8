//! Names in layers, and what they mean.
//!
//! Other archives are refused for a name that could be written in more than one way. Layers hold such names by habit
//! (`./etc/passwd`, `/etc/passwd`), and every runtime brings them into the same form. A backslash is a character here:
//! systemd's units are full of them.

use crate::name::NameFault;

/// Segments of one path. Deeper than any real tree.
const SEGMENTS_MAX: usize = 256;

/// Marks a white-out, in front of the name that it hides (OCI Image Format Specification 1.1, "Whiteouts").
const WHITE_OUT: &[u8] = b".wh.";

/// Hides everything that lower layers have in its folder.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Bookkeeping of AUFS, which is no content and which runtimes leave out.
const AUFS: &[u8] = b".wh..wh.";

/// What a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The root itself.
    Root,
    /// Something at a path.
    Path(Vec<u8>),
    /// Nothing at a path.
    Hidden(Vec<u8>),
    /// Nothing below a path, of what lower layers have there.
    Opaque(Vec<u8>),
    /// Bookkeeping.
    Ignored,
}

/// Reads a name.
///
/// # Errors
/// [`NameFault::Parent`] for one with `..` anywhere: runtimes refuse those that lead out, and nobody writes the others.
/// [`NameFault::TooLong`]; [`NameFault::Empty`] for a white-out of nothing.
pub(super) fn parse(raw: &[u8], max: u32) -> Result<Entry, NameFault> {
    if raw.len() > max as usize || segments(raw).count() > SEGMENTS_MAX {
        return Err(NameFault::TooLong);
    }
    let mut path = Vec::with_capacity(raw.len());
    for segment in segments(raw) {
        if segment == b".." {
            return Err(NameFault::Parent);
        }
        push(&mut path, segment);
    }
    if path.is_empty() {
        return Ok(Entry::Root);
    }
    let (parent, last) = split(&path);
    if last == OPAQUE {
        return Ok(Entry::Opaque(parent.to_vec()));
    }
    if last.starts_with(AUFS) {
        return Ok(Entry::Ignored);
    }
    let Some(hidden) = last.strip_prefix(WHITE_OUT) else {
        return Ok(Entry::Path(path));
    };
    match hidden {
        b"" | b"." => Err(NameFault::Empty),
        b".." => Err(NameFault::Parent),
        hidden => {
            let mut path = parent.to_vec();
            push(&mut path, hidden);
            Ok(Entry::Hidden(path))
        }
    }
}

/// The segments that say something.
pub(super) fn segments(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|segment| !matches!(*segment, b"" | b"."))
}

/// Folder and last segment. The folder of a path without a slash is the root, which is empty.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// Every folder above a path, from the top, without the root.
pub(super) fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at])
}

pub(super) fn push(path: &mut Vec<u8>, segment: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(segment);
}

pub(super) fn pop(path: &mut Vec<u8>) {
    let (parent, _) = split(path);
    let length = parent.len();
    path.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> Result<Entry, NameFault> {
        parse(raw.as_bytes(), 64)
    }

    #[test]
    fn names_are_brought_into_one_form() {
        for name in ["etc/passwd", "./etc/passwd", "/etc/passwd", "//etc/.//passwd/"] {
            assert_eq!(parsed(name), Ok(Entry::Path(b"etc/passwd".to_vec())), "{name}");
        }
        for name in ["", ".", "./", "/"] {
            assert_eq!(parsed(name), Ok(Entry::Root));
        }
        assert_eq!(parsed(r"a\x2db"), Ok(Entry::Path(br"a\x2db".to_vec())));
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["..", "../x", "a/../../x", "a/../b", "/..", "a/.wh..."] {
            assert_eq!(parsed(name), Err(NameFault::Parent), "{name}");
        }
        assert_eq!(parsed("a/.wh."), Err(NameFault::Empty));
        assert_eq!(parsed("a/.wh.."), Err(NameFault::Empty));
        assert_eq!(parsed(&"x".repeat(65)), Err(NameFault::TooLong));
        assert_eq!(parse(&b"a/".repeat(300), 4096), Err(NameFault::TooLong));
    }

    #[test]
    fn white_outs_are_read() {
        assert_eq!(parsed("a/.wh.b"), Ok(Entry::Hidden(b"a/b".to_vec())));
        assert_eq!(parsed(".wh.b"), Ok(Entry::Hidden(b"b".to_vec())));
        assert_eq!(parsed("a/.wh..wh..opq"), Ok(Entry::Opaque(b"a".to_vec())));
        assert_eq!(parsed(".wh..wh..opq"), Ok(Entry::Opaque(Vec::new())));
        assert_eq!(parsed("a/.wh..wh.plnk"), Ok(Entry::Ignored));
    }
}

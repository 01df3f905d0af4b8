//! Which names can be trusted.

/// Segments of one path. Deeper than any real tree; it keeps work per name linear.
const SEGMENTS_MAX: usize = 256;

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing is left of it.
    #[error("the name is empty")]
    Empty,
    /// It begins with `/`.
    #[error("the name is absolute")]
    Absolute,
    /// It begins with a drive letter and a colon.
    #[error("the name begins with a drive letter")]
    Drive,
    /// It has a `..` segment.
    #[error("the name leads out of the tree")]
    Parent,
    /// It has an empty or a `.` segment, so that it could be written in more than one way.
    #[error("the name has an empty or `.` segment")]
    EmptySegment,
    /// A separator on Windows, a character elsewhere.
    #[error("the name holds a backslash")]
    Backslash,
    /// NUL ends a name for some readers; others act on a terminal.
    #[error("the name holds a control character")]
    Control,
    /// Not UTF-8.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// Longer than `name_bytes_max`, or deeper than 256 segments.
    #[error("the name is too long or too deep")]
    TooLong,
    /// An extra field gives the member another name (APPNOTE 4.6.9, Info-ZIP Unicode Path).
    #[error("the archive gives it two different names")]
    TwoNames,
}

/// A member's name as the tree shows it, and whether it was written as a directory (with a slash at its end).
/// None for the root itself (`./`), which tar writes and which is no member.
///
/// One leading `./` is taken off, as `tar cf x.tar .` writes it. Nothing else is mended: a name that needs mending is
/// read differently by different readers.
///
/// # Errors
/// The first fault found.
pub(crate) fn member(raw: &[u8], max: u32) -> Result<Option<(String, bool)>, NameFault> {
    if raw.len() > max as usize {
        return Err(NameFault::TooLong);
    }
    let text = std::str::from_utf8(raw).map_err(|_| NameFault::NotUtf8)?;
    if text.contains('\\') {
        return Err(NameFault::Backslash);
    }
    let text = match text {
        "." | "./" => return Ok(None),
        _ => text.strip_prefix("./").unwrap_or(text),
    };
    let (path, directory) = match text.strip_suffix('/') {
        // "/" alone is absolute, not an empty directory.
        Some("") => return Err(NameFault::Absolute),
        Some(path) => (path, true),
        None => (text, false),
    };
    check(path, max)?;
    if let [letter, b':', ..] = path.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        return Err(NameFault::Drive);
    }
    Ok(Some((path.to_owned(), directory)))
}

/// Checks a path that a caller asks for, or that a directory on disk holds. Backslashes and colons are
/// characters there.
///
/// # Errors
/// The first fault found.
pub(crate) fn check(path: &str, max: u32) -> Result<(), NameFault> {
    if path.is_empty() {
        return Err(NameFault::Empty);
    }
    if path.len() > max as usize || path.bytes().filter(|byte| *byte == b'/').count() >= SEGMENTS_MAX {
        return Err(NameFault::TooLong);
    }
    if path.starts_with('/') {
        return Err(NameFault::Absolute);
    }
    if path.chars().any(char::is_control) {
        return Err(NameFault::Control);
    }
    for segment in path.split('/') {
        match segment {
            ".." => return Err(NameFault::Parent),
            "" | "." => return Err(NameFault::EmptySegment),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(raw: &[u8]) -> Option<NameFault> {
        member(raw, 64).err()
    }

    #[test]
    fn takes_plain_names_and_one_leading_dot() {
        assert_eq!(member(b"a/b.py", 64), Ok(Some(("a/b.py".into(), false))));
        assert_eq!(member(b"./a/", 64), Ok(Some(("a".into(), true))));
        assert_eq!(member(b"./", 64), Ok(None));
        assert_eq!(member("ü.py".as_bytes(), 64), Ok(Some(("ü.py".into(), false))));
    }

    #[test]
    fn refuses_names_that_readers_disagree_about() {
        assert_eq!(fault(b""), Some(NameFault::Empty));
        assert_eq!(fault(b"/"), Some(NameFault::Absolute));
        assert_eq!(fault(b"/etc/passwd"), Some(NameFault::Absolute));
        assert_eq!(fault(b".//etc"), Some(NameFault::Absolute));
        assert_eq!(fault(b"C:/x"), Some(NameFault::Drive));
        assert_eq!(fault(b"C:\\x"), Some(NameFault::Backslash));
        assert_eq!(fault(b"a/../b"), Some(NameFault::Parent));
        assert_eq!(fault(b".."), Some(NameFault::Parent));
        assert_eq!(fault(b"./.."), Some(NameFault::Parent));
        assert_eq!(fault(b"a//b"), Some(NameFault::EmptySegment));
        assert_eq!(fault(b"a/./b"), Some(NameFault::EmptySegment));
        assert_eq!(fault(b"a//"), Some(NameFault::EmptySegment));
        assert_eq!(fault(b"a\0b"), Some(NameFault::Control));
        assert_eq!(fault(b"a\x1bb"), Some(NameFault::Control));
        assert_eq!(fault(b"a\xff"), Some(NameFault::NotUtf8));
        assert_eq!(fault(&[b'a'; 65]), Some(NameFault::TooLong));
        assert_eq!(member(&b"a/".repeat(300), 4096), Err(NameFault::TooLong));
    }
}

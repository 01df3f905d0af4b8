//! Paths below an endpoint's base. Nothing a plugin writes leaves it, however a server decodes it.

/// Longest path with query, in bytes. Servers refuse more than about 8 KiB.
pub(crate) const PATH_BYTES_MAX: usize = 8192;

/// Rounds of percent-decoding that are looked through; a server that decodes more often is broken.
const DECODINGS_MAX: usize = 4;

/// Why a path is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Relative, or an absolute address.
    #[error("does not begin with `/`")]
    NotAbsolute,
    /// More than servers take.
    #[error("is longer than {PATH_BYTES_MAX} bytes")]
    TooLong,
    /// A space, a control, a backslash, `#`, or no ASCII.
    #[error("holds the character {0:?}, which must be percent-encoded or cannot be sent")]
    Character(char),
    /// `%` without two hexadecimal digits.
    #[error("holds a `%` that encodes nothing")]
    Encoding,
    /// `//`, which some read as the beginning of a host.
    #[error("holds an empty segment (`//`)")]
    EmptySegment,
    /// `.` or `..`, encoded or not.
    #[error("holds a `.` or `..` segment")]
    Dots,
    /// A control character or backslash, encoded.
    #[error("encodes a control character or a backslash")]
    Hidden,
}

/// The path of a base, without its last slash; empty for the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefix(String);

impl Prefix {
    /// Reads the path of a base. It is looked at with the slash that everything below begins with: after `/a%2f` that would be the
    /// second one, for whoever decodes.
    pub(crate) fn parse(path: &str) -> Result<Self, PathError> {
        let prefix = path.strip_suffix('/').unwrap_or(path);
        check(&format!("{prefix}/"))?;
        Ok(Self(prefix.to_owned()))
    }

    /// The target of a request for `path_and_query`, below this path.
    pub(crate) fn join(&self, path_and_query: &str) -> Result<String, PathError> {
        check(path_and_query.split('?').next().unwrap_or_default())?;
        check_query(path_and_query)?;
        let target = format!("{}{path_and_query}", self.0);
        if target.len() > PATH_BYTES_MAX { Err(PathError::TooLong) } else { Ok(target) }
    }

    /// Whether a checked target lies here.
    pub(crate) fn covers(&self, target: &str) -> bool {
        let path = target.split('?').next().unwrap_or_default();
        path.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// A path is plain: absolute, without dot segments or empty ones, in whatever way it is decoded.
pub(crate) fn check(path: &str) -> Result<(), PathError> {
    if !path.starts_with('/') {
        return Err(PathError::NotAbsolute);
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(PathError::TooLong);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c);
    if let Some(odd) = path.chars().find(|&c| !allowed(c)) {
        return Err(PathError::Character(odd));
    }
    let mut seen = path.as_bytes().to_vec();
    check_segments(&seen)?;
    let mut first = true;
    for _ in 0..DECODINGS_MAX {
        let decoded = decode(&seen, first)?;
        if decoded == seen {
            return Ok(());
        }
        check_segments(&decoded)?;
        (seen, first) = (decoded, false);
    }
    Err(PathError::Encoding)
}

fn check_segments(path: &[u8]) -> Result<(), PathError> {
    if path.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
        return Err(PathError::Hidden);
    }
    let segments: Vec<_> = path[1..].split(|&byte| byte == b'/').collect();
    for (index, segment) in segments.iter().enumerate() {
        // Some servers cut what follows a semicolon before they resolve dots.
        let name = segment.split(|&byte| byte == b';').next().unwrap_or_default();
        if name == b"." || name == b".." {
            return Err(PathError::Dots);
        }
        if segment.is_empty() && index + 1 < segments.len() {
            return Err(PathError::EmptySegment);
        }
    }
    Ok(())
}

/// Decodes once. A stray `%` is an error in what was written, and stands for itself in what was decoded.
fn decode(path: &[u8], strict: bool) -> Result<Vec<u8>, PathError> {
    let hex = |byte: Option<&u8>| {
        byte.and_then(|&byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(path.len());
    let mut index = 0;
    while index < path.len() {
        match (path[index], hex(path.get(index + 1)), hex(path.get(index + 2))) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                index += 3;
            }
            (b'%', _, _) if strict => return Err(PathError::Encoding),
            (byte, _, _) => {
                decoded.push(byte);
                index += 1;
            }
        }
    }
    Ok(decoded)
}

/// A query is the plugin's affair, as long as it is one: visible ASCII, no fragment.
fn check_query(path_and_query: &str) -> Result<(), PathError> {
    let allowed = |c: char| c.is_ascii_graphic() && !"#\\\"<>^`{|}".contains(c);
    match path_and_query.chars().find(|&c| !allowed(c)) {
        Some(odd) => Err(PathError::Character(odd)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_appended_to_the_base() {
        for (base, path, target) in [
            ("", "/v1/query?x=1&y=[2]", "/v1/query?x=1&y=[2]"),
            ("/", "/", "/"),
            ("/api/", "/v1", "/api/v1"),
            ("/api", "/@scope%2Fname?u=https://a/../b%2e%2e", "/api/@scope%2Fname?u=https://a/../b%2e%2e"),
            ("/api", "/100%25", "/api/100%25"),
            ("/api", "/a...b/..c", "/api/a...b/..c"),
        ] {
            assert_eq!(Prefix::parse(base).unwrap().join(path).unwrap(), target);
        }
    }

    #[test]
    fn nothing_leaves_the_base() {
        let base = Prefix::parse("/api").unwrap();
        for (path, error) in [
            ("", PathError::NotAbsolute),
            ("v1", PathError::NotAbsolute),
            ("https://evil.example/", PathError::NotAbsolute),
            ("?x", PathError::NotAbsolute),
            ("//evil.example/", PathError::EmptySegment),
            ("/a//b", PathError::EmptySegment),
            ("/%2fevil.example", PathError::EmptySegment),
            ("/..", PathError::Dots),
            ("/a/../../secret", PathError::Dots),
            ("/./a", PathError::Dots),
            ("/%2e%2e/secret", PathError::Dots),
            ("/%2E./secret", PathError::Dots),
            ("/a%2f..%2f..%2fsecret", PathError::Dots),
            ("/%252e%252e/secret", PathError::Dots),
            ("/%25252e%25252e/secret", PathError::Dots),
            ("/..;x=1/secret", PathError::Dots),
            ("/..%3b/secret", PathError::Dots),
            ("/..?x", PathError::Dots),
            ("/a%5c..%5c..", PathError::Hidden),
            ("/a%00", PathError::Hidden),
            ("/a%0d%0ax: y", PathError::Character(' ')),
            ("/a%0d%0a", PathError::Hidden),
            ("/a\\..", PathError::Character('\\')),
            ("/a\r\nx: y", PathError::Character('\r')),
            ("/a#b", PathError::Character('#')),
            ("/a?b#c", PathError::Character('#')),
            ("/a?b c", PathError::Character(' ')),
            ("/\u{e4}", PathError::Character('\u{e4}')),
            ("/%", PathError::Encoding),
            ("/%zz", PathError::Encoding),
        ] {
            assert_eq!(base.join(path), Err(error), "{path}");
        }
        assert_eq!(base.join(&format!("/{}", "a".repeat(PATH_BYTES_MAX))), Err(PathError::TooLong));
    }

    #[test]
    fn a_base_covers_what_is_below_it_and_not_its_namesakes() {
        let base = Prefix::parse("/api/").unwrap();
        assert!(base.covers("/api") && base.covers("/api/v1") && base.covers("/api?x"));
        assert!(!base.covers("/apis") && !base.covers("/") && !base.covers("/%61pi/v1"));
        assert!(Prefix::default().covers("/anything"));
    }

    proptest! {
        /// Resolved as RFC 3986 (5.2.4) says, after any number of decodings, a joined path is still below the base.
        #[test]
        fn a_joined_path_stays_below_the_base(parts in prop::collection::vec(prop::sample::select(vec![
            "/", "a", ".", "..", "%2e", "%2E", "%252e", "%2f", "%5c", "\\", ";", "?", "%25", "32", "65", "e",
        ]), 0..12)) {
            let path = format!("/{}", parts.concat());
            let Ok(target) = Prefix::parse("/api").unwrap().join(&path) else { return Ok(()) };
            let mut seen = target.split('?').next().unwrap_or_default().as_bytes().to_vec();
            for _ in 0..6 {
                let mut depth = 0_i32;
                for segment in seen.split(|&byte| byte == b'/' || byte == b'\\').skip(1) {
                    depth += match segment { b".." => -1, b"." | b"" => 0, _ => 1 };
                    prop_assert!(depth >= 0, "{target}");
                }
                prop_assert!(seen.starts_with(b"/api/"), "{target}");
                seen = decode(&seen, false).unwrap();
            }
        }

        #[test]
        fn any_text_is_joined_or_refused(text in "\\PC{0,40}") {
            let _ = Prefix::parse("/api").unwrap().join(&text);
            let _ = Prefix::parse("/api").unwrap().join(&format!("/{text}"));
        }
    }
}

//! The keys of pnpm's packages, which every version of the file spells its own way.

use crate::npm::split;

/// A key, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key<'a> {
    /// None where only the entry itself says it.
    pub(super) name: Option<&'a str>,
    /// None for what is no registry's.
    pub(super) version: Option<&'a str>,
    /// What follows the name: a version, an address, a path.
    pub(super) reference: &'a str,
}

/// A key without the peers it was resolved with: `a@1.0.0(b@2.0.0)`.
pub(super) fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

impl<'a> Key<'a> {
    /// Takes a key of this version of the file apart.
    ///
    /// 5: `/a/1.0.0_peers`, or `host/a/1.0.0` of another registry; 6: `/a@1.0.0(peers)`; 9: `a@1.0.0`. What comes from no
    /// registry: `host/owner/repository/commit`, `file:path`; since 9 `a@address`.
    pub(super) fn parse(major: u32, key: &'a str) -> Option<Self> {
        let key = without_peers(key);
        if key.starts_with("file:") || key.starts_with("link:") {
            return Some(Self { name: None, version: None, reference: key });
        }
        if major >= 6 && (major >= 9 || key.starts_with('/')) {
            let (name, reference) = split(key.strip_prefix('/').unwrap_or(key))?;
            let version = Some(reference).filter(|reference| is_version(reference));
            return Some(Self { name: Some(name), version, reference });
        }
        let path = match key.strip_prefix('/') {
            Some(path) => path,
            // Of another registry, whose host stands first; or of a repository, whose last part is no version.
            None => key.split_once('/')?.1,
        };
        let (name, reference) = path.rsplit_once('/')?;
        let version = reference.split('_').next().filter(|version| is_version(version));
        match version {
            Some(version) => Some(Self { name: Some(name), version: Some(version), reference: version }),
            None => Some(Self { name: None, version: None, reference: key }),
        }
    }
}

/// A version begins with a number and a dot; a commit may begin with a number.
fn is_version(text: &str) -> bool {
    text.split_once('.').is_some_and(|(major, _)| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_all_versions_are_taken_apart() {
        let parts = |major, key| {
            let key = Key::parse(major, key).unwrap();
            (key.name, key.version)
        };
        assert_eq!(parts(5, "/a/1.0.0"), (Some("a"), Some("1.0.0")));
        assert_eq!(parts(5, "/@s/a/1.0.0-rc.1_b@2.0.0+c@3"), (Some("@s/a"), Some("1.0.0-rc.1")));
        assert_eq!(parts(5, "r.example/@s/a/1.0.0"), (Some("@s/a"), Some("1.0.0")));
        assert_eq!(parts(5, "github.com/o/r/0123abc"), (None, None));
        assert_eq!(parts(6, "/@s/a@1.0.0(b@2.0.0)(c@3.0.0)"), (Some("@s/a"), Some("1.0.0")));
        assert_eq!(parts(6, "github.com/o/r/0123abc"), (None, None));
        assert_eq!(parts(9, "@s/a@1.0.0"), (Some("@s/a"), Some("1.0.0")));
        assert_eq!(parts(9, "a@https://codeload.github.com/o/a/tar.gz/01"), (Some("a"), None));
        assert_eq!((parts(9, "file:a"), Key::parse(9, "a"), Key::parse(5, "a")), ((None, None), None, None));
    }
}

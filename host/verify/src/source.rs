//! Where something was built from: a repository, and what of it.

/// A repository with or without a branch, tag or commit, however it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    repository: String,
    reference: Option<String>,
}

impl Source {
    /// Reads `git+https://HOST/OWNER/NAME.git@refs/heads/main` and its shorter forms.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.strip_prefix("git+").unwrap_or(text);
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
        // A `@` before the first slash belongs to the host.
        let path = rest.find('/').unwrap_or(rest.len());
        let (rest, reference) = match rest[path..].find('@') {
            Some(at) => (&rest[..path + at], Some(rest[path + at + 1..].to_owned())),
            None => (rest, None),
        };
        let rest = rest.trim_end_matches('/');
        let rest = rest.strip_suffix(".git").unwrap_or(rest);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        Self {
            repository: format!("{}://{}/{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase()),
            reference,
        }
    }

    /// Whether this is what was expected: the repository, and what of it where that was said.
    pub(crate) fn is(&self, expected: &Self) -> bool {
        self.repository == expected.repository && (expected.reference.is_none() || self.reference == expected.reference)
    }

    /// Fills in what stands elsewhere.
    pub(crate) fn at(self, reference: Option<&str>) -> Self {
        let reference = self.reference.or_else(|| reference.map(str::to_owned));
        Self { reference, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_repository_are_one() {
        let is = |found: &str, expected: &str| Source::parse(found).is(&Source::parse(expected));
        for found in [
            "https://github.com/acme/app",
            "git+https://github.com/acme/app.git",
            "git+https://GitHub.com/acme/app@refs/heads/main",
            "github.com/acme/app/",
        ] {
            assert!(is(found, "https://github.com/acme/app"), "{found}");
            assert!(is(found, "github.com/acme/app"), "{found}");
        }
        for found in [
            "https://github.com/acme/app-evil",
            "https://github.com/acme/app/evil",
            "https://evil.example/github.com/acme/app",
            "https://github.com@evil.example/acme/app",
            "http://github.com/acme/app",
            "https://github.com/Acme/app",
            "",
        ] {
            assert!(!is(found, "https://github.com/acme/app"), "{found}");
        }
        assert!(!is("https://github.com/acme/app", "https://github.com/acme/app@refs/tags/v1"));
        assert!(is("https://github.com/acme/app@refs/tags/v1", "https://github.com/acme/app@refs/tags/v1"));
    }
}

//! Where a package came from. Only a registry's packages get a `pkg:npm` purl: an advisory about the registry's package
//! says nothing of what somebody put into a repository or a folder under the same name.

use super::registry_purl;
use crate::purl;

/// Hosts of repositories whose short names package managers know.
const FORGES: [(&str, &str); 3] =
    [("github:", "https://github.com/"), ("gitlab:", "https://gitlab.com/"), ("bitbucket:", "https://bitbucket.org/")];

/// Where a package came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A registry: the archive's address, where the file gives it.
    Registry(Option<String>),
    /// A repository, in the words of purls: `git+https://host/path@commit`.
    Git(String),
    /// An archive at an address that is no registry's.
    Archive(String),
    /// A folder, a local archive, a link or a workspace, as the file writes it.
    Local(String),
}

impl Origin {
    /// Tells by an address or a requirement: `resolved` of npm and Yarn, the part behind `name@` elsewhere. `name` is the
    /// package's own.
    pub(super) fn of(text: &str, name: &str) -> Self {
        let text = text.trim();
        if let Some(address) = git(text) {
            return Self::Git(address);
        }
        if text.starts_with("http:") || text.starts_with("https:") {
            let address = without_credentials(text);
            return if is_registrys(&address, name) { Self::Registry(Some(address)) } else { Self::Archive(address) };
        }
        let local = ["file:", "link:", "portal:", "workspace:", "root:", "./", "../", "/", "~/"];
        if local.iter().any(|start| text.starts_with(start)) {
            return Self::Local(text.to_owned());
        }
        Self::Registry(None)
    }

    /// The purl of a package of this name from here.
    pub(super) fn purl(&self, name: &str, version: Option<&str>) -> Option<String> {
        let (scope, base) = name.rsplit_once('/').unwrap_or(("", name));
        match self {
            Self::Registry(_) => Some(registry_purl(name, version)),
            Self::Git(address) => Some(purl::of("generic", scope, base, version, &[("vcs_url", address)])),
            Self::Archive(address) => Some(purl::of("generic", scope, base, version, &[("download_url", address)])),
            Self::Local(_) => None,
        }
    }

    /// Where it is, in words.
    pub(super) fn source(&self) -> Option<&str> {
        match self {
            Self::Registry(address) => address.as_deref(),
            Self::Git(address) | Self::Archive(address) | Self::Local(address) => Some(address),
        }
    }
}

/// A repository's address, as `git+scheme://host/path@commit`.
fn git(text: &str) -> Option<String> {
    let text = &text.replacen("commit=", "", 1);
    for (short, base) in FORGES {
        if let Some(path) = text.strip_prefix(short) {
            return Some(pinned(&format!("git+{base}{path}")));
        }
    }
    // GitHub's archive of one commit, which package managers fetch instead of the repository.
    if let Some(archive) = text.strip_prefix("https://codeload.github.com/") {
        let (repository, commit) = archive.split_once("/tar.gz/")?;
        return Some(pinned(&format!("git+https://github.com/{repository}#{commit}")));
    }
    let (address, _) = text.split_once('#').unwrap_or((text, ""));
    let schemes = ["git+", "git:", "ssh:"];
    if schemes.iter().any(|scheme| text.starts_with(scheme)) || (address.contains("://") && address.ends_with(".git")) {
        let prefix = if text.starts_with("git") { "" } else { "git+" };
        return Some(pinned(&without_credentials(&format!("{prefix}{text}"))));
    }
    // `git@host:owner/repository`, as scp writes it.
    if let Some((host, path)) = address.strip_prefix("git@").and_then(|rest| rest.split_once(':')) {
        let commit = text.split_once('#').map(|(_, commit)| format!("#{commit}")).unwrap_or_default();
        return Some(pinned(&format!("git+ssh://git@{host}/{path}{commit}")));
    }
    let slug = address.split_once('/').filter(|(owner, repository)| {
        let plain =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        plain(owner) && plain(repository) && !owner.starts_with('.')
    });
    slug.map(|_| pinned(&format!("git+https://github.com/{text}")))
}

/// A commit stands behind `@` in purls, behind `#` in lock files.
fn pinned(address: &str) -> String {
    match address.split_once('#') {
        Some((address, commit)) if !commit.is_empty() => format!("{address}@{commit}"),
        Some((address, _)) => address.to_owned(),
        None => address.to_owned(),
    }
}

/// Registries serve `<package>/-/<file>` (npm and what speaks its protocol), or `/download/<package>/` (GitHub's).
fn is_registrys(address: &str, name: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    let base = name.rsplit('/').next().unwrap_or_default();
    let is_named = file.strip_prefix(base).is_some_and(|rest| {
        rest.strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with(".tgz"))
    });
    let forge = ["//github.com/", "//codeload.github.com/", "//gitlab.com/", "//bitbucket.org/"];
    let is_forges = forge.iter().any(|host| path.contains(host));
    !is_forges && (path.contains("/-/") || path.contains("/download/") || is_named)
}

/// `https://user:secret@host/` without user and secret; ssh's bare `git@` stays.
fn without_credentials(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let user = host.rsplit_once('@');
    match user {
        Some((user, host)) if user.contains(':') || scheme.contains("http") => format!("{scheme}://{host}{path}"),
        Some(_) | None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_told_from_other_addresses() {
        for address in [
            "https://registry.example/a/-/a-1.0.0.tgz#abc",
            "https://npm.example/download/@o/a/1.0.0/123",
            "https://mirror.example/npm/a-1.0.0.tgz",
        ] {
            assert_eq!(Origin::of(address, "@o/a"), Origin::Registry(Some(address.to_owned())), "{address}");
        }
        for address in ["https://github.com/o/a/tarball/master", "https://x.example/a.tgz"] {
            assert_eq!(Origin::of(address, "a"), Origin::Archive(address.to_owned()), "{address}");
        }
        for range in ["1.0.0", "^1", "npm:1.0.0", "*", "latest", ">=1 <2 || 3"] {
            assert_eq!(Origin::of(range, "a"), Origin::Registry(None), "{range}");
        }
    }

    #[test]
    fn repositories_come_in_many_spellings() {
        let table = [
            ("git+ssh://git@github.com/o/r.git#abc", "git+ssh://git@github.com/o/r.git@abc"),
            ("git+https://user:secret@h.example/o/r.git#abc", "git+https://h.example/o/r.git@abc"),
            ("git://h.example/r#commit=abc", "git://h.example/r@abc"),
            ("https://github.com/o/r.git#commit=abc", "git+https://github.com/o/r.git@abc"),
            ("github:o/r#abc", "git+https://github.com/o/r@abc"),
            ("https://codeload.github.com/o/r/tar.gz/abc", "git+https://github.com/o/r@abc"),
            ("o/r#v1", "git+https://github.com/o/r@v1"),
            ("git@github.com:o/r.git#abc", "git+ssh://git@github.com/o/r.git@abc"),
        ];
        for (text, address) in table {
            assert_eq!(Origin::of(text, "r"), Origin::Git(address.to_owned()), "{text}");
        }
    }

    #[test]
    fn only_a_registrys_package_has_an_npm_purl() {
        let purl = |text| Origin::of(text, "@o/a").purl("@o/a", Some("1.0.0"));
        assert_eq!(purl("^1").unwrap(), "pkg:npm/%40o/a@1.0.0");
        let git = "pkg:generic/%40o/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fa%40abc";
        assert_eq!(purl("github:o/a#abc").unwrap(), git);
        assert!(purl("https://x.example/a.tgz").unwrap().starts_with("pkg:generic/%40o/a@1.0.0?download_url=https:"));
        assert_eq!((purl("file:../a"), purl("workspace:packages/a"), purl("link:./a")), (None, None, None));
        assert_eq!(
            Origin::of("https://u:p@r.example/a/-/a-1.tgz", "a").source(),
            Some("https://r.example/a/-/a-1.tgz")
        );
    }
}

//! Package URLs: making them, and telling what can be none.

/// `pkg:pypi/<name as PEP 503 says>@<version>`.
pub(crate) fn pypi(name: &str, version: Option<&str>) -> String {
    let name = normalized(name);
    version.map_or_else(|| format!("pkg:pypi/{name}"), |version| format!("pkg:pypi/{name}@{}", encoded(version)))
}

/// `pkg:cargo/<name>@<version>`; names of crates are kept as they are.
pub(crate) fn cargo(name: &str, version: &str) -> String {
    format!("pkg:cargo/{}@{}", encoded(name), encoded(version))
}

/// A purl of any type: the parts as they are, percent-encoded here. Slashes part the namespace's segments. What the type
/// says about case is the caller's.
pub(crate) fn of(
    kind: &str,
    namespace: &str,
    name: &str,
    version: Option<&str>,
    qualifiers: &[(&str, &str)],
) -> String {
    let mut text = format!("pkg:{kind}/");
    for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
        text.push_str(&encoded(segment));
        text.push('/');
    }
    text.push_str(&encoded(name));
    if let Some(version) = version.filter(|version| !version.is_empty()) {
        text.push('@');
        text.push_str(&encoded(version));
    }
    let mut mark = '?';
    for (key, value) in qualifiers.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{mark}{key}={}", encoded(value)));
        mark = '&';
    }
    text
}

/// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
pub(crate) fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

/// Percent-encodes what may not stand bare in a purl's name or version: `1.0+cpu` is `1.0%2Bcpu`.
fn encoded(version: &str) -> String {
    let mut text = String::with_capacity(version.len());
    for byte in version.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => text.push(char::from(byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Whether a text can be a purl at all: `pkg:type/name`. The host reads it again, and strictly.
pub(crate) fn is_plausible(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("pkg:") else {
        return false;
    };
    let rest = rest.trim_start_matches('/');
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let Some((kind, path)) = path.split_once('/') else {
        return false;
    };
    let name = path.rsplit('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    // A version's `@` is never the first character of the last segment; a bare scope (`@angular`) is encoded as %40.
    let name = name.rsplit_once('@').map_or(name, |(name, _)| name);
    let kind_is_fine = kind.starts_with(|c: char| c.is_ascii_alphabetic())
        && kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'));
    kind_is_fine && !name.is_empty() && !text.chars().any(|c| c.is_control() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_and_versions_encoded() {
        assert_eq!(pypi("Zope.Interface", Some("5.4.0")), "pkg:pypi/zope-interface@5.4.0");
        assert_eq!(pypi("ruamel__-yaml", Some("1!2.0+cu118")), "pkg:pypi/ruamel-yaml@1%212.0%2Bcu118");
        assert_eq!(pypi("Flask", None), "pkg:pypi/flask");
        assert_eq!(cargo("toml_edit", "0.22.0+spec-1.1.0"), "pkg:cargo/toml_edit@0.22.0%2Bspec-1.1.0");
    }

    #[test]
    fn parts_are_encoded_and_empty_ones_left_out() {
        assert_eq!(of("npm", "@babel", "core", Some("7.0.0+b"), &[]), "pkg:npm/%40babel/core@7.0.0%2Bb");
        assert_eq!(of("golang", "a.org/b", "c", None, &[]), "pkg:golang/a.org/b/c");
        let qualifiers = [("vcs_url", "git+https://a.org/x@1"), ("empty", "")];
        assert_eq!(
            of("generic", "", "x", Some(""), &qualifiers),
            "pkg:generic/x?vcs_url=git%2Bhttps:%2F%2Fa.org%2Fx%401"
        );
    }

    #[test]
    fn plausible_purls_are_told_from_other_texts() {
        for purl in
            ["pkg:pypi/flask@1.0", "pkg:npm/%40angular/core@12", "pkg://deb/debian/curl?arch=amd64", "pkg:npm/a"]
        {
            assert!(is_plausible(purl), "{purl}");
        }
        for text in ["", "flask", "pkg:pypi", "pkg:pypi/", "pkg:/flask", "pkg:pypi/@1.0", "pkg:py pi/x", "cpe:2.3:a:x"]
        {
            assert!(!is_plausible(text), "{text}");
        }
    }
}

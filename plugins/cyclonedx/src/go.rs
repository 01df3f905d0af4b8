//! Go's `go.mod` and `go.sum`.

mod module;
mod sums;

pub(crate) use self::module::CATALOGER as MOD;
pub(crate) use self::sums::CATALOGER as SUM;
use crate::purl;

/// `pkg:golang/...`, in lower case, as the purl specification wants it.
pub(crate) fn module_purl(path: &str, version: Option<&str>) -> String {
    let path = path.to_ascii_lowercase();
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", &path));
    purl::of("golang", namespace, name, version, &[])
}

/// A module's version: `v1.2.3`, with what may follow.
pub(crate) fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) && text.len() <= 256
}

/// A module's path: words parted by slashes.
pub(crate) fn is_path(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/!+".contains(c);
    !text.is_empty() && text.len() <= 1024 && text.chars().all(is_plain) && !text.starts_with(['.', '/'])
}

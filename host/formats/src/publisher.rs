//! Who publishes an advisory, by the form of its id.

/// A publisher and the page of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publisher {
    /// For people.
    pub(crate) name: &'static str,
    /// The record's page.
    pub(crate) page: String,
}

/// Nothing for an id of unknown form.
pub(crate) fn of(id: &str) -> Option<Publisher> {
    // The id becomes part of a link: nothing that a link could be bent with, and no longer than any id that exists.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':');
    if id.len() > 128 || !id.bytes().all(plain) {
        return None;
    }
    let (prefix, _) = id.split_once('-')?;
    let (name, page) = match prefix {
        "CVE" => ("NVD", "https://nvd.nist.gov/vuln/detail/"),
        "GHSA" => ("GitHub Advisories", "https://github.com/advisories/"),
        "RUSTSEC" => ("RustSec", "https://rustsec.org/advisories/"),
        "PYSEC" => ("PyPI Advisory Database", "https://osv.dev/vulnerability/"),
        "OSV" | "MAL" => ("OSV", "https://osv.dev/vulnerability/"),
        _ => return None,
    };
    Some(Publisher { name, page: format!("{page}{id}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_bend_a_link_has_no_page() {
        assert_eq!(of("CVE-2024-1").unwrap().page, "https://nvd.nist.gov/vuln/detail/CVE-2024-1");
        for id in ["CVE-2024-1/../x", "CVE-2024 1", "CVE-1?x", "CVE-1#x", "CVE-1)", "ACME-1", "CVE", ""] {
            assert_eq!(of(id), None, "{id}");
        }
    }
}

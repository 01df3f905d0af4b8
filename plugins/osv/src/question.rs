//! What the database is asked about a component.

use chiron_sdk::scan::Component;

/// Qualifiers that a component may carry as properties instead, because the purl is an SBOM's and published as it stood.
const FOLDED: [(&str, &str); 2] = [("distro", "chiron:distro"), ("upstream", "chiron:upstream")];

/// The purl to look up; None for a component that is not to be looked up: one without a purl, which the host reports as such.
pub(crate) fn question(component: &Component) -> Option<String> {
    let purl = component.purl.as_deref()?;
    let mut asked = purl.to_owned();
    for (qualifier, key) in FOLDED {
        let value = component.properties.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
        if let Some(value) = value.filter(|value| is_of_distribution(purl) && !value.is_empty()) {
            asked = with_qualifier(&asked, qualifier, value);
        }
    }
    Some(asked)
}

fn is_of_distribution(purl: &str) -> bool {
    ["pkg:deb/", "pkg:rpm/", "pkg:apk/"].iter().any(|kind| purl.starts_with(kind))
}

/// The purl with a qualifier (purl specification, "qualifiers"), unless it has it already.
fn with_qualifier(purl: &str, name: &str, value: &str) -> String {
    let (body, subpath) = match purl.split_once('#') {
        Some((body, subpath)) => (body, format!("#{subpath}")),
        None => (purl, String::new()),
    };
    let known = body.split_once('?').map_or("", |(_, qualifiers)| qualifiers);
    if known.split('&').any(|pair| pair.split('=').next() == Some(name)) {
        return purl.to_owned();
    }
    let join = if known.is_empty() { body.trim_end_matches('?').to_owned() + "?" } else { format!("{body}&") };
    format!("{join}{name}={}{subpath}", encoded(value))
}

fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                encoded.push(char::from(byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;

    use super::*;

    fn asked(purl: &str, properties: &[(&str, &str)]) -> Option<String> {
        let mut component = fake::component("a", "1");
        component.purl = Some(purl.to_owned());
        component.properties = properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        question(&component)
    }

    #[test]
    fn properties_stand_in_for_qualifiers_that_are_missing() {
        let both = [("chiron:distro", "debian-12"), ("chiron:upstream", "util-linux@2.38.1-5+x")];
        for (purl, properties, expected) in [
            ("pkg:deb/debian/a@1", &both[..], "pkg:deb/debian/a@1?distro=debian-12&upstream=util-linux%402.38.1-5%2Bx"),
            ("pkg:deb/debian/a@1?arch=amd64#x", &both[..1], "pkg:deb/debian/a@1?arch=amd64&distro=debian-12#x"),
            ("pkg:deb/debian/a@1?distro=debian-11", &both[..1], "pkg:deb/debian/a@1?distro=debian-11"),
            ("pkg:pypi/a@1", &both[..], "pkg:pypi/a@1"),
            ("pkg:deb/debian/a@1", &[("chiron:distro", "")][..], "pkg:deb/debian/a@1"),
        ] {
            assert_eq!(asked(purl, properties).as_deref(), Some(expected));
        }
    }
}

//! What a producer says about a system package beside its purl: which source package it was built from, and for which
//! distribution. Advisories of distributions are about source packages, so without this nothing is found.

use chiron_sdk::sbom::Component;

use super::parts::Part;
use crate::text::one_line;

/// The source package, `name` or `name@version`.
pub(crate) const UPSTREAM: &str = "chiron:upstream";

/// The distribution, such as `debian-12`.
pub(crate) const DISTRO: &str = "chiron:distro";

/// Types of purls whose packages belong to a distribution.
const SYSTEM: [&str; 4] = ["pkg:deb/", "pkg:rpm/", "pkg:apk/", "pkg:alpm/"];

/// Says of each system package what its purl leaves out.
pub(crate) fn derive(parts: &mut [Part]) {
    let distro = distro(parts);
    for component in parts.iter_mut().map(|part| &mut part.component) {
        let Some(purl) = component.purl.as_deref().filter(|purl| SYSTEM.iter().any(|kind| purl.starts_with(kind)))
        else {
            continue;
        };
        let lacks = |key: &str, qualifier: &str| !has_qualifier(purl, qualifier) && property(component, key).is_none();
        let upstream = if lacks(UPSTREAM, "upstream") { upstream(component) } else { None };
        let distro = distro.clone().filter(|_| lacks(DISTRO, "distro"));
        let found = [(UPSTREAM, upstream), (DISTRO, distro)];
        component.properties.extend(found.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
}

/// The distribution that the document is about, if it is one: of two, nobody could say which a package belongs to.
fn distro(parts: &[Part]) -> Option<String> {
    let systems = parts.iter().map(|part| &part.component).filter(|part| part.kind == "operating-system");
    let mut words = systems.filter_map(|system| {
        let id = property(system, "syft:distro:id").unwrap_or(&system.name);
        let version = property(system, "syft:distro:versionID").or(system.version.as_deref());
        let id = id.trim().to_ascii_lowercase();
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        plain.then(|| match version.map(str::trim).filter(|version| !version.is_empty()) {
            Some(version) => one_line(&format!("{id}-{version}"), 100),
            None => id,
        })
    });
    let first = words.next()?;
    words.all(|other| other == first).then_some(first)
}

fn upstream(component: &Component) -> Option<String> {
    let of = |key: &str| property(component, key).map(str::trim).filter(|value| !value.is_empty());
    if let Some(name) = of("aquasecurity:trivy:SrcName") {
        let release = of("aquasecurity:trivy:SrcRelease").map(|release| format!("-{release}")).unwrap_or_default();
        let epoch = of("aquasecurity:trivy:SrcEpoch").filter(|epoch| *epoch != "0");
        let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
        let version = of("aquasecurity:trivy:SrcVersion").map(|version| format!("{epoch}{version}{release}"));
        return Some(joined(name, version.as_deref()));
    }
    if let Some(rpm) = of("syft:metadata:sourceRpm") {
        return source_rpm(rpm);
    }
    let name = of("syft:metadata:source").or_else(|| of("syft:metadata:originPackage"))?;
    Some(joined(name, of("syft:metadata:sourceVersion")))
}

/// `name` or `name@version`.
pub(crate) fn joined(name: &str, version: Option<&str>) -> String {
    one_line(&version.map_or_else(|| name.to_owned(), |version| format!("{name}@{version}")), 300)
}

/// `openssl-3.0.7-24.el9.src.rpm` is `openssl@3.0.7-24.el9`.
fn source_rpm(file: &str) -> Option<String> {
    let stem = file.strip_suffix(".rpm")?;
    let (stem, _) = stem.rsplit_once('.')?;
    let (rest, release) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let complete = [name, version, release].iter().all(|part| !part.is_empty());
    complete.then(|| joined(name, Some(&format!("{version}-{release}"))))
}

fn has_qualifier(purl: &str, name: &str) -> bool {
    let qualifiers =
        purl.split('#').next().unwrap_or_default().split_once('?').map_or("", |(_, qualifiers)| qualifiers);
    qualifiers.split('&').any(|pair| pair.split_once('=').is_some_and(|(key, value)| key == name && !value.is_empty()))
}

fn property<'a>(component: &'a Component, key: &str) -> Option<&'a str> {
    component.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &str, name: &str, version: &str, purl: Option<&str>, properties: &[(&str, &str)]) -> Part {
        let mut component = Component::new("", kind, name);
        component.version = Some(version.to_owned());
        component.purl = purl.map(str::to_owned);
        component.properties = properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Part { bom_ref: None, parent: None, is_root: false, component }
    }

    fn derived(mut parts: Vec<Part>) -> Vec<(String, String)> {
        derive(&mut parts);
        let all = parts.pop().unwrap().component.properties;
        all.into_iter().filter(|(key, _)| key.starts_with("chiron:")).collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn trivys_properties_name_the_source_package_with_epoch_and_release() {
        let system = || part("operating-system", "debian", "12.5", None, &[]);
        let source = [
            ("aquasecurity:trivy:SrcName", "util-linux"),
            ("aquasecurity:trivy:SrcVersion", "2.38.1"),
            ("aquasecurity:trivy:SrcRelease", "5+b1"),
            ("aquasecurity:trivy:SrcEpoch", "1"),
        ];
        let package = part("library", "mount", "1", Some("pkg:deb/debian/mount@2.38.1-5%2Bb1?arch=amd64"), &source);
        let found = derived(vec![system(), package]);
        assert_eq!(found, [pair(UPSTREAM, "util-linux@1:2.38.1-5+b1"), pair(DISTRO, "debian-12.5")]);
        let said = "pkg:deb/debian/mount@1?distro=debian-12&upstream=util-linux";
        assert_eq!(derived(vec![system(), part("library", "mount", "1", Some(said), &source)]), []);
        assert_eq!(derived(vec![system(), part("library", "six", "1", Some("pkg:pypi/six@1"), &source)]), []);
    }

    #[test]
    fn syfts_properties_are_read_and_two_systems_are_none() {
        let system = |version| {
            part(
                "operating-system",
                "Alpine Linux",
                "v3",
                None,
                &[("syft:distro:id", "alpine"), ("syft:distro:versionID", version)],
            )
        };
        let package = || {
            let properties = [("syft:metadata:originPackage", "openssl")];
            part("library", "libssl3", "3", Some("pkg:apk/alpine/libssl3@3"), &properties)
        };
        let found = derived(vec![system("3.18.4"), system("3.18.4"), package()]);
        assert_eq!(found, [pair(UPSTREAM, "openssl"), pair(DISTRO, "alpine-3.18.4")]);
        assert_eq!(derived(vec![system("3.18.4"), system("3.19.0"), package()]), [pair(UPSTREAM, "openssl")]);
        let rpm = [("syft:metadata:sourceRpm", "openssl-3.0.7-24.el9.src.rpm")];
        let found = derived(vec![part("library", "openssl-libs", "3", Some("pkg:rpm/rhel/openssl-libs@3"), &rpm)]);
        assert_eq!(found, [pair(UPSTREAM, "openssl@3.0.7-24.el9")]);
    }

    #[test]
    fn a_name_of_a_source_archive_that_is_none_says_nothing() {
        for file in ["", "a.rpm", "a-1.src.rpm", "-1-2.src.rpm", "a-1-2"] {
            assert_eq!(source_rpm(file), None, "{file}");
        }
    }
}

//! `META-INF/MANIFEST.MF`: what an archive says about itself where no build tool left coordinates (JAR File Specification).

use super::coordinates::is_word;

/// Where it is.
pub(super) const PATH: &str = "META-INF/MANIFEST.MF";

/// Names of what is in an archive, best first. None of them is a group of Maven's, and none is taken for one.
const NAMES: [&str; 3] = ["Bundle-SymbolicName", "Automatic-Module-Name", "Implementation-Title"];

/// Versions of it, best first. `Specification-Version` is that of an interface, which many implementations share.
const VERSIONS: [&str; 2] = ["Implementation-Version", "Bundle-Version"];

/// What is known of an archive without coordinates.
#[derive(Debug, PartialEq)]
pub(super) struct Archive {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

/// By the file's name where it has a version in it, as build tools write it, and by the manifest.
pub(super) fn archive(file_name: &str, manifest: &str) -> Archive {
    let attributes = attributes(manifest);
    let first = |names: &[&str]| {
        let mut values =
            names.iter().filter_map(|name| attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        values.find_map(|(_, value)| {
            // OSGi writes directives behind a semicolon.
            let value = value.split(';').next().unwrap_or_default().trim();
            (!value.is_empty() && !value.contains("${")).then(|| value.to_owned())
        })
    };
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let (artifact, version) = split(stem);
    let version = first(&VERSIONS).filter(|version| is_word(version)).or_else(|| version.map(str::to_owned));
    let name = if artifact == stem { first(&NAMES).unwrap_or_else(|| stem.to_owned()) } else { artifact.to_owned() };
    Archive { name, version }
}

/// `commons-lang3-3.12.0` as name and version: the version begins at the last part between dashes that begins with a digit, or at
/// the first of several such parts in a row (`1.0-2`).
fn split(stem: &str) -> (&str, Option<&str>) {
    let starts_with_digit = |at: usize| stem[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let mut start = None;
    let mut is_in_row = false;
    for (at, _) in stem.match_indices('-').filter(|(at, _)| *at > 0) {
        let is_digit = starts_with_digit(at);
        if is_digit && !is_in_row {
            start = Some(at);
        }
        is_in_row = is_digit;
    }
    match start {
        Some(at) => (&stem[..at], Some(&stem[at + 1..]).filter(|version| is_word(version))),
        None => (stem, None),
    }
}

/// The attributes of the main section. A line that begins with a space continues the one before it.
fn attributes(manifest: &str) -> Vec<(&str, String)> {
    let mut attributes: Vec<(&str, String)> = Vec::new();
    for line in manifest.trim_start_matches('\u{feff}').lines() {
        if line.is_empty() {
            break;
        }
        match (line.strip_prefix(' '), attributes.last_mut()) {
            (Some(rest), Some((_, value))) => value.push_str(rest),
            (Some(_), None) => {}
            (None, _) => attributes.extend(line.split_once(": ").map(|(key, value)| (key, value.to_owned()))),
        }
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file_name: &str, manifest: &str) -> (String, Option<String>) {
        let archive = archive(file_name, manifest);
        (archive.name, archive.version)
    }

    fn pair(name: &str, version: Option<&str>) -> (String, Option<String>) {
        (name.to_owned(), version.map(str::to_owned))
    }

    #[test]
    fn a_name_with_a_version_in_it_is_believed_and_the_manifests_version_more() {
        assert_eq!(of("commons-lang3-3.12.0.jar", ""), pair("commons-lang3", Some("3.12.0")));
        assert_eq!(of("a-1.0.jar", "Implementation-Version: 1.0.2\n"), pair("a", Some("1.0.2")));
        assert_eq!(of("log4j-1.2-api-2.17.jar", ""), pair("log4j-1.2-api", Some("2.17")));
        assert_eq!(of("guava-31.1-jre.jar", ""), pair("guava", Some("31.1-jre")));
        assert_eq!(of("a-1.0-2.jar", ""), pair("a", Some("1.0-2")));
        assert_eq!(of("a-1.0.jar", "Implementation-Version: ${v}\n"), pair("a", Some("1.0")));
    }

    #[test]
    fn a_name_without_one_gives_way_to_the_manifest() {
        let manifest = "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.a.\r\n b;singleton:=true\r\nBundle-Version: 2.0.0\r\n\r\nName: x\r\nImplementation-Version: 9\r\n";
        assert_eq!(of("b.jar", manifest), pair("org.a.b", Some("2.0.0")));
        assert_eq!(of("b.jar", ""), pair("b", None));
        assert_eq!(of("b.jar", "Implementation-Title: B of A\n"), pair("B of A", None));
        assert_eq!(of("b.jar", " x\nno attribute\nSpecification-Version: 3\n"), pair("b", None));
    }
}

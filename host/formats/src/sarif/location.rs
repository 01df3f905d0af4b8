//! Places as SARIF and a repository know them.

use chiron_model::location::Location as Place;
use chiron_model::report::Report;

use super::ROOT;
use super::wire::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};

/// A place in a subject. A place inside a file (a member of a wheel) is the file, with the member as logical location:
/// a reader has the file, and a line of a member is not a line of the file.
pub(super) fn location(report: &Report, subject: &str, place: &Place) -> Location {
    let known = report.subjects.iter().find(|known| known.name == subject);
    let inside = place.path != "." && known.is_some_and(|known| known.is_file());
    let line = place.line.filter(|line| *line > 0);
    let path = if inside { "." } else { place.path.as_str() };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: artifact(subject, path),
            region: line.filter(|_| !inside).map(|start_line| Region { start_line }),
        },
        logical_locations: if inside || place.layer.is_some() { vec![member(subject, place)] } else { Vec::new() },
    }
}

/// A file or folder, relative to the folder that names of subjects are relative to.
pub(super) fn artifact(subject: &str, path: &str) -> ArtifactLocation {
    let subject = subject.strip_prefix("./").unwrap_or(subject);
    let whole = match (subject, path) {
        (subject, ".") => subject.to_owned(),
        ("." | "", path) => path.to_owned(),
        (subject, path) => format!("{}/{path}", subject.trim_end_matches('/')),
    };
    if whole.starts_with('/') {
        return ArtifactLocation {
            uri: Some(format!("file://{}", encoded(&whole))),
            uri_base_id: None,
            description: None,
        };
    }
    ArtifactLocation { uri: Some(encoded(&whole)), uri_base_id: Some(ROOT), description: None }
}

fn member(subject: &str, place: &Place) -> LogicalLocation {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    let layer = place.layer.as_ref().map(|layer| format!("@{layer}")).unwrap_or_default();
    LogicalLocation { fully_qualified_name: format!("{subject}{layer}!/{}{line}", place.path), kind: "member" }
}

/// Percent-encodes everything but slashes and what RFC 3986 calls unreserved: no path is taken for a scheme, a query or a
/// host.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    // `//host/share` would name a host.
    let mut previous = None;
    for byte in path.bytes() {
        match byte {
            b'/' if previous == Some(b'/') => {}
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
        previous = Some(byte);
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(subject: &str, path: &str) -> String {
        artifact(subject, path).uri.unwrap()
    }

    #[test]
    fn a_path_is_a_uri_and_nothing_else() {
        assert_eq!(uri("./app", "sub/poetry.lock"), "app/sub/poetry.lock");
        assert_eq!(uri(".", "uv.lock"), "uv.lock");
        assert_eq!(uri("requirements.txt", "."), "requirements.txt");
        assert_eq!(uri("javascript:alert(1)", "."), "javascript%3Aalert%281%29");
        assert_eq!(uri("a b?c#d", "é"), "a%20b%3Fc%23d/%C3%A9");
        assert_eq!(uri("//host/x", "."), "file:///host/x");
        assert_eq!(artifact("/srv/x", ".").uri_base_id, None);
    }
}

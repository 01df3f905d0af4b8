//! Places as SARIF and a repository know them.

use chiron_model::location::Location as Place;

use super::ROOT;
use super::wire::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};
use crate::disk::Disk;

/// A place in a subject. A place inside a file (a member of a wheel) is the file, with the member as logical location.
pub(super) fn location(disk: &Disk<'_>, subject: &str, place: &Place) -> Location {
    let found = disk.find(subject, place);
    let member = |name: String| LogicalLocation { fully_qualified_name: name, kind: "member" };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: artifact(&found.path),
            region: found.line.map(|start_line| Region { start_line }),
        },
        logical_locations: found.member.map(member).into_iter().collect(),
    }
}

/// A file or folder, relative to the folder that names of subjects are relative to.
pub(super) fn artifact(path: &str) -> ArtifactLocation {
    if path.starts_with('/') {
        return ArtifactLocation {
            uri: Some(format!("file://{}", encoded(path))),
            uri_base_id: None,
            description: None,
        };
    }
    ArtifactLocation { uri: Some(encoded(path)), uri_base_id: Some(ROOT), description: None }
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

    #[test]
    fn a_path_is_a_uri_and_nothing_else() {
        let uri = |path: &str| artifact(path).uri.unwrap();
        assert_eq!(uri("app/sub/poetry.lock"), "app/sub/poetry.lock");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(uri("a b?c#d/é"), "a%20b%3Fc%23d/%C3%A9");
        assert_eq!(uri("//host/x"), "file:///host/x");
        assert_eq!(artifact("/srv/x").uri_base_id, None);
    }
}

//! Which system this is (freedesktop.org, os-release(5)).

use chiron_sdk::content;
use chiron_sdk::sbom::Component;
use chiron_sdk::{Location, PluginError};

use super::root::Root;
use crate::text::{self, one_line};

/// In this order, as the specification says.
const PATHS: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// Largest file. Real ones have less than a kilobyte.
const BYTES_MAX: u64 = 64 * 1024;

/// A system and its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Release {
    /// `debian`, `alpine`: lower case.
    pub(super) id: String,
    /// `12`, `3.18.4`; for a release that has no number yet its code name.
    version: Option<String>,
    pretty: Option<String>,
}

/// The file, and what it says or why it says nothing.
pub(super) struct File {
    pub(super) path: String,
    pub(super) release: Result<Release, String>,
}

/// Looks for the release. None where no file names one.
pub(super) fn find(root: &Root<'_>) -> Option<File> {
    for path in PATHS.iter().filter_map(|path| root.resolve(path)) {
        let Ok(blob) = root.open(&path) else { continue };
        let release = text::whole(blob.as_ref(), BYTES_MAX)
            .map_err(|error: PluginError| content::reason(&error))
            .and_then(|text| Release::parse(&text));
        return Some(File { path, release });
    }
    None
}

impl Release {
    fn parse(text: &str) -> Result<Self, String> {
        let value = |key: &str| {
            let mut assigned = text.lines().filter_map(|line| line.trim().split_once('='));
            // Shell: the last assignment counts.
            let value = assigned.rfind(|(name, _)| *name == key).map(|(_, value)| unquoted(value))?;
            (!value.is_empty()).then_some(value)
        };
        let id = value("ID").ok_or("it has no ID")?;
        if !is_word(&id) {
            return Err(format!("its ID is `{}`", one_line(&id, 60)));
        }
        let version = value("VERSION_ID").or_else(|| value("VERSION_CODENAME"));
        if let Some(version) = version.as_deref().filter(|version| !is_word(version)) {
            return Err(format!("its version is `{}`", one_line(version, 60)));
        }
        Ok(Self { id: id.to_ascii_lowercase(), version, pretty: value("PRETTY_NAME") })
    }

    /// The qualifier `distro` of its packages.
    pub(super) fn distro(&self) -> String {
        self.version.as_ref().map_or_else(|| self.id.clone(), |version| format!("{}-{version}", self.id))
    }

    /// The system itself.
    pub(super) fn component(&self, path: &str) -> Component {
        let mut component = Component::new(&self.distro(), "operating-system", &self.id);
        component.version.clone_from(&self.version);
        component.locations = vec![Location { path: path.to_owned(), line: None, layer: None }];
        if let Some(pretty) = &self.pretty {
            component.properties.push(("chiron:summary".to_owned(), one_line(pretty, 200)));
        }
        component
    }
}

/// What the specification allows in an id and in a version, and capitals, which some write.
fn is_word(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'~'))
}

/// A value as a shell reads it, as far as these files go: quotes around it, backslashes in it.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let mut escaped = false;
    inner
        .unwrap_or(value)
        .chars()
        .filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_as_a_shell_would() {
        let distro = |text: &str| Release::parse(text).map(|release| release.distro());
        assert_eq!(distro("ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n").as_deref(), Ok("debian-12"));
        assert_eq!(
            distro("PRETTY_NAME='Debian forky/sid'\nID=debian\nVERSION_CODENAME=forky").as_deref(),
            Ok("debian-forky")
        );
        assert_eq!(distro("# ID=x\nID=Alpine\nVERSION_ID=3.18.4\n").as_deref(), Ok("alpine-3.18.4"));
        assert_eq!(distro("ID=arch\n").as_deref(), Ok("arch"));
        assert_eq!(distro("NAME=x\n").unwrap_err(), "it has no ID");
        assert_eq!(distro("ID=\"a b\"\n").unwrap_err(), "its ID is `a b`");
        assert_eq!(distro("ID=a\nVERSION_ID='1/2'\n").unwrap_err(), "its version is `1/2`");
    }
}

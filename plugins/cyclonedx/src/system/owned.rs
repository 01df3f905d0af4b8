//! Which of a package's files somebody could take for a component of another ecosystem.

use crate::catalogers;

/// Archives and libraries that catalogers look into.
const EXTENSIONS: [&str; 8] = ["dll", "ear", "exe", "gem", "jar", "so", "war", "whl"];

/// Folders without programs, that make up most of a system.
const NO_PROGRAMS: [&str; 5] =
    ["usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/zoneinfo/", "usr/include/"];

/// Whether a component may be found at a path: it is read by name, or may be an archive, a library or a program. A system
/// has a hundred thousand files, and a list of all would be larger than everything else that is said about it.
pub(super) fn matters(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if NO_PROGRAMS.iter().any(|folder| path.starts_with(folder)) {
        return catalogers::find(path, "").is_some();
    }
    match name.rsplit_once('.') {
        // Programs have no extension, and shared libraries have a version after theirs.
        None => path.contains('/'),
        Some((_, extension)) => {
            EXTENSIONS.contains(&extension) || name.contains(".so.") || catalogers::find(path, "").is_some()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_archives_libraries_and_programs_matter() {
        for path in [
            "usr/lib/python3/dist-packages/six-1.16.0.egg-info",
            "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA",
            "usr/share/java/a.jar",
            "usr/bin/docker",
            "usr/lib/x86_64-linux-gnu/libssl.so.3",
        ] {
            assert!(matters(path), "{path}");
        }
        for path in ["usr/share/doc/six/copyright", "usr/lib/python3/dist-packages/six.py", "etc/x.conf", "usr"] {
            assert!(!matters(path), "{path}");
        }
    }
}

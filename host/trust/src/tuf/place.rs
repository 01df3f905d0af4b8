//! Where stores are: a folder of this user's.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::store::STORE_BYTES_MAX;
use super::{RepositoryName, Store, TufError};
use crate::file::{self, others_may_write};

/// `$CHIRON_TRUST`, else `$XDG_DATA_HOME/chiron/trust`, else `~/.local/share/chiron/trust` (XDG Base Directory Specification: a relative
/// `$XDG_DATA_HOME` is ignored). None where not even a home is known.
#[must_use]
pub fn default_dir() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let given = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = given("CHIRON_TRUST") {
        return Some(dir);
    }
    let data = given("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(given("HOME")?.join(".local/share")))?;
    Some(data.join("chiron/trust"))
}

/// The store of a repository, whether or not it is there.
#[must_use]
pub fn path(folder: &Path, name: &RepositoryName) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// Reads the store of a repository. Verifies nothing of it but that nobody else can have written it.
///
/// # Errors
/// [`TufError::NoStore`], [`TufError::Unreadable`], [`TufError::Writable`], [`TufError::Store`].
pub fn read(folder: &Path, name: &RepositoryName) -> Result<Store, TufError> {
    let path = path(folder, name);
    let unreadable = |error: io::Error| match error.kind() == io::ErrorKind::NotFound {
        true => TufError::NoStore { name: name.clone(), path: path.clone() },
        false => TufError::Unreadable { path: path.clone(), reason: error.to_string() },
    };
    // Who may write the folder may put another file there, also where there is none yet.
    if others_may_write(&fs::metadata(folder).map_err(unreadable)?) {
        return Err(TufError::Writable { path: folder.to_owned() });
    }
    let (file, facts) = file::open(&path).map_err(unreadable)?;
    if others_may_write(&facts) {
        return Err(TufError::Writable { path });
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(STORE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    Store::parse(&bytes)
}

/// The repositories that have a store, by name.
///
/// # Errors
/// [`TufError::Unreadable`], where the folder is there and cannot be listed.
pub fn names(folder: &Path) -> Result<Vec<RepositoryName>, TufError> {
    let unreadable = |error: io::Error| TufError::Unreadable { path: folder.to_owned(), reason: error.to_string() };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".json"));
        names.extend(name.and_then(|name| RepositoryName::parse(name).ok()));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_nearest_setting_wins() {
        let chosen = |variables: &[(&str, &str)]| {
            let variable =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
            choose(variable).map(|path| path.display().to_string())
        };
        let all = [("CHIRON_TRUST", "t"), ("XDG_DATA_HOME", "/data"), ("HOME", "/home/u")];
        assert_eq!(chosen(&all).as_deref(), Some("t"));
        assert_eq!(chosen(&all[1..]).as_deref(), Some("/data/chiron/trust"));
        assert_eq!(chosen(&all[2..]).as_deref(), Some("/home/u/.local/share/chiron/trust"));
        assert_eq!(chosen(&[("XDG_DATA_HOME", "data")]), None);
    }

    #[test]
    fn a_store_that_others_may_write_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let name = RepositoryName::parse("acme").unwrap();
        assert!(matches!(read(home.path(), &name), Err(TufError::NoStore { .. })));
        assert!(matches!(read(&home.path().join("none"), &name), Err(TufError::NoStore { .. })));
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(home.path(), 0o775);
        assert!(matches!(read(home.path(), &name), Err(TufError::Writable { .. })));
        mode(home.path(), 0o755);
        let file = path(home.path(), &name);
        fs::write(&file, "{}").unwrap();
        fs::write(home.path().join(".acme.lock"), "").unwrap();
        assert_eq!(names(home.path()).unwrap(), std::slice::from_ref(&name));
        mode(&file, 0o644);
        assert!(matches!(read(home.path(), &name), Err(TufError::Store { .. })));
        mode(&file, 0o666);
        assert!(matches!(read(home.path(), &name), Err(TufError::Writable { .. })));
        mode(&file, 0o644);
        mode(home.path(), 0o777);
        assert!(matches!(read(home.path(), &name), Err(TufError::Writable { .. })));
        assert_eq!(names(&home.path().join("none")).unwrap(), []);
    }

    #[test]
    fn nobody_waits_for_a_store() {
        let home = tempfile::tempdir().unwrap();
        let name = RepositoryName::parse("acme").unwrap();
        fs::rename(crate::sample::fifo(home.path()), path(home.path(), &name)).unwrap();
        assert!(matches!(read(home.path(), &name), Err(TufError::Unreadable { .. })));
    }
}

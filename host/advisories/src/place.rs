//! Where the database lies when nobody says otherwise.

use std::ffi::OsString;
use std::path::PathBuf;

/// `$CHIRON_DB`, else `$XDG_DATA_HOME/chiron/db`, else `~/.local/share/chiron/db` (XDG Base Directory Specification:
/// a relative `$XDG_DATA_HOME` is ignored). None where not even a home is known.
#[must_use]
pub fn default_dir() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let given = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = given("CHIRON_DB") {
        return Some(dir);
    }
    let data = given("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(given("HOME")?.join(".local/share")))?;
    Some(data.join("chiron/db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        Some(choose(variable)?.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_nearest_setting_wins() {
        let all = [("CHIRON_DB", "db"), ("XDG_DATA_HOME", "/data"), ("HOME", "/home/u")];
        assert_eq!(chosen(&all).as_deref(), Some("db"));
        assert_eq!(chosen(&all[1..]).as_deref(), Some("/data/chiron/db"));
        assert_eq!(chosen(&all[2..]).as_deref(), Some("/home/u/.local/share/chiron/db"));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn empty_and_relative_settings_do_not_count() {
        let variables = [("CHIRON_DB", ""), ("XDG_DATA_HOME", "data"), ("HOME", "/h")];
        assert_eq!(chosen(&variables).as_deref(), Some("/h/.local/share/chiron/db"));
    }
}

//! Templates on disk: the one that is named, and those beside it.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use chiron_formats::Template;

/// Largest template, in bytes.
const TEMPLATE_BYTES_MAX: u64 = 1024 * 1024;

/// Reads the template at a path. What it includes lies in its folder.
///
/// # Errors
/// In words, when it is not there or is no template.
pub(crate) fn load(path: &Path) -> Result<Template, String> {
    let shown = path.display();
    let whole = path.canonicalize().map_err(|error| format!("failed to read the template {shown}: {error}"))?;
    let (Some(folder), Some(name)) = (whole.parent().map(Path::to_path_buf), path.file_name()) else {
        return Err(format!("{shown} is no file"));
    };
    let name = name.to_string_lossy().into_owned();
    let own = name.clone();
    // The named file may be a link: what it leads to is what was named. Those beside it may not lead out of the folder.
    let load = move |name: &str| if name == own { read(&whole).map(Some) } else { beside(&folder, name) };
    Template::new(&name, load).map_err(|error| format!("{shown} is no template: {error}"))
}

fn beside(folder: &Path, name: &str) -> Result<Option<String>, String> {
    let outside = || format!("`{name}` lies outside of the template's folder");
    if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let path: PathBuf = match folder.join(name).canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("failed to read `{name}`: {error}")),
    };
    if !path.starts_with(folder) {
        return Err(outside());
    }
    read(&path).map(Some)
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err("it is no file".to_owned());
    }
    let read = file.take(TEMPLATE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if read as u64 > TEMPLATE_BYTES_MAX {
        return Err(format!("it is larger than {TEMPLATE_BYTES_MAX} bytes"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_is_read_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("templates");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(home.path().join("secret"), "s").unwrap();
        std::fs::write(folder.join("part"), "p").unwrap();
        std::os::unix::fs::symlink(home.path().join("secret"), folder.join("link")).unwrap();
        let folder = folder.canonicalize().unwrap();
        assert_eq!(beside(&folder, "part"), Ok(Some("p".to_owned())));
        assert_eq!(beside(&folder, "none"), Ok(None));
        for name in ["../secret", "/etc/hostname", "./part", "link", "a/../part"] {
            assert!(beside(&folder, name).unwrap_err().contains("outside"), "{name}");
        }
    }

    #[test]
    fn a_template_that_is_not_there_is_told() {
        let home = tempfile::tempdir().unwrap();
        assert!(load(&home.path().join("x.j2")).unwrap_err().contains("failed to read the template"));
        std::fs::write(home.path().join("x.j2"), "\n{% if").unwrap();
        assert!(load(&home.path().join("x.j2")).unwrap_err().contains("x.j2:2: "));
        std::fs::write(home.path().join("x.j2"), vec![b'x'; 1024 * 1024 + 1]).unwrap();
        assert!(load(&home.path().join("x.j2")).unwrap_err().contains("larger than"));
    }
}

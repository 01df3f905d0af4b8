//! `-`: a subject from standard input.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use chiron_archive::Limits;
use chiron_pipeline::ExitCode as Code;
use chiron_tools::Scratch;

use super::house;
use crate::door;

/// What stands for standard input among paths.
const STDIN: &str = "-";

/// The paths, with a file in the place of `-`. The file is gone when this is dropped.
pub(super) struct Taken {
    pub(super) paths: Vec<PathBuf>,
    _folder: Option<Scratch>,
}

/// Reads standard input, where a path is `-`, into a file of this name.
///
/// # Errors
/// What to say, and the exit code.
pub(super) fn take(mut paths: Vec<PathBuf>, name: &str) -> Result<Taken, (String, Code)> {
    let places: Vec<_> = (0..paths.len()).filter(|&at| paths[at] == Path::new(STDIN)).collect();
    match places[..] {
        [] => Ok(Taken { paths, _folder: None }),
        [place] => {
            let folder = scratch()?;
            let path = folder.path().join(name);
            fill(&path)?;
            paths[place] = path;
            Ok(Taken { paths, _folder: Some(folder) })
        }
        [..] => Err(("standard input can be read once: name `-` once".to_owned(), Code::Usage)),
    }
}

fn scratch() -> Result<Scratch, (String, Code)> {
    let place = house::scratch();
    // What cannot be swept now is swept another time.
    let _ = Scratch::sweep(&place);
    Scratch::new(&place)
        .map_err(|error| (format!("failed to make a scratch folder in {}: {error}", place.display()), Code::Io))
}

fn fill(path: &Path) -> Result<(), (String, Code)> {
    let failed = |error: std::io::Error| (format!("failed to read standard input: {error}"), Code::Io);
    if std::io::stdin().is_terminal() {
        door::say("reading standard input; Ctrl-D ends it");
    }
    let most = Limits::default().total_bytes_max;
    let mut file = File::create_new(path).map_err(failed)?;
    let bytes = std::io::copy(&mut std::io::stdin().lock().take(most + 1), &mut file).map_err(failed)?;
    match bytes {
        0 => Err(("standard input is empty".to_owned(), Code::Io)),
        bytes if bytes > most => Err((format!("standard input is larger than {} MiB", most >> 20), Code::Io)),
        _ => Ok(()),
    }
}

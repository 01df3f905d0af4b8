//! The file of metrics: what this run counted is added to what earlier runs did, under a lock, and the file is replaced as a whole.

use std::fs::{File, Permissions, TryLockError};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chiron_archive::write_atomically;
use chiron_telemetry::{Metrics, exposition};

/// How often a file that another run writes is tried, and how long is waited between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// Adds to the file.
pub(super) fn add(path: &Path, metrics: &Metrics, pipeline: &str) -> Result<(), String> {
    let _held = lock(path)?;
    let earlier = match read(path)? {
        None => Metrics::default(),
        Some(text) => exposition::read(&text)
            .map_err(|error| format!("{} is not a file that chiron wrote ({error}): remove it", path.display()))?,
    };
    let joined = metrics.after(&earlier, if pipeline.is_empty() { "unknown" } else { pipeline });
    write_atomically(path, exposition::write(&joined).as_bytes()).map_err(|error| error.to_string())?;
    // The node exporter is another user, whatever this one's umask.
    if path.is_file() {
        std::fs::set_permissions(path, Permissions::from_mode(0o644)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Two runs at once must not lose the counts of one.
fn lock(path: &Path) -> Result<Option<File>, String> {
    let Some(name) = path.file_name().filter(|_| !path.exists() || path.is_file()) else { return Ok(None) };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".lock");
    let place: PathBuf = path.with_file_name(hidden);
    let failed = |error: std::io::Error| format!("failed to lock {}: {error}", place.display());
    let file = File::options().create(true).append(true).open(&place).map_err(failed)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(format!("another run has held {} for {} ms", place.display(), TRIES * 10))
}

fn read(path: &Path) -> Result<Option<String>, String> {
    let failed = |error: std::io::Error| format!("failed to read {}: {error}", path.display());
    if !path.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(exposition::FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > exposition::FILE_BYTES_MAX {
        return Err(format!("{} is longer than {} bytes", path.display(), exposition::FILE_BYTES_MAX));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use chiron_telemetry::{Metric, Value};

    use super::*;

    fn run() -> Metrics {
        let mut metrics = Metrics::default();
        metrics.add(Metric::Build, &["release", "passed"], 1.0);
        metrics
    }

    #[test]
    fn runs_side_by_side_lose_no_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chiron.prom");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5).for_each(|_| add(&path, &run(), "release").unwrap()));
            }
        });
        let read = exposition::read(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(read.get(Metric::Build, &["release", "passed"]), Some(&Value::Counter(20.0)));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.prom");
        std::fs::write(&path, "node_load1 3\n").unwrap();
        assert!(add(&path, &run(), "release").unwrap_err().contains("is not a file that chiron wrote"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "node_load1 3\n");
    }
}

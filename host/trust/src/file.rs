//! Files that are believed: whose they are, and how much of them is read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Opens a file. What is none is not opened at all: a FIFO would wait for somebody to write, and a device may do anything.
///
/// # Errors
/// From the system; what is no file is [`io::ErrorKind::InvalidInput`].
pub(crate) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    refuse_other(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // What was opened may be another than what was looked at.
    let facts = file.metadata()?;
    refuse_other(&facts)?;
    Ok((file, facts))
}

/// Reads a file of at most `limit` bytes; None where it has more, whatever its length is said to be.
///
/// # Errors
/// From the system, and what is no file.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Whether other users may write a file, or into a folder. Root's may be read by everybody: a machine's owner may fill them for all.
pub(crate) fn others_may_write(facts: &Metadata) -> bool {
    facts.mode() & 0o022 != 0 || is_of_another(facts)
}

/// Whether other users may put another folder in the place of one below. In a folder with the sticky bit they may add to what is there,
/// and neither rename nor remove what is not theirs.
pub(crate) fn others_may_replace_in(facts: &Metadata) -> bool {
    const STICKY: u32 = 0o1000;
    (facts.mode() & 0o022 != 0 && facts.mode() & STICKY == 0) || is_of_another(facts)
}

fn is_of_another(facts: &Metadata) -> bool {
    facts.uid() != rustix::process::geteuid().as_raw() && facts.uid() != 0
}

fn refuse_other(facts: &Metadata) -> io::Result<()> {
    if facts.is_file() { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, [0; 10]).unwrap();
        assert_eq!(read(&path, 10).unwrap().unwrap().len(), 10);
        assert_eq!(read(&path, 9).unwrap(), None);
        // Its length is said to be 0.
        assert_eq!(read(Path::new("/proc/self/status"), 9).unwrap(), None);
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = crate::sample::fifo(folder.path());
        for path in [folder.path(), Path::new("/dev/zero"), &pipe] {
            assert_eq!(read(path, 9).unwrap_err().to_string(), "it is no file", "{}", path.display());
        }
    }
}

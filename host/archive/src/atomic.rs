//! Writing a file so that a reader sees the old one or the new one, never half of it.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rayon::prelude::*;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Writes `bytes` to `path`: a temporary file in the same directory, fsync, rename over `path`, fsync of the directory.
///
/// What was there is replaced, a symlink too (its target is left alone). The mode is 0666 less the umask, as for any
/// file that a program creates. A device, a FIFO, a socket, and a link in `/dev` or `/proc` (`/dev/stdout`) is written to
/// and stays what it is: whoever names one wants the bytes there, and as root a rename would take its place.
///
/// # Errors
/// [`Error::Write`] when any of it fails; `path` is then as it was, and the temporary file is removed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes).map_err(|source| Error::Write { name: path.display().to_string(), source })
}

/// Files that are made durable at a time. That waits for the disk and not for a core, and a file system commits together what waits
/// together: 300 small files take half as long as on two threads.
const WRITERS: usize = 8;

/// The same for several files: all of them are on disk, under temporary names, before the first takes its place, and each folder
/// is made durable once.
///
/// # Errors
/// [`Error::Write`] for the first that fails. Until all are on disk nothing is put in its place; after that each file is whole or
/// as it was.
pub fn write_all_atomically<'a>(files: impl IntoIterator<Item = (&'a Path, &'a [u8])>) -> Result<(), Error> {
    let failed = |path: &Path| {
        let name = path.display().to_string();
        move |source| Error::Write { name, source }
    };
    let files: Vec<_> = files.into_iter().collect();
    let (plain, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| !is_no_file(path));
    let hold = |(path, bytes): (&'a Path, &[u8])| {
        let mut file = beside(path).map_err(failed(path))?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed(path))?;
        Ok((path, file))
    };
    let writers = plain.len().clamp(1, WRITERS);
    let all = || plain.into_par_iter().map(hold).collect::<Result<Vec<_>, Error>>();
    let held = match rayon::ThreadPoolBuilder::new().num_threads(writers).build() {
        Ok(writers) => writers.install(all),
        // No more threads are to be had: then on those that there are.
        Err(_) => all(),
    }?;
    let folders: BTreeSet<_> = held.iter().map(|(path, _)| folder(path)).collect();
    for (path, file) in held {
        file.persist(path).map_err(|error| failed(path)(error.error))?;
    }
    for folder in folders {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))?;
    }
    others.into_iter().try_for_each(|(path, bytes)| write_atomically(path, bytes))
}

/// The same for what is written piece by piece, and may be larger than memory. What is no file (see above) is refused: it
/// could not be kept whole.
///
/// # Errors
/// Whatever `write` gives; [`Error::Write`]. `path` is then as it was.
pub(crate) fn pour_atomically(path: &Path, write: impl FnOnce(&mut File) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |source| Error::Write { name: path.display().to_string(), source };
    if is_no_file(path) {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")));
    }
    let mut file = beside(path).map_err(failed)?;
    write(file.as_file_mut())?;
    keep(file, path).map_err(failed)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_no_file(path) {
        return File::options().append(true).open(path)?.write_all(bytes);
    }
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    keep(file, path)
}

/// A temporary file in the folder of `path`.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".chiron-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder(path))
}

/// Puts it in the place of `path`.
fn keep(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    // The rename itself is only durable once the directory is.
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn is_no_file(path: &Path) -> bool {
    // `/dev/stdout` may lead to a file; a file in `/dev/shm` is one.
    let leads_to_what_is_open = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) && path.is_symlink();
    std::fs::metadata(path).is_ok_and(|found| leads_to_what_is_open || !(found.is_file() || found.is_dir()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_atomically(&path, b"old and longer").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn several_files_are_all_there_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "absent/c"].map(|name| folder.path().join(name));
        write_all_atomically([(&*a, b"1".as_slice()), (&*b, b"2")]).unwrap();
        assert_eq!((std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap()), (b"1".to_vec(), b"2".to_vec()));
        let error = write_all_atomically([(&*a, b"3".as_slice()), (&*c, b"4")]).unwrap_err();
        assert!(error.to_string().contains("absent/c"), "{error}");
        assert_eq!(std::fs::read(&a).unwrap(), b"1");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_fifo_is_written_to_and_stays_one() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || std::fs::read(path).unwrap()
        });
        write_atomically(&path, b"report").unwrap();
        assert_eq!(reader.join().unwrap(), b"report");
        assert!(std::fs::metadata(&path).unwrap().file_type().is_fifo());
        assert!(is_no_file(Path::new("/dev/null")) && !is_no_file(folder.path()));
    }

    #[test]
    fn does_not_write_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, link) = (folder.path().join("kept"), folder.path().join("link"));
        std::fs::write(&kept, b"kept").unwrap();
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert_eq!(std::fs::read(&kept).unwrap(), b"kept");
    }

    #[test]
    fn names_the_file_it_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomically(&folder.path().join("no/such/x"), b"").unwrap_err();
        assert!(matches!(error, Error::Write { .. }));
        assert!(error.to_string().contains("no/such/x"));
    }
}

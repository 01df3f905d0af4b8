//! A folder that is a subject, with what its author wrote about it.

use std::fs;

use chiron_archive::{Limits, Litter, Walk, snapshot_of};

/// A folder whose git has this index. What the index cannot say is ignored, never the files: what nothing leaves out is there.
pub(super) fn git_index(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at(".git")).unwrap();
    fs::create_dir_all(at("target/sub")).unwrap();
    fs::write(at(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(at(".git/index"), bytes).unwrap();
    fs::write(at(".gitignore"), "/target\n*.log\n").unwrap();
    for path in ["kept.txt", "left.log", "target/out", "target/sub/deep"] {
        fs::write(at(path), path).unwrap();
    }
    let walk = Walk::new(&[], Litter::LeftOut).unwrap();
    let snapshot = snapshot_of(folder.path(), &Limits::default(), &walk).unwrap();
    assert!(snapshot.files.iter().any(|file| file.path == "kept.txt"), "a file that nobody ignored");
}

//! Subjects: archives of strangers.

use chiron_archive::{Blob, EntryKind, Limits, Tree};

/// Small, so that a bomb is refused by a limit and not by the fuzzer's patience.
fn limits() -> Limits {
    Limits {
        entries_max: 200,
        entry_bytes_max: 1 << 20,
        total_bytes_max: 4 << 20,
        names_bytes_max: 64 << 10,
        memory_bytes_max: 1 << 20,
        ..Limits::default()
    }
}

pub(super) fn archive(bytes: &[u8], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let blob = Blob::open(&path, &limits()).unwrap();
    let _ = blob.media_type();
    if let Ok(tree) = blob.open_tree() {
        walk(&tree, 0);
    }
}

fn walk(tree: &Tree, depth: u32) {
    let mut cursor = None;
    let mut total = 0;
    loop {
        let Ok((entries, next)) = tree.entries("**", cursor.as_deref(), 50) else { return };
        for entry in entries {
            let safe = !entry.path.starts_with('/') && entry.path.split('/').all(|part| part != "..");
            assert!(safe, "a path that leads out: {}", entry.path);
            if entry.kind == EntryKind::Symlink {
                let _ = tree.read_link(&entry.path);
            }
            let Ok(blob) = tree.open(&entry.path) else { continue };
            if let Ok(read) = blob.read_all(limits().entry_bytes_max) {
                assert_eq!(read.len() as u64, blob.size());
                total += blob.size();
            }
            if depth < limits().depth_max
                && let Ok(inner) = blob.open_tree()
            {
                walk(&inner, depth + 1);
            }
        }
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert!(total <= limits().total_bytes_max, "{total} bytes in one archive");
}

//! Directories on disk: what is hashed, and that nothing leads out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use chiron_archive::{EntryKind, Error, Limits, Snapshot, Source, snapshot};
use chiron_model::digest::Digest;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn take(path: &Path) -> Snapshot {
    snapshot(path, &Limits::default()).unwrap()
}

#[test]
fn the_digest_is_of_the_documented_lines() {
    let folder = folder(&[("b/c.txt", b"c"), ("a-b", b"x"), ("a/z", b"z")]);
    symlink("b/c.txt", folder.path().join("l")).unwrap();
    let found = take(folder.path());
    let hash = |bytes: &[u8]| Digest::sha256_of(bytes).hex().to_owned();
    let lines = [
        "a\0directory\0-\n".to_owned(),
        format!("a-b\0file\0{}\n", hash(b"x")),
        format!("a/z\0file\0{}\n", hash(b"z")),
        "b\0directory\0-\n".to_owned(),
        format!("b/c.txt\0file\0{}\n", hash(b"c")),
        format!("l\0symlink\0{}\n", hash(b"b/c.txt")),
    ];
    let expected = hex::encode(Sha256::digest(lines.concat()));
    assert_eq!(found.digests[0].to_string(), format!("chironDirV1:{expected}"));
    assert_eq!(found.media_type, "inode/directory");
    let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a-b", "a/z", "b/c.txt"]);
    assert_eq!(found.links[0].target, "b/c.txt");
    assert_eq!(found.blob("b/c.txt").unwrap().read_all(9).unwrap(), b"c");
}

#[test]
fn the_same_content_elsewhere_has_the_same_digest() {
    let files: &[(&str, &[u8])] = &[("x/1", b"1"), ("x/2", b"2"), ("y", b"3")];
    let (one, two) = (folder(files), folder(files));
    assert_eq!(take(one.path()).digests, take(two.path()).digests);
    fs::create_dir(two.path().join("empty")).unwrap();
    assert_ne!(take(one.path()).digests, take(two.path()).digests);
    let link = one.path().with_extension("link");
    symlink(one.path(), &link).unwrap();
    let through = take(&link);
    fs::remove_file(&link).unwrap();
    assert_eq!(through.digests, take(one.path()).digests);
    assert_eq!(through.files.len(), 3);
}

#[test]
fn links_are_listed_and_never_followed() {
    let folder = folder(&[("real/x", b"x")]);
    let at = |name: &str| folder.path().join(name);
    symlink(".", at("loop")).unwrap();
    symlink("..", at("real/up")).unwrap();
    symlink("/etc/passwd", at("passwd")).unwrap();
    let found = take(folder.path());
    assert_eq!(found.files.len(), 1);
    assert_eq!(found.links.len(), 3);
    let Source::Directory(tree) = found.source().unwrap() else { panic!() };
    assert_eq!(tree.read_link("passwd").unwrap(), "/etc/passwd");
    let opened = |path: &str| tree.open(path).map(|_| ());
    assert!(matches!(opened("passwd"), Err(Error::WrongKind { found: EntryKind::Symlink, .. })));
    assert!(matches!(opened("loop/real/x"), Err(Error::NotFound { .. })));
    for path in ["../x", "/etc/passwd", "real/../real/x", "real//x", "real/\0x"] {
        assert!(matches!(opened(path), Err(Error::PathRefused { .. })), "{path}");
    }
}

#[test]
fn a_file_that_changed_is_refused() {
    let folder = folder(&[("a", b"before"), ("b", b"same"), ("d/x", b"x"), ("e", b"e")]);
    let at = |name: &str| folder.path().join(name);
    let found = take(folder.path());
    let open = found.blob("e").unwrap();
    fs::write(at("a"), b"after!").unwrap();
    // The same bytes in another file are another file.
    fs::write(at("b2"), b"same").unwrap();
    fs::rename(at("b2"), at("b")).unwrap();
    fs::remove_dir_all(at("d")).unwrap();
    symlink("/etc", at("d")).unwrap();
    for path in ["a", "b", "d/x"] {
        assert!(matches!(found.blob(path), Err(Error::Changed { .. })), "{path}");
    }
    fs::write(at("e"), b"E").unwrap();
    assert!(matches!(open.read(0, 1), Err(Error::Changed { .. })));
    assert_eq!(open.digest("sha256").unwrap(), Digest::sha256_of(b"e"));
    assert!(matches!(open.digest("sha512"), Err(Error::Changed { .. })));
}

#[test]
fn a_single_file_that_changed_is_refused() {
    let folder = folder(&[("x.json", b"{\"bomFormat\":\"CycloneDX\"}")]);
    let path = folder.path().join("x.json");
    let found = take(&path);
    assert_eq!(found.media_type, "application/vnd.cyclonedx+json");
    assert_eq!(found.size, Some(25));
    let blob = found.blob(".").unwrap();
    assert_eq!((blob.name(), blob.media_type()), ("x.json", "application/vnd.cyclonedx+json"));
    assert_eq!(blob.digest("sha256").unwrap(), found.digests[0]);
    fs::write(&path, b"{\"bomFormat\":\"cyclonedx\"}").unwrap();
    assert!(matches!(found.source(), Err(Error::Changed { .. })));
}

#[test]
fn what_cannot_be_read_is_accounted_for() {
    let folder = folder(&[("fine", b"1")]);
    let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    fs::write(at(b"caf\xe9"), b"x").unwrap();
    fs::write(at(b"line\nbreak"), b"x").unwrap();
    let found = take(folder.path());
    let named: Vec<_> = found.unreadable.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(named, ["caf\u{fffd}", "line\u{fffd}break"]);
    assert_eq!(found.files.len(), 1);
}

#[test]
fn what_may_not_be_read_is_accounted_for() {
    let folder = folder(&[("fine", b"1"), ("secret", b"2")]);
    let secret = folder.path().join("secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        eprintln!("skipped: root reads everything");
        return;
    }
    let found = take(folder.path());
    assert_eq!(found.unreadable[0].path, "secret");
    assert_eq!(found.files.len(), 1);
}

#[test]
fn too_many_files_are_refused() {
    let folder = folder(&[("a", b""), ("b", b""), ("c", b"")]);
    let limits = Limits { files_max: 2, ..Limits::default() };
    assert!(matches!(snapshot(folder.path(), &limits), Err(Error::Limit { limit: "files_max", .. })));
    let limits = Limits { names_bytes_max: 2, ..Limits::default() };
    assert!(matches!(snapshot(folder.path(), &limits), Err(Error::Limit { limit: "names_bytes_max", .. })));
    assert!(matches!(snapshot(Path::new("/dev/null"), &limits), Err(Error::Io { .. })));
    assert!(matches!(snapshot(&folder.path().join("no"), &limits), Err(Error::Io { .. })));
}

#[test]
fn what_is_opened_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Snapshot>();
    is_shared::<Source>();
    is_shared::<Error>();
}

#[test]
fn every_limit_is_described() {
    let described = Limits::default().describe();
    assert_eq!(described.len(), 10);
    assert!(described.contains(&("depth_max", 3)));
}

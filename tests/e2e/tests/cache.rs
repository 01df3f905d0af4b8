//! The folder of compiled plugins: it may lie among a user's files, runs leave their scratch folders beside it, and many use it at once.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use chiron_e2e::{Ended, Folder, bom, osv};

/// A folder of the user's own, with something in it, that is named as the cache.
fn cache(work: &Folder) -> PathBuf {
    let folder = work.home().join("own");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    for name in FOREIGN {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), "mine").unwrap();
    }
    fs::set_permissions(folder.join("scratch"), Permissions::from_mode(0o700)).unwrap();
    folder
}

/// Files of the user's, some of which look like the cache's own.
const FOREIGN: [&str; 6] =
    ["notes.txt", "notes.compiled", ".writing-a-novel", "scratch/work-of-years/a", "sub/x", ".key-ring"];

#[track_caller]
fn assert_untouched(folder: &Path) {
    for name in FOREIGN {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), "mine", "{name}");
    }
}

fn command(work: &Folder, cache: &Path, arguments: &[&str]) -> Command {
    let mut command = work.command(arguments);
    command.env("CHIRON_CACHE", cache).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn chiron(work: &Folder, cache: &Path, arguments: &[&str]) -> Ended {
    Ended::of(&command(work, cache, arguments).output().unwrap())
}

/// A scan of what comes in through standard input, which takes a scratch folder.
fn scan_stdin(work: &Folder, cache: &Path) -> Ended {
    let arguments = ["scan", "-", "--db", "db", "-o", "json", "--fail-on", "high"];
    let mut child = command(work, cache, &arguments).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), bom::of(&["pkg:pypi/demo@1.0"]).as_bytes()).unwrap();
    Ended::of(&child.wait_with_output().unwrap())
}

#[test]
fn clean_removes_what_runs_left_and_nothing_of_the_users() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    let cache = cache(&work);
    let _ = scan_stdin(&work, &cache).with_code(1);
    assert!(cache.join("scratch/lock").exists(), "the run took no scratch folder");
    // What a run left that was killed while it wrote, and another that was killed while it worked.
    fs::write(cache.join(".writing-a1B2c3"), "half").unwrap();
    let dead = cache.join("scratch/chiron-work-dead");
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join("lock"), "").unwrap();
    fs::write(dead.join("input"), "left").unwrap();
    let status = chiron(&work, &cache, &["cache", "status"]).with_code(0).stdout;
    assert!(status.contains(cache.to_str().unwrap()) && !status.contains("plugins  0\n"), "{status}");
    let cleaned = chiron(&work, &cache, &["cache", "clean"]).with_code(0);
    cleaned.says(&["compiled plugins", "removed 1 scratch folder"]);
    assert_untouched(&cache);
    assert!(!dead.exists());
    let entries = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut left: Vec<_> = entries.collect();
    left.sort();
    assert_eq!(left, [".key-ring", ".writing-a-novel", "key", "notes.compiled", "notes.txt", "scratch", "sub"]);
    let status = chiron(&work, &cache, &["cache", "status"]).with_code(0).stdout;
    assert!(status.ends_with("plugins  0\nsize     0 KiB\n"), "{status}");
    // Twice, and a run after it.
    let _ = chiron(&work, &cache, &["cache", "clean"]).with_code(0);
    let _ = scan_stdin(&work, &cache).with_code(1);
    assert_untouched(&cache);
}

#[test]
fn a_file_of_the_users_with_the_name_of_the_key_is_named_and_left_alone() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    let cache = cache(&work);
    let key = cache.join("key");
    fs::write(&key, "of the house").unwrap();
    let before = SystemTime::now() - Duration::from_secs(1_000);
    File::options().write(true).open(&key).unwrap().set_modified(before).unwrap();
    for action in ["status", "clean"] {
        chiron(&work, &cache, &["cache", action]).with_code(74).says(&["`key`", "CHIRON_CACHE"]);
    }
    // A run compiles what it needs, and keeps nothing.
    let _ = scan_stdin(&work, &cache).with_code(1);
    assert_eq!(fs::read_to_string(&key).unwrap(), "of the house");
    assert_eq!(fs::metadata(&key).unwrap().modified().unwrap(), before);
    assert_untouched(&cache);
}

#[test]
fn many_processes_fill_one_cache_at_once_and_all_are_right() {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("sbom.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let cache = work.home().join("cache");
    let time = "2026-01-01T00:00:00Z";
    let arguments = ["scan", "sbom.json", "--db", "db", "-o", "json", "--fail-on", "high", "--at", time];
    let together: Vec<_> = (0..4).map(|_| command(&work, &cache, &arguments).spawn().unwrap()).collect();
    let ended: Vec<_> = together.into_iter().map(|run| Ended::of(&run.wait_with_output().unwrap())).collect();
    let alone = chiron(&work, &cache, &arguments).with_code(1);
    for run in ended {
        assert_eq!(run.with_code(1).stdout, alone.stdout);
    }
    let names: Vec<_> =
        fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| name == "key" || name.ends_with(".compiled")), "{names:?}");
    // Of three plugins: the catalogue of what was given, the advisories, the gate.
    assert_eq!(names.len(), 4, "{names:?}");
}

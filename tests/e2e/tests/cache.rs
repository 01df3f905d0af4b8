//! The folder of compiled plugins: it may lie among a user's files, runs leave their scratch folders beside it, and many use it at once.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use chiron_e2e::{Ended, Folder, bom, guests, osv};

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

/// A pipeline with two plugins that are no part of the program: they have a section more than those that are. None where they were not
/// built here.
fn others(work: &Folder) -> Option<()> {
    for name in ["cyclonedx", "osv"] {
        let file = format!("{name}.wasm");
        guests::component(work, name, &file)?;
        let mut bytes = fs::read(work.path(&file)).unwrap();
        // A custom section, `other`, with nothing in it.
        bytes.extend(b"\x00\x06\x05other");
        fs::write(work.path(&file), bytes).unwrap();
    }
    let step = |id: &str| format!("[[step]]\nid = \"{id}\"\nuses = \"./{id}.wasm\"\n");
    let text =
        format!("[pipeline]\nname = \"others\"\nsubjects = [\"sbom.json\"]\n{}{}", step("cyclonedx"), step("osv"));
    work.write("pipeline.toml", text).write("sbom.json", bom::of(&["pkg:pypi/demo@1.0"]));
    Some(())
}

const RUN: [&str; 8] = ["run", "pipeline.toml", "--db", "db", "-o", "json", "--at", "2026-01-01T00:00:00Z"];

#[test]
fn the_code_of_every_builtin_is_part_of_the_program() {
    let work = Folder::new();
    let cache = work.home().join("cache");
    let refused = chiron(&work, &cache, &["plugin", "inspect", "nothing"]).with_code(2).stderr;
    let names = refused.split_once("neither a builtin (").unwrap().1.split_once(')').unwrap().0;
    assert_eq!(names.split(", ").count(), 11, "{names}");
    for name in names.split(", ") {
        let _ = chiron(&work, &cache, &["plugin", "inspect", name]).with_code(0);
    }
    // What is compiled is kept: nothing was.
    let status = chiron(&work, &cache, &["cache", "status"]).with_code(0).stdout;
    assert!(status.contains("plugins  0\n"), "{status}");
    // Others are: a component that is not the same to the byte is another one.
    if others(&work).is_some() {
        work.database(&[osv::demo()]);
        let _ = chiron(&work, &cache, &RUN);
        let status = chiron(&work, &cache, &["cache", "status"]).with_code(0).stdout;
        assert!(status.contains("plugins  2\n"), "{status}");
    }
}

#[test]
fn clean_removes_what_runs_left_and_nothing_of_the_users() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    let cache = cache(&work);
    let _ = scan_stdin(&work, &cache).with_code(1);
    assert!(cache.join("scratch/lock").exists(), "the run took no scratch folder");
    if others(&work).is_none() {
        return;
    }
    let _ = chiron(&work, &cache, &RUN);
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
    // A run keeps nothing. One that compiles says why it takes longer, unless it is to be quiet; another has nothing to say.
    let builtins = scan_stdin(&work, &cache).with_code(1);
    assert!(!builtins.stderr.contains("not kept"), "{}", builtins.stderr);
    if others(&work).is_some() {
        chiron(&work, &cache, &RUN).says(&["compiled plugins are not kept", "`key`", "CHIRON_CACHE"]);
        let quiet = chiron(&work, &cache, &[&["-q"], &RUN[..]].concat());
        assert!(!quiet.stderr.contains("not kept"), "{}", quiet.stderr);
    }
    assert_eq!(fs::read_to_string(&key).unwrap(), "of the house");
    assert_eq!(fs::metadata(&key).unwrap().modified().unwrap(), before);
    assert_untouched(&cache);
}

#[test]
fn many_processes_fill_one_cache_at_once_and_all_are_right() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    if others(&work).is_none() {
        return;
    }
    let cache = work.home().join("cache");
    let together: Vec<_> = (0..4).map(|_| command(&work, &cache, &RUN).spawn().unwrap()).collect();
    let ended: Vec<_> = together.into_iter().map(|run| Ended::of(&run.wait_with_output().unwrap())).collect();
    let alone = chiron(&work, &cache, &RUN);
    assert!(alone.stdout.contains("PYSEC-2024-1"), "{}", alone.stderr);
    for run in ended {
        assert_eq!((run.code, run.stdout), (alone.code, alone.stdout.clone()), "{}", run.stderr);
    }
    let names: Vec<_> =
        fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| name == "key" || name.ends_with(".compiled")), "{names:?}");
    // Of the two plugins that are no part of the program.
    assert_eq!(names.len(), 3, "{names:?}");
}

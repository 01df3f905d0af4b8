//! What is kept, what is given back, what goes, and what is not the cache's to touch.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use chiron_compiler::Tasks;

fn engine(tasks: Tasks) -> wasmtime::Engine {
    wasmtime::Engine::new(&chiron_compiler::settings(tasks)).unwrap()
}

fn opened() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("cache")).unwrap();
    (folder, cache)
}

/// A component, its digest, and its code for this engine.
fn component(engine: &wasmtime::Engine) -> (Digest, Component) {
    let bytes = wat::parse_str("(component)").unwrap();
    (Digest::sha256_of(&bytes), Component::from_binary(engine, &bytes).unwrap())
}

fn filled() -> (tempfile::TempDir, Cache, wasmtime::Engine, Digest) {
    let (folder, cache) = opened();
    let engine = engine(Tasks::Off);
    let (digest, component) = component(&engine);
    cache.store(&engine, &digest, &component);
    (folder, cache, engine, digest)
}

/// Makes a file as old as this.
fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn gives_back_what_was_kept_and_nothing_else() {
    let (_folder, cache, engine, digest) = filled();
    assert!(cache.load(&engine, &digest).is_some());
    assert!(cache.load(&engine, &Digest::sha256_of(b"other")).is_none());
    assert_eq!(cache.status().unwrap().entries, 1);
    cache.clean().unwrap();
    assert!(cache.load(&engine, &digest).is_none());
}

#[test]
fn a_damaged_renamed_or_foreign_entry_is_not_loaded() {
    let (_folder, cache, engine, digest) = filled();
    let path = cache.files().unwrap().remove(0).path;
    let good = fs::read(&path).unwrap();
    for place in [0, MAC_BYTES, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&path, bad).unwrap();
        assert!(cache.load(&engine, &digest).is_none(), "{place}");
    }
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(cache.load(&engine, &digest).is_none());
    let other = Digest::sha256_of(b"other");
    fs::write(cache.folder.join(entry_name(&engine, &other)), &good).unwrap();
    assert!(cache.load(&engine, &other).is_none());
    // Another machine's key.
    fs::write(&path, &good).unwrap();
    let foreign = Cache { key: [7; 32], ..cache.clone() };
    assert!(foreign.load(&engine, &digest).is_none() && cache.load(&engine, &digest).is_some());
}

#[test]
fn code_of_another_engine_is_not_loaded_under_whatever_name() {
    let (_folder, cache, off, digest) = filled();
    let on = engine(Tasks::On);
    assert_ne!(entry_name(&off, &digest), entry_name(&on, &digest));
    assert!(cache.load(&on, &digest).is_none());
    // Under the other engine's name and this machine's MAC: the runtime's own look at it is what is left.
    let (_, component) = component(&off);
    cache.write(&entry_name(&on, &digest), &component.serialize().unwrap()).unwrap();
    assert!(cache.load(&on, &digest).is_none() && cache.load(&off, &digest).is_some());
}

#[test]
fn a_folder_that_others_can_reach_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
    assert!(Cache::open(&open).is_err());
}

#[test]
fn many_openers_agree_on_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<_> = std::thread::scope(|scope| {
        let open = || Cache::open(&folder.path().join("cache")).unwrap().key;
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_foreign_file_with_the_name_of_the_key_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    fs::write(folder.join("key"), "a key of a house").unwrap();
    let error = Cache::open(folder).unwrap_err().to_string();
    assert!(error.contains("`key`"), "{error}");
    assert_eq!(fs::read_to_string(folder.join("key")).unwrap(), "a key of a house");
    assert_eq!(names(folder), ["key"]);
}

#[test]
fn what_is_not_the_caches_own_is_not_counted_and_not_removed() {
    let (_folder, cache, engine, digest) = filled();
    let foreign = [
        "notes.txt",
        "notes.compiled",
        ".compiled",
        ".writing-plan.md",
        ".writing-novel1.txt",
        ".key-ring",
        "0123-4567.compiled",
    ];
    for name in foreign {
        fs::write(cache.folder.join(name), "mine").unwrap();
        age(&cache.folder.join(name), 1_000_000);
    }
    let link = entry_name(&engine, &Digest::sha256_of(b"linked"));
    std::os::unix::fs::symlink("notes.txt", cache.folder.join(&link)).unwrap();
    fs::create_dir(cache.folder.join("scratch")).unwrap();
    fs::create_dir(cache.folder.join(entry_name(&engine, &Digest::sha256_of(b"a folder")))).unwrap();
    for left in [".writing-a1B2c3", ".key-Zz9Zz9"] {
        fs::write(cache.folder.join(left), "left").unwrap();
    }
    let entry = fs::metadata(cache.folder.join(entry_name(&engine, &digest))).unwrap().len();
    let before = cache.clean().unwrap();
    assert_eq!((before.entries, before.bytes), (1, entry + 8));
    let after = names(&cache.folder);
    assert!(foreign.iter().all(|name| after.contains(&(*name).to_owned())), "{after:?}");
    // The key, the link and the two folders too, and nothing else.
    assert_eq!(after.len(), foreign.len() + 4, "{after:?}");
    assert_eq!(cache.status().unwrap().bytes, 0);
    let mut small = cache.clone();
    small.bytes_max = 0;
    small.trim().unwrap();
    assert_eq!(names(&cache.folder), after);
}

#[test]
fn the_entries_used_least_recently_go_first_and_the_rest_is_within_the_bound() {
    let (_folder, mut cache) = opened();
    let engine = engine(Tasks::Off);
    let (_, component) = component(&engine);
    let [first, second, third, fourth] = ["1", "2", "3", "4"].map(|n| Digest::sha256_of(n.as_bytes()));
    for (digest, seconds) in [(&first, 300), (&second, 200), (&third, 100)] {
        cache.store(&engine, digest, &component);
        age(&cache.folder.join(entry_name(&engine, digest)), seconds);
    }
    // Used just now, although it was written first.
    assert!(cache.load(&engine, &first).is_some());
    let each = cache.status().unwrap().bytes / 3;
    cache.bytes_max = 3 * each;
    cache.store(&engine, &fourth, &component);
    let has = |digest| cache.load(&engine, digest).is_some();
    assert!(has(&first) && !has(&second) && has(&third) && has(&fourth));
    assert_eq!(cache.status().unwrap().bytes, 3 * each);
    // Less than one of them: nothing is kept, and that is no error.
    cache.bytes_max = each - 1;
    cache.trim().unwrap();
    assert_eq!(cache.status().unwrap().bytes, 0);
}

#[test]
fn what_a_killed_process_was_writing_goes_after_an_hour_and_counts_until_then() {
    let (_folder, mut cache, engine, digest) = filled();
    let [old, young, key] = [".writing-aaaaaa", ".writing-bbbbbb", ".key-cccccc"].map(|name| cache.folder.join(name));
    for left in [&old, &young, &key] {
        fs::write(left, vec![0; 1000]).unwrap();
    }
    age(&old, 60 * 60 + 60);
    age(&key, 60 * 60 + 60);
    age(&young, 60);
    let entry = cache.status().unwrap().bytes - 3000;
    cache.trim().unwrap();
    assert!(!old.exists() && !key.exists() && young.exists());
    assert!(cache.load(&engine, &digest).is_some());
    // What is being written takes its room.
    cache.bytes_max = entry + 999;
    cache.trim().unwrap();
    assert!(young.exists() && cache.load(&engine, &digest).is_none());
}

/// Eight that each open the folder for themselves, as processes do; there is room for half of what they keep.
#[test]
fn many_store_load_and_trim_at_once_without_an_error_or_a_wrong_answer() {
    let (_folder, cache) = opened();
    let engine = engine(Tasks::Off);
    let component =
        |n: usize| wat::parse_str(format!(r#"(component (core module (func (export "is-{n}"))))"#)).unwrap();
    let components: Vec<_> = (0..8)
        .map(|n| {
            let bytes = component(n);
            (Digest::sha256_of(&bytes), Component::from_binary(&engine, &bytes).unwrap())
        })
        .collect();
    let codes: Vec<_> = components.iter().map(|(_, component)| component.serialize().unwrap()).collect();
    let bytes_max = codes.iter().map(|code| (code.len() + MAC_BYTES) as u64).sum::<u64>() / 2;
    let (loaded, missed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (components, codes, engine) = (&components, &codes, &engine);
            let (loaded, missed, folder) = (&loaded, &missed, &cache.folder);
            scope.spawn(move || {
                let mut cache = Cache::open(folder).unwrap();
                cache.bytes_max = bytes_max;
                for round in 0..40 {
                    // Each several times in a row, so that some are found.
                    let place = (thread + round / 4) % components.len();
                    let (digest, _) = &components[place];
                    match cache.load(engine, digest) {
                        Some(found) => {
                            assert_eq!(found.serialize().unwrap(), codes[place]);
                            loaded.fetch_add(1, Ordering::Relaxed);
                        }
                        None => {
                            missed.fetch_add(1, Ordering::Relaxed);
                            cache.write(&entry_name(engine, digest), &codes[place]).unwrap();
                            cache.trim().unwrap();
                        }
                    }
                }
            });
        }
    });
    // Both have happened, or it was no test.
    assert!(loaded.into_inner() > 0 && missed.into_inner() >= 8);
    let mut cache = cache;
    cache.bytes_max = bytes_max;
    cache.trim().unwrap();
    assert!(cache.status().unwrap().bytes <= bytes_max);
    assert!(cache.files().unwrap().iter().all(|file| file.kind == Kind::Entry), "nothing is left half-written");
}

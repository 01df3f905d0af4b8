use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::{Limits, Snapshot, snapshot, snapshot_of};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A work tree, as far as this crate looks at it.
fn work_tree(files: &[(&str, &str)]) -> TempDir {
    let folder = folder(files);
    fs::create_dir_all(folder.path().join(".git/info")).unwrap();
    folder
}

fn take(path: &Path, exclude: &[&str], litter: Litter) -> Snapshot {
    let exclude: Vec<_> = exclude.iter().map(|&pattern| pattern.to_owned()).collect();
    snapshot_of(path, &Limits::default(), &Walk::new(&exclude, litter).unwrap()).unwrap()
}

fn files(found: &Snapshot) -> Vec<&str> {
    found.files.iter().map(|file| file.path.as_str()).collect()
}

fn left_out(found: &Snapshot) -> Vec<String> {
    found.left_out.iter().map(|out| format!("{}: {}", out.path, out.why)).collect()
}

#[test]
fn what_git_ignores_is_left_out_and_named() {
    let tree = work_tree(&[
        (".gitignore", "# litter\ntarget/\n*.log\n!keep.log\n"),
        ("target/debug/x", "x"),
        ("a.log", "x"),
        ("keep.log", "x"),
        ("src/lib.rs", "x"),
        ("src/.gitignore", "/generated\n"),
        ("src/generated/y", "y"),
        ("src/deep/generated/y", "y"),
        (".git/info/exclude", "secret\n"),
        ("secret", "s"),
    ]);
    let found = take(tree.path(), &[], Litter::LeftOut);
    assert_eq!(files(&found), [".gitignore", "keep.log", "src/.gitignore", "src/deep/generated/y", "src/lib.rs"]);
    assert_eq!(
        left_out(&found),
        [
            ".git: the history of a work tree",
            "a.log: `*.log` in .gitignore",
            "secret: `secret` in .git/info/exclude",
            "src/generated: `/generated` in src/.gitignore",
            "target: `target/` in .gitignore",
        ]
    );
    assert_eq!(left_out(&take(tree.path(), &[], Litter::Walked)), [".git: the history of a work tree"]);
    // The digest is over what was judged: without the litter, the same.
    for litter in ["target", ".git", "a.log", "secret", "src/generated"] {
        let place = tree.path().join(litter);
        fs::remove_dir_all(&place).or_else(|_| fs::remove_file(&place)).unwrap();
    }
    assert_eq!(found.digests, snapshot(tree.path(), &Limits::default()).unwrap().digests);
}

#[test]
fn outside_of_a_work_tree_nobody_is_asked() {
    let folder = folder(&[(".gitignore", "*\n"), ("Cargo.lock", "x")]);
    assert_eq!(files(&take(folder.path(), &[], Litter::LeftOut)), [".gitignore", "Cargo.lock"]);
}

#[test]
fn what_git_tracks_is_never_left_out() {
    let tree = folder(&[
        (".gitignore", "Cargo.lock\nvendor/\nout/\n"),
        ("Cargo.lock", "x"),
        ("vendor/forced.lock", "x"),
        ("vendor/other", "x"),
        ("out/x.whl", "x"),
        (".venv/.gitignore", "*\n"),
        (".venv/lib/x", "x"),
    ]);
    let git = |arguments: &[&str]| Command::new("git").current_dir(tree.path()).args(arguments).output();
    if git(&["init", "-q"]).is_err() {
        eprintln!("skipped: git is not there");
        return;
    }
    assert!(git(&["add", "-f", ".gitignore", "Cargo.lock", "vendor/forced.lock"]).unwrap().status.success());
    let found = take(tree.path(), &[], Litter::LeftOut);
    assert_eq!(files(&found), [".gitignore", "Cargo.lock", "vendor/forced.lock"]);
    // A folder that git knows nothing of, when it is named, is taken whole.
    assert_eq!(files(&take(&tree.path().join("out"), &[], Litter::LeftOut)), ["x.whl"]);
    assert_eq!(files(&take(&tree.path().join(".venv"), &[], Litter::LeftOut)), [".gitignore", "lib/x"]);
    // One that it knows is read with the rules around it.
    let vendor = take(&tree.path().join("vendor"), &[], Litter::LeftOut);
    assert_eq!(files(&vendor), ["forced.lock", "other"]);
}

#[test]
fn a_lock_file_speaks_for_what_is_installed_beside_it() {
    let folder = folder(&[
        ("a/package-lock.json", "{}"),
        ("a/node_modules/x/package.json", "{}"),
        ("b/node_modules/x/package.json", "{}"),
    ]);
    symlink("../a/package-lock.json", folder.path().join("b/yarn.lock")).unwrap();
    let found = take(folder.path(), &[], Litter::LeftOut);
    assert_eq!(files(&found), ["a/package-lock.json", "b/node_modules/x/package.json"]);
    assert_eq!(left_out(&found), ["a/node_modules: installed copies, for which package-lock.json beside them speaks"]);
    assert_eq!(files(&take(folder.path(), &[], Litter::Walked)).len(), 3);
    // A lock file that is itself left out does not speak.
    let found = take(folder.path(), &["package-lock.json"], Litter::LeftOut);
    assert_eq!(files(&found), ["a/node_modules/x/package.json", "b/node_modules/x/package.json"]);
}

#[test]
fn patterns_of_a_person_hold_as_in_a_gitignore() {
    let folder = folder(&[("tests/fixtures/a", ""), ("src/fixtures/a", ""), ("x.json", ""), ("src/x.json", "")]);
    let with = |exclude: &[&str]| {
        let found = take(folder.path(), exclude, Litter::Walked);
        files(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(with(&["fixtures"]), ["src/x.json", "x.json"]);
    assert_eq!(with(&["/tests", "*.json"]), ["src/fixtures/a"]);
    assert_eq!(with(&["./src/*.json"]), ["src/fixtures/a", "tests/fixtures/a", "x.json"]);
    for wrong in ["!x", "", "[z-a]", "#x"] {
        assert!(
            Walk::new(&["fine".to_owned(), wrong.to_owned()], Litter::LeftOut).is_err_and(|e| e.index == 1),
            "{wrong}"
        );
    }
    let walk = Walk::new(&["vendor/".to_owned()], Litter::LeftOut).unwrap();
    assert!(walk.leaves_out("a/vendor/x.whl", false) && walk.leaves_out(".git/x", false));
    assert!(!walk.leaves_out("../vendors/x.whl", false) && !walk.leaves_out("/vendor/x.whl", false));
}

#[test]
fn an_ignore_file_that_is_a_link_or_too_large_hides_nothing() {
    let tree = work_tree(&[("all", "*\n"), ("x", ""), ("big/.gitignore", &"*\n".repeat(200_000)), ("big/x", "")]);
    symlink("all", tree.path().join(".gitignore")).unwrap();
    assert_eq!(files(&take(tree.path(), &[], Litter::LeftOut)), ["all", "big/.gitignore", "big/x", "x"]);
}

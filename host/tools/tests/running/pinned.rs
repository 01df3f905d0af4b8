//! The bytes that run are the bytes that were planned.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use chiron_tools::{Input, Linkage, Pinned, ProgramError, find};

use crate::ground::{Ground, confining, ground, program, tool_of};

fn executable(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn copy(ground: &Ground) -> PathBuf {
    let path = ground.folder.path().join("tool");
    executable(&path, &std::fs::read(program()).unwrap());
    path
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_changes_after_planning_runs_as_it_was_planned() {
    let ground = ground();
    let path = copy(&ground);
    let mut planned = tool_of(&path, &["arguments", "x"]);
    planned.confinement = chiron_tools::Confinement::None;
    let was = chiron_model::digest::Digest::sha256_of(&std::fs::read(&path).unwrap());
    std::fs::remove_file(&path).unwrap();
    executable(&path, b"\x7fELF of somebody else");
    assert_eq!((ground.says(planned.clone(), Input::None).as_str(), planned.program.digest), ("<x>\n", was));
}

#[test]
fn a_program_that_changes_between_executions_stays_what_it_was() {
    let ground = ground();
    let path = copy(&ground);
    let mut planned = tool_of(&path, &["arguments", "x"]);
    planned.confinement = chiron_tools::Confinement::None;
    assert_eq!(ground.says(planned.clone(), Input::None), "<x>\n");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(ground.says(planned, Input::None), "<x>\n");
}

#[test]
fn what_is_no_program_is_refused_by_its_sort() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    executable(&path("script"), b"#!/bin/sh\necho");
    executable(&path("text"), b"echo");
    std::fs::write(path("plain"), std::fs::read(program()).unwrap()).unwrap();
    assert!(matches!(Pinned::of(&path("script")), Err(ProgramError::Script { .. })));
    assert!(matches!(Pinned::of(&path("text")), Err(ProgramError::Unknown { .. })));
    assert!(matches!(Pinned::of(&path("plain")), Err(ProgramError::NotExecutable { .. })));
    assert!(matches!(Pinned::of(&path("missing")), Err(ProgramError::Unreadable { .. })));
    assert!(matches!(Pinned::of(folder.path()), Err(ProgramError::NotExecutable { .. })));
}

#[test]
fn a_name_is_looked_for_in_the_search_path_and_a_path_is_relative_to_the_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    executable(&folder.path().join("tool"), b"x");
    let search = std::env::join_paths([Path::new("relative"), Path::new("/nowhere"), folder.path()]).unwrap();
    assert_eq!(find("tool", Path::new("/p"), &search).unwrap(), folder.path().join("tool"));
    assert_eq!(find("./tool", Path::new("/p"), &search).unwrap(), Path::new("/p/./tool"));
    assert!(matches!(find("other", Path::new("/p"), &search), Err(ProgramError::NotInPath { .. })));
}

#[test]
fn a_static_program_sees_no_libraries() {
    let Some(ground) = confining("a_static_program_sees_no_libraries") else { return };
    let (source, path) = (ground.folder.path().join("static.rs"), ground.folder.path().join("static"));
    let text = r#"fn main() { println!("{:?}", std::fs::read_dir("/").unwrap().flatten().map(|e| e.file_name()).collect::<std::collections::BTreeSet<_>>()); }"#;
    std::fs::write(&source, text).unwrap();
    let built = Command::new("rustc")
        .args(["--edition", "2024", "-C", "target-feature=+crt-static", "-o"])
        .arg(&path)
        .arg(&source)
        .output();
    match built {
        Ok(built) if built.status.success() => {}
        other => {
            return eprintln!("SKIPPED a_static_program_sees_no_libraries: no static program can be built: {other:?}");
        }
    }
    let tool = tool_of(&path, &[]);
    assert_eq!(tool.program.linkage, Linkage::Static);
    assert_eq!(ground.says(tool, Input::None), "{\"dev\", \"input\", \"proc\", \"scratch\"}\n");
}

#[test]
fn a_version_is_asked_for_and_nothing_else() {
    let ground = ground();
    let mut tool = tool_of(program(), &[]);
    tool.confinement = chiron_tools::Confinement::None;
    assert_eq!(ground.runner.version(&tool, &["--version".to_owned()]).unwrap(), "1.2.3");
    assert_eq!(ground.runner.version(&tool, &["environment".to_owned()]).unwrap(), "");
}

//! With `confine = "none"`: what still holds.

use chiron_tools::{Confinement, Error, Input, Tool};

use crate::ground::{folder, ground, order, processes_with, tool, until};

fn unconfined(arguments: &[&str]) -> Tool {
    Tool { confinement: Confinement::None, ..tool(arguments) }
}

#[test]
fn the_environment_is_empty_and_the_input_is_the_hashed_one() {
    let ground = ground();
    let said = ground.says(unconfined(&["environment"]), Input::None);
    let names: Vec<_> = said.lines().filter_map(|line| line.split('=').next()).collect();
    assert_eq!(names, ["HOME", "LANG", "TMPDIR"]);
    let said = ground.says(unconfined(&["read", "{input}/a.txt", "{input}/outside"]), folder());
    assert!(said.lines().next().unwrap().ends_with("/input/a.txt: alpha") && said.contains("refused"), "{said}");
    assert!(ground.is_clean());
}

#[test]
fn exit_codes_signals_floods_and_time_are_told() {
    let ground = ground();
    assert_eq!(ground.run(unconfined(&["exit", "7"]), order(Input::None)).unwrap().code, 7);
    let crashed = ground.run(unconfined(&["crash"]), order(Input::None)).unwrap_err();
    assert_eq!(crashed, Error::Killed { signal: 6 });
    let mut flood = unconfined(&["flood"]);
    flood.limits.output_bytes = 1 << 20;
    assert_eq!(ground.run(flood, order(Input::None)).unwrap_err(), Error::OutputTooLarge { limit: 1 << 20 });
    let mut sleeper = unconfined(&["sleep"]);
    sleeper.limits.timeout_ms = Some(100);
    assert_eq!(ground.run(sleeper, order(Input::None)).unwrap_err(), Error::Timeout { limit_ms: 100 });
}

#[test]
fn a_dropped_execution_is_killed() {
    let ground = ground();
    let token = format!("unconfined-{}", std::process::id());
    let mut sleeper = unconfined(&["sleep", &token]);
    sleeper.limits.timeout_ms = None;
    let (execution, _ended) = ground.start(sleeper, order(Input::None));
    until(|| processes_with(&token) == 1);
    drop(execution);
    assert_eq!(processes_with(&token), 0);
}

#[test]
fn a_file_that_no_system_runs_is_told_as_such() {
    let ground = ground();
    let path = ground.folder.path().join("broken");
    let mut bytes = std::fs::read(crate::ground::program()).unwrap();
    bytes[18] = 0xff;
    std::fs::write(&path, bytes).unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(&mut std::fs::metadata(&path).unwrap().permissions(), 0o755);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let broken = Tool { confinement: Confinement::None, ..crate::ground::tool_of(&path, &[]) };
    let refused = ground.run(broken, order(Input::None)).unwrap_err();
    assert!(matches!(&refused, Error::Io { action: "start the program", .. }), "{refused:?}");
}

//! Runs that are interrupted while a program works, and machines that are not this one: no process is left, scratch is swept, and
//! what cannot be confined is refused.

mod hostile;

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chiron_e2e::outside::{Whom, unconfined};
use chiron_e2e::{Ended, binary};
use hostile::behaviours::Adapter;
use hostile::bench::Bench;

const LIMITS: &str = "deadline = \"120s\"";

/// A run whose program sleeps for ten minutes, once it does; None, said loudly, where this machine confines no programs.
fn sleeping(test: &str, more: &str) -> Option<(Bench, Child)> {
    let bench = Bench::new(Adapter::SleepBeyondDeadline, LIMITS, more);
    let mut command = bench.work.command(&["run", "-o", "json=report.json"]);
    command.env("CHIRON_CACHE", bench.work.home().join("cache")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.process_group(0).spawn().unwrap();
    // The token is in the command line of the program alone: the launcher gets its order over a socket.
    let started = until(Duration::from_secs(120), || bench.left() > 0 || child.try_wait().unwrap().is_some());
    assert!(started, "the program did not start");
    if child.try_wait().unwrap().is_some() {
        let ended = Ended::of(&child.wait_with_output().unwrap());
        assert!(ended.code == 3 && ended.stderr.contains("not-confined"), "{ended:?}");
        unconfined(Whom::Us, test, &ended.stderr);
        return None;
    }
    Some((bench, child))
}

/// Whether it came to be true in time.
fn until(patience: Duration, mut is: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while !is() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {process}")]).status().unwrap();
    assert!(sent.success());
}

/// How it ended, which must be within 20 seconds.
fn end(mut child: Child) -> Ended {
    let ended = until(Duration::from_secs(20), || child.try_wait().unwrap().is_some());
    if !ended {
        child.kill().unwrap();
        panic!("it did not end");
    }
    Ended::of(&child.wait_with_output().unwrap())
}

/// The launcher of a run: its only child.
fn launcher(of: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let tasks = std::fs::read_dir(format!("/proc/{of}/task")).unwrap().flatten();
    let by_task = tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let all = by_task.fold(children, |all, one| format!("{all} {one}"));
    all.split_whitespace().next().unwrap_or_else(|| panic!("no child")).parse().unwrap()
}

#[test]
fn an_interrupt_ends_a_running_program_and_leaves_nothing() {
    let test = "an_interrupt_ends_a_running_program_and_leaves_nothing";
    for more in ["", "confine = \"none\""] {
        let Some((bench, child)) = sleeping(test, more) else { continue };
        send("INT", child.id());
        let ended = end(child);
        assert_eq!(ended.code, 130, "{}", ended.stderr);
        ended.says(&["press Ctrl-C again to end at once", "interrupted"]);
        assert_eq!(bench.left(), 0);
        assert!(bench.is_clean(), "scratch is left");
        assert!(!bench.work.has("report.json"), "a run that was stopped has no report");
    }
}

/// A launcher that was stopped answers nobody: a first interrupt waits for it, and only a second one does not.
#[test]
fn a_second_interrupt_ends_at_once_and_no_child_survives() {
    let test = "a_second_interrupt_ends_at_once_and_no_child_survives";
    let Some((bench, mut child)) = sleeping(test, "") else { return };
    send("STOP", launcher(child.id()));
    send("INT", child.id());
    std::thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "it waits for its launcher");
    let start = Instant::now();
    send("INT", child.id());
    let ended = end(child);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(ended.code, 130, "{}", ended.stderr);
    assert!(until(Duration::from_secs(10), || bench.left() == 0), "a process is left");
    // Nobody tidied up; the next run does.
    assert!(!bench.is_clean());
    bench.edit("sleep-beyond-deadline", "honest");
    assert!(bench.run(test).is_some());
}

/// A host that is killed cannot tidy up: the system ends its programs with it, and the next run sweeps.
#[test]
fn a_killed_run_leaves_no_child_and_the_next_one_sweeps_its_scratch() {
    let test = "a_killed_run_leaves_no_child_and_the_next_one_sweeps_its_scratch";
    for signal in ["KILL", "TERM"] {
        let Some((bench, child)) = sleeping(test, "") else { return };
        send(signal, child.id());
        assert_eq!(end(child).code, -1);
        assert!(until(Duration::from_secs(10), || bench.left() == 0), "a process is left");
        bench.edit("sleep-beyond-deadline", "honest");
        assert!(bench.run(test).is_some());
    }
}

/// `chiron run` where no more namespaces are allowed: the limit lies in a user namespace of its own.
fn without_namespaces(bench: &Bench) -> Option<Output> {
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"";
    let run = bench.work.command(&["run", "-o", "json=report.json"]);
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
    command.env_clear().current_dir(bench.work.path("."));
    command.envs(run.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.env("CHIRON_CACHE", bench.work.home().join("cache"));
    let output = command.stdin(Stdio::null()).output().ok()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let unable = complaint.contains("unshare failed") || complaint.contains("max_user_namespaces");
    (!unable).then_some(output)
}

#[test]
fn a_kernel_that_refuses_namespaces_is_told_and_the_run_is_refused() {
    let test = "a_kernel_that_refuses_namespaces_is_told_and_the_run_is_refused";
    let bench = Bench::new(Adapter::Honest, LIMITS, "");
    let Some(output) = without_namespaces(&bench) else {
        return unconfined(Whom::Us, test, "no namespace can be made to try it in");
    };
    let ended = Ended::of(&output).with_code(3);
    ended.says(&["not-confined", "making namespaces", "confine = \"none\""]);
    assert!(!bench.work.has("report.json"), "nothing has run");
    bench.edit("path = \"./tester\"", "path = \"./tester\"\nconfine = \"none\"");
    let output = without_namespaces(&bench).unwrap();
    let _ = Ended::of(&output).with_code(0);
    assert!(bench.work.read("report.json").contains("unconfined-tool"));
}

/// Somebody who is not root.
const NOBODY: u32 = 65_534;

/// Gives a folder and all that is in it to somebody.
fn give(path: &Path, owner: u32) {
    for entry in walk(path) {
        std::os::unix::fs::lchown(&entry, Some(owner), Some(owner)).unwrap();
    }
    chown(path, Some(owner), Some(owner)).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn walk(path: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        }
        found.push(entry.path());
    }
    found
}

#[test]
fn a_user_who_is_not_root_runs_programs_confined() {
    let test = "a_user_who_is_not_root_runs_programs_confined";
    let bench = Bench::new(Adapter::LookAround, LIMITS, "");
    if !is_root() {
        return unconfined(Whom::Nobody, test, "only root can be somebody else");
    }
    // The folder of the build may be closed to others.
    let own = bench.work.path("bin/chiron");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::copy(binary::path(), &own).unwrap();
    give(&bench.work.path("."), NOBODY);
    give(bench.work.home(), NOBODY);
    let run = bench.work.command(&["run", "-o", "json"]);
    let mut command = Command::new(&own);
    command.args(run.get_args()).env_clear().current_dir(bench.work.path("."));
    command.envs(run.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.env("CHIRON_CACHE", bench.work.home().join("cache")).stdin(Stdio::null());
    let ended = Ended::of(&command.uid(NOBODY).gid(NOBODY).output().unwrap());
    if ended.code == 3 && ended.stderr.contains("not-confined") {
        return unconfined(Whom::Nobody, test, &ended.stderr);
    }
    let report = ended.with_code(0).json();
    let parts = report["components"].as_array().unwrap();
    let said: Vec<_> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(said.concat().matches("refused").count(), 4, "{said:?}");
    assert!(bench.is_clean(), "scratch is left");
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

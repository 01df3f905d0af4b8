//! In namespaces.

use std::net::TcpListener;

use chiron_tools::{Error, Input, Value};

use crate::ground::{confining, file, folder, order, processes_with, tool, until, variable, with};

#[test]
fn a_program_sees_its_input_and_no_other_file() {
    let Some(ground) = confining("a_program_sees_its_input_and_no_other_file") else { return };
    let secret = ground.folder.path().join("secret");
    std::fs::write(&secret, "SECRET").unwrap();
    let secret = secret.to_str().unwrap();
    let paths = ["/input/a.txt", "/input/inside", "/input/outside", "/etc/passwd", secret, "/proc/1/root/etc/passwd"];
    let said = ground.says(tool(&[&["read", "{input}/sub/b.txt"][..], &paths[..]].concat()), folder());
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[..3], ["/input/sub/b.txt: beta", "/input/a.txt: alpha", "/input/inside: beta"]);
    assert!(lines[3..].iter().all(|line| line.contains("refused")), "{said}");
    assert!(ground.is_clean());
}

#[test]
fn the_root_holds_nothing_but_what_was_put_there() {
    let Some(ground) = confining("the_root_holds_nothing_but_what_was_put_there") else { return };
    let said = ground.says(tool(&["list", "/dev"]), Input::None);
    assert_eq!(said, "null\nrandom\nurandom\nzero\n");
    let said =
        ground.says(tool(&["read", "/usr/bin/env", "/bin/sh", "/usr/sbin/ldconfig", "/sys", "/tmp"]), Input::None);
    assert!(said.lines().all(|line| line.contains("refused")), "{said}");
}

#[test]
fn a_program_writes_to_its_scratch_alone_and_not_without_end() {
    let Some(ground) = confining("a_program_writes_to_its_scratch_alone_and_not_without_end") else { return };
    let paths = ["/input/a.txt", "/input/new", "/new", "/dev/null/x", "/lib/new", "/usr/lib/new"];
    let said = ground.says(tool(&[&["write", "{scratch}/new"][..], &paths[..], &["{input}/x"]].concat()), folder());
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "/scratch/new: done");
    assert!(lines[1..].iter().all(|line| line.contains("refused")), "{said}");
    let mut small = tool(&["fill", "{scratch}/large"]);
    small.limits.scratch_bytes = 4 << 20;
    assert!(ground.says(small, Input::None).starts_with("4 MiB, then"));
}

#[test]
fn a_program_reads_what_the_operator_added_and_cannot_write_it() {
    let Some(ground) = confining("a_program_reads_what_the_operator_added_and_cannot_write_it") else { return };
    let data = ground.folder.path().join("data folder");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("db"), "rows").unwrap();
    let mut reading = tool(&["read", "{read.data}/db"]);
    reading.reads.insert("data".to_owned(), data.clone());
    assert_eq!(ground.says(reading.clone(), Input::None), "/read/data/db: rows\n");
    let mut writing = tool(&["write", "{read.data}/db", "{read.data}/new"]);
    writing.reads = reading.reads;
    assert_eq!(ground.says(writing, Input::None).matches("refused").count(), 2);
    assert_eq!(std::fs::read_to_string(data.join("db")).unwrap(), "rows");
}

#[test]
fn a_program_reaches_no_network_not_even_this_machine() {
    let Some(ground) = confining("a_program_reaches_no_network_not_even_this_machine") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let said = ground.says(tool(&["connect", &listener.local_addr().unwrap().to_string()]), Input::None);
    assert!(said.starts_with("refused"), "{said}");
}

#[test]
fn a_program_has_no_rights_no_environment_and_no_open_files() {
    let Some(ground) = confining("a_program_has_no_rights_no_environment_and_no_open_files") else { return };
    // One that was left open by whoever started the host: no flag closes it on the way.
    let left = std::fs::File::open("/etc/hostname").unwrap();
    let _kept = nix::unistd::dup(&left).unwrap();
    let said = ground.says(tool(&["whoami"]), Input::None);
    for right in ["CapEff", "CapPrm", "CapBnd", "CapAmb"] {
        assert!(said.contains(&format!("{right}:\t0000000000000000")), "{said}");
    }
    // One of the three is the folder that lists them.
    for part in ["NoNewPrivs:\t1", "pid 1\n", "open Ok(1)"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let mut told = tool(&["environment"]);
    variable(&mut told, "CHECK_FOR_UPDATES", "false");
    variable(&mut told, "CACHE", "{scratch}/cache");
    let expected =
        ["CACHE=/scratch/cache", "CHECK_FOR_UPDATES=false", "HOME=/scratch", "LANG=C.UTF-8", "TMPDIR=/scratch", ""];
    assert_eq!(ground.says(told, Input::None), expected.join("\n"));
    let said = ground.says(tool(&["start", "/bin/sh"]), Input::None);
    assert!(said.starts_with("refused"), "{said}");
}

#[test]
fn a_value_is_one_argument_whatever_is_in_it() {
    let Some(ground) = confining("a_value_is_one_argument_whatever_is_in_it") else { return };
    let echo = tool(&["arguments", "{word}", "--level={word}"]);
    for word in ["a b", "a;id", "$(id)", "`id`", "a'b\"c", "*", "{scratch}", "a|b>c"] {
        let ended = ground.run(echo.clone(), with(&[("word", Value::Text(word.to_owned()))])).unwrap();
        let said = std::fs::read_to_string(ended.stdout()).unwrap();
        assert_eq!(said, format!("<{word}>\n<--level={word}>\n"));
    }
    for word in ["--config=x", "-v", "a\nb", "a\0b", "", "@file"] {
        let refused = ground.run(echo.clone(), with(&[("word", Value::Text(word.to_owned()))])).unwrap_err();
        assert!(matches!(refused, Error::BadArgument { .. }), "{word:?}: {refused}");
    }
}

#[test]
fn exit_codes_signals_and_both_streams_come_back() {
    let Some(ground) = confining("exit_codes_signals_and_both_streams_come_back") else { return };
    assert_eq!(ground.run(tool(&["exit", "7"]), order(Input::None)).unwrap().code, 7);
    let crashed = ground.run(tool(&["crash"]), order(Input::None)).unwrap_err();
    assert!(matches!(crashed, Error::Killed { .. }), "{crashed:?}");
    let ended = ground.run(tool(&["complain"]), order(Input::None)).unwrap();
    let (out, err) = (ended.stdout().to_owned(), ended.stderr().to_owned());
    assert_eq!((std::fs::read(&out).unwrap(), std::fs::read(&err).unwrap()), (Vec::new(), b"complaint\n".to_vec()));
    drop(ended);
    assert!(!out.exists() && ground.is_clean());
}

#[test]
fn a_file_and_a_missing_input() {
    let Some(ground) = confining("a_file_and_a_missing_input") else { return };
    assert_eq!(ground.says(tool(&["read", "{input}"]), file("bom.json", b"{}")), "/input/bom.json: {}\n");
    let missing = ground.run(tool(&["read", "{input}"]), order(Input::None)).unwrap_err();
    let idle = ground.run(tool(&["read", "/x"]), order(folder())).unwrap_err();
    for refused in [missing, idle] {
        assert!(matches!(refused, Error::BadArgument { .. }), "{refused}");
    }
    let mut unknown = order(Input::None);
    unknown.profile = "other".to_owned();
    assert!(matches!(ground.run(tool(&[]), unknown), Err(Error::NoSuchProfile { .. })));
}

#[test]
fn a_flood_is_ended_at_the_limit() {
    let Some(ground) = confining("a_flood_is_ended_at_the_limit") else { return };
    let mut flood = tool(&["flood"]);
    flood.limits.output_bytes = 1 << 20;
    assert_eq!(ground.run(flood, order(Input::None)).unwrap_err(), Error::OutputTooLarge { limit: 1 << 20 });
    assert!(ground.is_clean());
}

#[test]
fn memory_beyond_the_limit_is_not_to_be_had() {
    let Some(ground) = confining("memory_beyond_the_limit_is_not_to_be_had") else { return };
    let mut large = tool(&["allocate", "1000000000"]);
    large.limits.memory_bytes = 100 << 20;
    let ended = ground.run(large, order(Input::None));
    assert!(!matches!(&ended, Ok(ended) if ended.code == 0), "{ended:?}");
}

#[test]
fn what_a_program_left_running_ends_with_it() {
    let Some(ground) = confining("what_a_program_left_running_ends_with_it") else { return };
    let token = format!("left-{}", std::process::id());
    assert_eq!(ground.says(tool(&["linger", "leave", &token]), Input::None), "done\n");
    assert_eq!(processes_with(&token), 0);
}

#[test]
fn a_dropped_execution_leaves_nothing_behind() {
    let Some(ground) = confining("a_dropped_execution_leaves_nothing_behind") else { return };
    let token = format!("dropped-{}", std::process::id());
    let (execution, ended) = ground.start(tool(&["linger", "stay", &token]), order(Input::None));
    until(|| processes_with(&token) == 2);
    drop(execution);
    assert_eq!(processes_with(&token), 0);
    assert!(ended.recv().is_err() && ground.is_clean());
}

#[test]
fn a_program_that_sleeps_beyond_its_limit_is_ended() {
    let Some(ground) = confining("a_program_that_sleeps_beyond_its_limit_is_ended") else { return };
    let mut sleeper = tool(&["sleep"]);
    sleeper.limits.timeout_ms = Some(200);
    assert_eq!(ground.run(sleeper, order(Input::None)).unwrap_err(), Error::Timeout { limit_ms: 200 });
}

#[test]
fn a_launcher_that_is_killed_takes_its_program_along() {
    let Some(ground) = confining("a_launcher_that_is_killed_takes_its_program_along") else { return };
    let token = format!("orphan-{}", std::process::id());
    let (execution, ended) = ground.start(tool(&["linger", "stay", &token]), order(Input::None));
    until(|| processes_with(&token) == 2);
    // The one child of this thread's process that was started to confine; other tests have theirs.
    let parent = parent_of(&token);
    rustix::process::kill_process(rustix::process::Pid::from_raw(parent).unwrap(), rustix::process::Signal::KILL)
        .unwrap();
    until(|| processes_with(&token) == 0);
    assert!(ended.recv().unwrap().is_err());
    drop(execution);
}

/// The launcher of the program that has a word in its command line: it is no process of the namespace.
fn parent_of(token: &str) -> i32 {
    let mut parents = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        (line.contains(token) && line.contains("stay"))
            .then(|| stat.rsplit(')').next()?.split(' ').nth(2)?.parse().ok())?
    });
    parents.next().unwrap()
}

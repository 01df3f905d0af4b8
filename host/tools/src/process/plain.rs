//! Where there is nothing to confine with: an empty environment and a process group of its own.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Job, LOOK_MS, Watch};
use crate::error::Error;
use crate::scratch::Scratch;
use crate::tool::Confinement;

const NOTHING: &str = "only Linux has what it takes";

pub(crate) fn probe(_launcher: &std::path::Path, _scratch: &Scratch) -> Result<(), Error> {
    Err(Error::NotConfined { reason: NOTHING.to_owned() })
}

pub(crate) fn run(job: Job<'_>, watch: &Watch<'_>) -> Result<i32, Error> {
    if job.tool.confinement != Confinement::None {
        return Err(Error::NotConfined { reason: NOTHING.to_owned() });
    }
    let program = job.scratch.path().join("program");
    job.tool.program.copy(&program)?;
    let mut command = Command::new(program);
    command.arg0(&job.tool.name).args(&job.arguments[1..]).env_clear().envs(job.environment);
    command.current_dir(job.directory).stdin(Stdio::null()).stdout(job.stdout).stderr(job.stderr).process_group(0);
    let mut child = command.spawn().map_err(Error::io("start a program"))?;
    let group = rustix::process::Pid::from_child(&child);
    let ended = loop {
        if let Some(stop) = watch.stop() {
            break Err(stop);
        }
        match child.try_wait().map_err(Error::io("wait for a program"))? {
            Some(status) => break Ok(status),
            None => std::thread::sleep(Duration::from_millis(LOOK_MS)),
        }
    };
    // Also what it left running, as far as that stayed in its group.
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let _ = child.wait();
    let status = ended?;
    match (watch.flooded(), status.code()) {
        (Some(flooded), _) => Err(flooded),
        (None, Some(code)) => Ok(code),
        (None, None) => Err(Error::Killed { signal: status.signal().unwrap_or_default() }),
    }
}

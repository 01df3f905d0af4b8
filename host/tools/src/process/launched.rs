//! Through a launcher: a process of one thread that confines itself and becomes the program.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::{Job, LOOK_MS, Watch};
use crate::confine::wire::{self, Ceilings, Message, Spec, View};
use crate::confine::{BARE, OUTER};
use crate::error::Error;
use crate::program::Linkage;
use crate::runner::read_at;
use crate::scratch::Scratch;
use crate::tool::{Confinement, Tool};

/// How long a launcher may take to end its program before it is killed itself, in milliseconds. The system then kills
/// the program in its stead.
const END_MS: u64 = 5_000;

/// Longest trial of the confinement, in milliseconds.
const PROBE_MS: u64 = 20_000;

/// What the launcher told.
#[derive(Default)]
struct Told {
    fault: Option<Error>,
    ending: Option<Message>,
    built: bool,
    closed: bool,
}

pub(crate) fn probe(launcher: &Path, scratch: &Scratch) -> Result<(), Error> {
    let view = View { root: root(scratch)?, reads: Vec::new(), libraries: true, scratch_bytes: 1 << 20 };
    let ceilings = Ceilings { file_bytes: 1 << 20, memory_bytes: 1 << 30 };
    let spec =
        Spec { view: Some(view), arguments: Vec::new(), environment: Vec::new(), directory: "/".to_owned(), ceilings };
    let mut launched = Launched::start(launcher, OUTER, Stdio::null(), Stdio::null())?;
    let end = Instant::now() + Duration::from_millis(PROBE_MS);
    while !launched.told.closed && Instant::now() < end {
        launched.look(&spec, None)?;
    }
    launched.end();
    match (launched.told.fault.take(), launched.told.built) {
        (Some(fault), _) => Err(fault),
        (None, true) => Ok(()),
        (None, false) => Err(Error::NotConfined { reason: "the launcher said nothing".to_owned() }),
    }
}

/// Runs a program to its end, or to what `watch` sets.
pub(crate) fn run(job: Job<'_>, watch: &Watch<'_>) -> Result<i32, Error> {
    let spec = spec(job.tool, job.scratch, job.arguments, job.environment, job.directory)?;
    let stage = if spec.view.is_some() { OUTER } else { BARE };
    let mut launched = Launched::start(job.launcher, stage, job.stdout.into(), job.stderr.into())?;
    let status = loop {
        if let Some(stop) = watch.stop() {
            launched.end();
            return Err(stop);
        }
        launched.look(&spec, Some(job.program.as_fd()))?;
        if let Some(status) = launched.child.try_wait().map_err(Error::io("wait for a program"))? {
            break status;
        }
    };
    while !launched.told.closed && launched.look(&spec, None).is_ok_and(|news| news) {}
    launched.end();
    if let Some(fault) = launched.told.fault.take().or_else(|| watch.flooded()) {
        return Err(fault);
    }
    let signal = |signal| Err(Error::Killed { signal });
    match (stage, launched.told.ending.take()) {
        (_, Some(Message::Ended(code))) => Ok(code),
        (_, Some(Message::Killed(number))) => signal(number),
        (BARE, _) => status.code().map_or_else(|| signal(status.signal().unwrap_or_default()), Ok),
        (_, _) => Err(Error::Io { action: "run a program", reason: format!("its launcher ended: {status}") }),
    }
}

fn spec(
    tool: &Tool,
    scratch: &Scratch,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    directory: String,
) -> Result<Spec, Error> {
    let limits = &tool.limits;
    let view = match tool.confinement {
        Confinement::None => None,
        Confinement::Namespaces => {
            let mut reads = vec![(scratch.path().join("input"), "/input".to_owned())];
            reads.extend(tool.reads.iter().map(|(name, path)| (path.clone(), read_at(name))));
            let libraries = tool.program.linkage == Linkage::Dynamic;
            Some(View { root: root(scratch)?, reads, libraries, scratch_bytes: limits.scratch_bytes })
        }
    };
    // One byte more than it may say, so that too much can be told from exactly enough.
    let file_bytes = limits.scratch_bytes.max(limits.output_bytes.saturating_add(1));
    let ceilings = Ceilings { file_bytes, memory_bytes: limits.memory_bytes };
    Ok(Spec { view, arguments, environment, directory, ceilings })
}

/// An empty folder for the new root.
fn root(scratch: &Scratch) -> Result<std::path::PathBuf, Error> {
    scratch.folder("root").map_err(Error::io("make a scratch folder"))
}

/// A launcher and our end of the line to it.
struct Launched {
    child: Child,
    line: Option<OwnedFd>,
    told: Told,
    stage: &'static str,
}

impl Launched {
    fn start(launcher: &Path, stage: &'static str, stdout: Stdio, stderr: Stdio) -> Result<Self, Error> {
        let (ours, theirs) = wire::line().map_err(Error::io("make a socket"))?;
        let mut command = Command::new(launcher);
        command.arg(stage).env_clear().current_dir("/").stdin(theirs).stdout(stdout).stderr(stderr);
        // Ctrl-C on the terminal is the host's to hear.
        let child = command.process_group(0).spawn().map_err(Error::io("start the launcher"))?;
        Ok(Self { child, line: Some(ours), told: Told::default(), stage })
    }

    /// Listens for a moment, and answers. Whether there was something.
    fn look(&mut self, spec: &Spec, program: Option<BorrowedFd<'_>>) -> Result<bool, Error> {
        let Some(line) = self.line.as_ref().filter(|_| !self.told.closed) else {
            std::thread::sleep(Duration::from_millis(LOOK_MS));
            return Ok(false);
        };
        let Some(message) = wire::listen(line.as_fd(), LOOK_MS).map_err(Error::io("hear the launcher"))? else {
            return Ok(false);
        };
        match message {
            Message::Ready => wire::send_spec(line.as_fd(), spec, program).map_err(Error::io("tell the launcher"))?,
            Message::Built => self.told.built = true,
            Message::NotConfined(reason) => self.told.fault = Some(Error::NotConfined { reason }),
            Message::NotStarted(reason) => {
                self.told.fault = Some(Error::Io { action: "start the program", reason });
            }
            Message::Ended(_) | Message::Killed(_) => self.told.ending = Some(message),
            Message::Closed => self.told.closed = true,
        }
        Ok(true)
    }

    /// Ends everything that was started, and waits until it is gone.
    fn end(&mut self) {
        // The outer launcher hears the line fall and kills what is inside, down to the last process.
        self.line = None;
        if self.stage == BARE {
            let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let end = Instant::now() + Duration::from_millis(END_MS);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        if self.line.is_some() {
            self.end();
        }
    }
}

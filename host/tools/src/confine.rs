//! The launcher: a process of one thread that becomes a program, confined.
//!
//! Two processes, each this same binary. The outer one makes namespaces and starts the inner one, which is process 1 in
//! there. The inner one gets the order over its standard input, a socket: what to show, what to run, and the program in
//! sealed memory; it builds a root of its own, drops every right and becomes the program. The outer one waits. When the
//! host lets go of the socket, or ends, the outer one kills process 1, and with it the system kills whatever was started
//! in there. Without confinement there is one process, which becomes the program.

mod privileges;
mod view;
pub(crate) mod wire;

use std::convert::Infallible;
use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode};

use nix::sched::{CloneFlags, unshare};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getgid, getuid, pidfd_open, set_parent_process_death_signal};

use wire::{Message, Order};

/// The first argument of a launcher that confines.
pub(crate) const OUTER: &str = "__confine";

/// The first argument of what it starts.
const INNER: &str = "__confined";

/// The first argument of a launcher that does not confine.
pub(crate) const BARE: &str = "__launch";

/// Exit code of a launcher that failed; what went wrong goes over the socket.
const FAILED: u8 = 125;

/// Does a launcher's work where this process was started to do it; `main` begins with it, before there is a second thread.
/// None in any other process.
#[must_use]
pub fn launched() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let stage = arguments.next()?;
    let work: fn(BorrowedFd<'_>) -> Result<ExitCode, Fault> = if stage == OsStr::new(OUTER) {
        outer
    } else if stage == OsStr::new(INNER) {
        inner
    } else if stage == OsStr::new(BARE) {
        bare
    } else {
        return None;
    };
    let stdin = io::stdin();
    let code = work(stdin.as_fd()).unwrap_or_else(|fault| {
        // The line may be the one thing that is broken; then the host learns it from the exit code.
        let _ = wire::send(stdin.as_fd(), &fault.into());
        ExitCode::from(FAILED)
    });
    Some(code)
}

/// Why a launcher could not do its work.
enum Fault {
    NotConfined {
        step: &'static str,
        reason: io::Error,
    },
    NotStarted {
        reason: io::Error,
    },
    /// The host is gone or changed its mind.
    Alone,
}

impl From<Fault> for Message {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotConfined { step, reason } => Self::NotConfined(format!("{step}: {reason}")),
            Fault::NotStarted { reason } => Self::NotStarted(reason.to_string()),
            Fault::Alone => Self::NotStarted("nobody asked for it any more".to_owned()),
        }
    }
}

fn confining<E: Into<io::Error>>(step: &'static str) -> impl FnOnce(E) -> Fault {
    move |error| Fault::NotConfined { step, reason: error.into() }
}

fn starting<E: Into<io::Error>>(error: E) -> Fault {
    Fault::NotStarted { reason: error.into() }
}

/// Makes the namespaces, starts process 1 in them, and waits for its end or the host's word.
fn outer(line: BorrowedFd<'_>) -> Result<ExitCode, Fault> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(starting)?;
    close_others().map_err(starting)?;
    isolate()?;
    let mut command = Command::new("/proc/self/exe");
    command.arg(INNER).env_clear().stdin(line.try_clone_to_owned().map_err(starting)?);
    let mut child = command.spawn().map_err(confining("starting process 1"))?;
    drop(command);
    let pid = Pid::from_child(&child);
    let watched = pidfd_open(pid, PidfdFlags::empty()).map_err(confining("watching process 1"));
    let watched = watched.inspect_err(|_| drop(child.kill()))?;
    loop {
        // No events of the line are asked for: its data are the other one's, its fall is always told.
        let mut fds = [PollFd::new(&line, PollFlags::empty()), PollFd::new(&watched, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(starting(error)),
        }
        if !fds[0].revents().is_empty() {
            // When process 1 has ended, so has everything in there: the system sees to that before it tells.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(ExitCode::from(FAILED));
        }
        if let Some(status) = child.try_wait().map_err(starting)? {
            let ending =
                status.code().map_or_else(|| Message::Killed(status.signal().unwrap_or_default()), Message::Ended);
            wire::send(line, &ending).map_err(starting)?;
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Leaves every namespace that can be left. Inside, this user is called root and has no right outside of it.
fn isolate() -> Result<(), Fault> {
    let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
    let all = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    unshare(all).map_err(confining("making namespaces"))?;
    // Since Linux 3.19 a group may be mapped only by who gave up changing groups.
    fs::write("/proc/self/setgroups", "deny").map_err(confining("giving up groups"))?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1")).map_err(confining("mapping the user"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1")).map_err(confining("mapping the group"))
}

/// Process 1: takes the order, builds the root, drops every right, becomes the program.
fn inner(line: BorrowedFd<'_>) -> Result<ExitCode, Fault> {
    // The outer one may have ended before this took hold; then nobody answers `Ready`, and the order never comes.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(confining("binding to the launcher"))?;
    let Order { spec, program } = order(line)?;
    if let Some(seen) = &spec.view {
        view::build(seen)?;
    }
    rustix::system::sethostname(b"tool").map_err(confining("naming the machine"))?;
    privileges::limit(&spec.ceilings).map_err(confining("setting limits"))?;
    privileges::drop_all().map_err(confining("dropping capabilities"))?;
    let Some(program) = program else {
        wire::send(line, &Message::Built).map_err(starting)?;
        return Ok(ExitCode::SUCCESS);
    };
    become_program(line, &spec, &program)
}

/// The program without confinement: this very process, in a session of its own.
fn bare(line: BorrowedFd<'_>) -> Result<ExitCode, Fault> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(starting)?;
    close_others().map_err(starting)?;
    let Order { spec, program } = order(line)?;
    let program = program.ok_or(Fault::Alone)?;
    privileges::limit(&spec.ceilings).map_err(starting)?;
    rustix::thread::set_no_new_privs(true).map_err(starting)?;
    become_program(line, &spec, &program)
}

fn order(line: BorrowedFd<'_>) -> Result<Order, Fault> {
    wire::send(line, &Message::Ready).map_err(starting)?;
    wire::receive_order(line).map_err(starting)?.ok_or(Fault::Alone)
}

/// Returns only when it did not work.
fn become_program(line: BorrowedFd<'_>, spec: &wire::Spec, program: &OwnedFd) -> Result<ExitCode, Fault> {
    let text = |text: &String| CString::new(text.as_str()).map_err(|error| starting(io::Error::other(error)));
    let arguments = spec.arguments.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    let variable = |(name, value): &(String, String)| text(&format!("{name}={value}"));
    let environment = spec.environment.iter().map(variable).collect::<Result<Vec<_>, _>>()?;
    std::env::set_current_dir(&spec.directory).map_err(starting)?;
    // The line closes when the program takes over, and standard input is nothing.
    let line = rustix::io::fcntl_dupfd_cloexec(line, 3).map_err(starting)?;
    let nothing = fs::File::open("/dev/null").map_err(starting)?;
    rustix::stdio::dup2_stdin(&nothing).map_err(starting)?;
    let failed: Result<Infallible, _> =
        nix::unistd::execveat(program, c"", &arguments, &environment, nix::fcntl::AtFlags::AT_EMPTY_PATH);
    let fault = match failed {
        Ok(never) => match never {},
        Err(error) => starting(error),
    };
    let _ = wire::send(line.as_fd(), &fault.into());
    Ok(ExitCode::from(FAILED))
}

/// Closes what this process was left with beside its three streams: whoever started the host may have left things open
/// that are none of a program's business.
fn close_others() -> io::Result<()> {
    let open = fs::read_dir("/proc/self/fd")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    for fd in open.collect::<Vec<_>>().into_iter().filter(|&fd| fd > 2) {
        // The one that read the list is closed by now.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

//! What host and launcher say to each other, over a socket that keeps messages whole.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};

/// Longest message, in bytes: what the system takes in one piece unless told otherwise.
const MESSAGE_BYTES_MAX: usize = 200 * 1024;

/// What the launcher is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// None: without confinement.
    pub(crate) view: Option<View>,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) directory: String,
    pub(crate) ceilings: Ceilings,
}

/// What the program sees of the machine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct View {
    /// An empty folder.
    pub(crate) root: PathBuf,
    /// What is shown, read-only, and where.
    pub(crate) reads: Vec<(PathBuf, String)>,
    /// Whether the system's libraries are shown.
    pub(crate) libraries: bool,
    pub(crate) scratch_bytes: u64,
}

/// What the system holds the program to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ceilings {
    pub(crate) file_bytes: u64,
    pub(crate) memory_bytes: u64,
}

/// What a launcher says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    /// It waits for its order.
    Ready,
    /// It has confined itself, and was given no program.
    Built,
    /// It cannot confine itself.
    NotConfined(String),
    /// It cannot start the program.
    NotStarted(String),
    /// The program ended with this code.
    Ended(i32),
    /// The program was ended by this signal.
    Killed(i32),
    /// Nobody is on the line any more. Never sent.
    Closed,
}

/// An order as it arrives.
pub(crate) struct Order {
    pub(crate) spec: Spec,
    pub(crate) program: Option<OwnedFd>,
}

/// A line.
pub(crate) fn line() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Says something to the host.
pub(crate) fn send(line: BorrowedFd<'_>, message: &Message) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    sendmsg(line, &[IoSlice::new(&bytes)], &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Hears what a launcher says, within some time.
pub(crate) fn listen(line: BorrowedFd<'_>, wait_ms: u64) -> io::Result<Option<Message>> {
    let mut fds = [PollFd::new(&line, PollFlags::IN)];
    let nanoseconds = i64::try_from(wait_ms * 1_000_000).unwrap_or(i64::MAX);
    let wait = Timespec { tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000 };
    match poll(&mut fds, Some(&wait)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    match rustix::net::recv(line, &mut bytes[..], RecvFlags::empty()) {
        Ok((0, _)) | Err(rustix::io::Errno::CONNRESET) => Ok(Some(Message::Closed)),
        Ok((length, _)) => Ok(Some(serde_json::from_slice(&bytes[..length])?)),
        Err(error) => Err(error.into()),
    }
}

/// Gives a launcher its order, and the program.
pub(crate) fn send_spec(line: BorrowedFd<'_>, spec: &Spec, program: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let bytes = serde_json::to_vec(spec)?;
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(io::Error::other(format!("command line and environment need more than {MESSAGE_BYTES_MAX} bytes")));
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut along = SendAncillaryBuffer::new(&mut space);
    let program = program.map(|program| [program]);
    if let Some(program) = &program {
        along.push(SendAncillaryMessage::ScmRights(program));
    }
    sendmsg(line, &[IoSlice::new(&bytes)], &mut along, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Waits for the order. None when the host is gone.
pub(crate) fn receive_order(line: BorrowedFd<'_>) -> io::Result<Option<Order>> {
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut along = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(line.as_fd(), &mut [IoSliceMut::new(&mut bytes)], &mut along, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let spec = serde_json::from_slice(&bytes[..received.bytes])?;
    let program = along
        .drain()
        .find_map(|message| if let RecvAncillaryMessage::ScmRights(mut fds) = message { fds.next() } else { None });
    Ok(Some(Order { spec, program }))
}

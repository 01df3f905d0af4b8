//! Starting a program, watching it, and ending it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::error::Error;
use crate::scratch::Scratch;
use crate::tool::Tool;

#[cfg(target_os = "linux")]
mod launched;
#[cfg(not(target_os = "linux"))]
mod plain;

#[cfg(target_os = "linux")]
pub(crate) use launched::{probe, run};
#[cfg(not(target_os = "linux"))]
pub(crate) use plain::{probe, run};

/// How often a running program is looked at, in milliseconds.
const LOOK_MS: u64 = 5;

/// A program, ready to be started.
pub(crate) struct Job<'a> {
    pub(crate) launcher: &'a Path,
    #[cfg(target_os = "linux")]
    pub(crate) program: Arc<std::os::fd::OwnedFd>,
    pub(crate) scratch: &'a Scratch,
    pub(crate) tool: &'a Tool,
    /// The name it is called by, then its arguments.
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Where it starts, as it sees it.
    pub(crate) directory: String,
    pub(crate) stdout: File,
    pub(crate) stderr: File,
}

/// What ends a program early.
pub(crate) struct Watch<'a> {
    pub(crate) cancelled: &'a Arc<AtomicBool>,
    /// The limit in milliseconds, and when it is reached.
    pub(crate) deadline: Option<(u64, Instant)>,
    pub(crate) outputs: [&'a PathBuf; 2],
    pub(crate) output_bytes: u64,
}

impl Watch<'_> {
    /// Why the program has to end now.
    pub(crate) fn stop(&self) -> Option<Error> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Some(Error::Cancelled);
        }
        let late = self.deadline.filter(|(_, end)| Instant::now() >= *end);
        late.map(|(limit_ms, _)| Error::Timeout { limit_ms }).or_else(|| self.flooded())
    }

    /// Whether it wrote more than it may. Looked at once more when it is over.
    pub(crate) fn flooded(&self) -> Option<Error> {
        let size = |path: &&PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
        let largest = self.outputs.iter().map(size).max().unwrap_or(0);
        (largest > self.output_bytes).then_some(Error::OutputTooLarge { limit: self.output_bytes })
    }
}

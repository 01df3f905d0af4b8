//! One execution: on its way, and over.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::scratch::Scratch;

/// An execution on its way. Dropping it kills the program and waits until nothing of it is left.
#[derive(Debug)]
pub struct Execution {
    cancelled: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Execution {
    /// The program gets a thread that lives as long as it does: it waits for it, so that no zombie stays, and the system
    /// kills the program should that thread, and with it the process, end first (`PR_SET_PDEATHSIG` looks at threads).
    pub(crate) fn start(work: impl FnOnce(Arc<AtomicBool>) + Send + 'static) -> Self {
        let cancelled = Arc::<AtomicBool>::default();
        let told = Arc::clone(&cancelled);
        // Where no thread can be had, `work` is dropped with its `done`, and whoever waits learns that nothing will come.
        let thread = std::thread::Builder::new().name("tool".to_owned()).spawn(move || work(told)).ok();
        Self { cancelled, thread }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic there is a bug, and was told by the thread itself.
            let _ = thread.join();
        }
    }
}

/// An execution that is over. Dropping it deletes its scratch folder, and with it what it wrote.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// Wall clock.
    pub duration_ms: u64,
    stdout: PathBuf,
    stderr: PathBuf,
    _scratch: Arc<Scratch>,
}

impl Ended {
    pub(crate) fn new(code: i32, duration_ms: u64, stdout: PathBuf, stderr: PathBuf, scratch: Scratch) -> Self {
        Self { code, duration_ms, stdout, stderr, _scratch: Arc::new(scratch) }
    }

    /// The file with what it wrote to standard output.
    #[must_use]
    pub fn stdout(&self) -> &Path {
        &self.stdout
    }

    /// The file with what it wrote to standard error.
    #[must_use]
    pub fn stderr(&self) -> &Path {
        &self.stderr
    }
}

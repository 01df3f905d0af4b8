//! Waits until something stirs where a run's inputs lie: by the system's own word, and by looking where it gives none.

use std::path::Path;
use std::time::{Duration, Instant};

use chiron_pipeline::Inputs;
use chiron_pipeline::inputs::Reach;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{self, Receiver};

/// How long one wait is, so that Ctrl-C is heard.
const TICK: Duration = Duration::from_millis(200);

/// How often it is looked where the system cannot say what happens: no watches left, a file system without them.
const LOOKING: Duration = Duration::from_secs(1);

/// How often it is looked all the same: network file systems take a watch and say nothing.
const LOOKING_ALL_THE_SAME: Duration = Duration::from_secs(10);

/// Watches for as long as it is kept.
pub(super) struct Lookout {
    events: Receiver<()>,
    /// Gives events while it lives.
    _watcher: Option<RecommendedWatcher>,
    every: Duration,
    looked: Instant,
}

impl Lookout {
    /// Over every place of these inputs.
    pub(super) fn over(inputs: &Inputs) -> Self {
        // One that waits says as much as many.
        let (sender, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is no change, and a run reads. An error may hide one.
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                let _ = sender.try_send(());
            }
        });
        let mut seen = true;
        let watcher = watcher.ok().map(|mut watcher| {
            for (path, reach) in inputs.places() {
                seen &= add(&mut watcher, path, reach);
            }
            watcher
        });
        let every = if seen && watcher.is_some() { LOOKING_ALL_THE_SAME } else { LOOKING };
        Self { events, _watcher: watcher, every, looked: Instant::now() }
    }

    /// Whether it is worth looking now; comes back after a moment in any case.
    pub(super) async fn stirred(&mut self) -> bool {
        // The sender lives in the watcher; without one there is nothing but looking.
        let event = tokio::time::timeout(TICK, self.events.recv()).await;
        if let Ok(None) = event {
            tokio::time::sleep(TICK).await;
        }
        let stirred = matches!(event, Ok(Some(()))) || self.looked.elapsed() >= self.every;
        if stirred {
            self.looked = Instant::now();
        }
        stirred
    }
}

/// Watches a place, or, where it is not there yet, the nearest folder that is.
fn add(watcher: &mut RecommendedWatcher, path: &Path, reach: Reach) -> bool {
    let mode = match reach {
        Reach::Flat => RecursiveMode::NonRecursive,
        Reach::Deep => RecursiveMode::Recursive,
    };
    if path.exists() {
        return watcher.watch(path, mode).is_ok();
    }
    let nearest = path.ancestors().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    nearest
        .into_iter()
        .find(|folder| folder.exists())
        .is_some_and(|folder| watcher.watch(folder, RecursiveMode::NonRecursive).is_ok())
}

//! What all open members of one subject may hold at one time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::Limits;

/// Inflated bytes that are alive, in memory and in temporary files. Shared by every blob of a subject, so that a plugin
/// that opens a thousand members cannot have more than one that opens ten.
#[derive(Debug)]
pub(crate) struct Budget {
    memory: AtomicU64,
    disk: AtomicU64,
    memory_max: u64,
    disk_max: u64,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            memory: AtomicU64::new(0),
            disk: AtomicU64::new(0),
            memory_max: limits.memory_bytes_max,
            disk_max: limits.total_bytes_max,
        })
    }

    /// What a temporary file may hold at most, for messages.
    pub(crate) fn disk_max(&self) -> u64 {
        self.disk_max
    }
}

/// What one member holds. Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    memory: u64,
    disk: u64,
}

impl Reservation {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), memory: 0, disk: 0 }
    }

    /// Takes `bytes` more of memory; false, and nothing taken, when that is too much.
    pub(crate) fn take_memory(&mut self, bytes: u64) -> bool {
        let taken = take(&self.budget.memory, bytes, self.budget.memory_max);
        self.memory += if taken { bytes } else { 0 };
        taken
    }

    /// Takes `bytes` more of disk; false, and nothing taken, when that is too much.
    pub(crate) fn take_disk(&mut self, bytes: u64) -> bool {
        let taken = take(&self.budget.disk, bytes, self.budget.disk_max);
        self.disk += if taken { bytes } else { 0 };
        taken
    }

    /// Gives all memory back, once it has gone to disk.
    pub(crate) fn release_memory(&mut self) {
        self.budget.memory.fetch_sub(self.memory, Ordering::Relaxed);
        self.memory = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release_memory();
        self.budget.disk.fetch_sub(self.disk, Ordering::Relaxed);
    }
}

fn take(held: &AtomicU64, bytes: u64, max: u64) -> bool {
    held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| now.checked_add(bytes).filter(|sum| *sum <= max))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_given_back() {
        let limits = Limits { memory_bytes_max: 10, total_bytes_max: 10, ..Limits::default() };
        let budget = Budget::new(&limits);
        let mut first = Reservation::new(&budget);
        assert!(first.take_memory(8) && first.take_disk(10));
        let mut second = Reservation::new(&budget);
        assert!(!second.take_memory(3) && !second.take_disk(1));
        drop(first);
        assert!(second.take_memory(10) && second.take_disk(10));
    }
}

//! What a foreign runtime sees around it: made from the call's inputs alone, so that a replay is exact.

use std::collections::VecDeque;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::plugin::Call;

/// Most lines of standard error kept for the message of a trap. A panic of Rust is three.
const LAST_LINES: usize = 4;

/// Time, randomness and half-written lines of one call.
pub(crate) struct Surroundings {
    /// The run's time, since 1970.
    now: Duration,
    /// How long the guest slept: nobody waits for it, its clocks move on.
    slept_ns: u64,
    /// How often it asked for the time: a monotonic clock moves.
    readings: u64,
    seed: [u8; 32],
    drawn: u64,
    /// What was written to standard output and error since the last line feed.
    pub(super) partial: [Vec<u8>; 2],
    /// The last lines of standard error.
    last_lines: VecDeque<String>,
}

impl Surroundings {
    /// `component` is the digest of the component's bytes.
    pub(crate) fn new(component: &str, call: &Call<'_>) -> Self {
        let mut seed = Sha256::new();
        // Lengths first, so that no two inputs run into each other.
        for part in [component, call.step, call.config] {
            seed.update((part.len() as u64).to_le_bytes());
            seed.update(part);
        }
        Self {
            now: call.now,
            slept_ns: 0,
            readings: 0,
            seed: seed.finalize().into(),
            drawn: 0,
            partial: [Vec::new(), Vec::new()],
            last_lines: VecDeque::new(),
        }
    }

    /// The run's time, and what was slept since.
    pub(super) fn wall_clock(&self) -> Duration {
        self.now.saturating_add(Duration::from_nanos(self.slept_ns))
    }

    /// Nanoseconds since the call began: those slept, and one for each reading.
    pub(super) fn monotonic_ns(&mut self) -> u64 {
        self.readings = self.readings.saturating_add(1);
        self.slept_ns.saturating_add(self.readings)
    }

    /// Moves the clocks to a moment, as if it had been waited for.
    pub(super) fn sleep_until(&mut self, monotonic_ns: u64) {
        self.slept_ns = self.slept_ns.max(monotonic_ns.saturating_sub(self.readings));
    }

    /// Whether a moment has come.
    pub(super) fn has_come(&self, monotonic_ns: u64) -> bool {
        self.slept_ns.saturating_add(self.readings) >= monotonic_ns
    }

    /// The next 64 bits of the seed's stream.
    pub(super) fn draw(&mut self) -> u64 {
        let block = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_le_bytes()).finalize();
        self.drawn += 1;
        block.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// Keeps a line of standard error: a panic's text arrives there just before its trap.
    pub(super) fn remember(&mut self, line: String) {
        if line.trim().is_empty() {
            return;
        }
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
    }

    /// What standard error said last, on one line.
    pub(crate) fn last_words(&self) -> Option<String> {
        let lines: Vec<_> = self.last_lines.iter().map(String::as_str).collect();
        (!lines.is_empty()).then(|| lines.join(" | "))
    }
}

//! What guests of several kinds do alike.

use std::hint::black_box;

use chiron_sdk::{log, progress};

#[path = "active.rs"]
mod active;

pub use active::ACTIVE;

/// Computes for ever.
pub fn spin() -> ! {
    let mut n = 0_u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

/// What a guest says once it works, to whoever then stops the run.
pub const BEGUN: &str = "it has begun";

/// What it says once it has heard that the run is being stopped.
pub const HEARD: &str = "it has heard";

/// Says that it works, and computes until the run is stopped.
pub fn work_until_cancelled() {
    log::warn(BEGUN);
    progress::report(0, None, BEGUN);
    while !progress::cancelled() {
        // Between two questions, so that they do not spend the budget of calls.
        (0..100_000_u64).for_each(|n| _ = black_box(n));
    }
    log::warn(HEARD);
}

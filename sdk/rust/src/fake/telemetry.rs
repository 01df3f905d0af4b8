//! What a plugin logged in this test, and whether its run is cancelled. Per thread, as tests are.

use std::cell::{Cell, RefCell};

use crate::log::Level;

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Line {
    /// How grave it is.
    pub level: Level,
    /// Its words.
    pub message: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

thread_local! {
    static LINES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
    static CANCELLED: Cell<bool> = const { Cell::new(false) };
}

/// Takes the lines logged on this thread so far.
#[must_use]
pub fn logged() -> Vec<Line> {
    LINES.take()
}

/// From here on [`crate::progress::cancelled`] answers yes on this thread.
pub fn cancel() {
    CANCELLED.set(true);
}

pub(crate) fn record(level: Level, message: &str, fields: &[(String, String)]) {
    LINES.with_borrow_mut(|lines| lines.push(Line { level, message: message.to_owned(), fields: fields.to_vec() }));
}

pub(crate) fn is_cancelled() -> bool {
    CANCELLED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_cancellation_reach_the_test() {
        crate::log::warn("odd");
        assert!(crate::progress::check().is_ok());
        cancel();
        assert!(crate::progress::check().is_err());
        assert_eq!(logged()[0].message, "odd");
        assert!(logged().is_empty());
    }
}

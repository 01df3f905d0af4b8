//! `chiron:telemetry/log`: lines to the host's log, within a budget.

use chiron_model::plugin::Capability;
use chiron_model::text::one_line;

use crate::abi::powers::chiron::telemetry::log;
use crate::powers::Level;
use crate::state::{LogBudget, State};
use crate::weigh::Weigh as _;

impl log::Host for State {
    fn enabled(&mut self, level: log::Level) -> wasmtime::Result<bool> {
        self.using(Capability::Log, 1, |state| Ok(state.powers.journal.enabled(level.into())))
    }

    fn emit(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        self.using(Capability::Log, message.weight() + fields.weight(), |state| {
            // A panic's text is kept even when the budget is spent: it explains the trap that follows.
            if level == log::Level::Error {
                state.log.last_error = Some(tame(&message, state.limits.log_line_bytes));
            } else {
                state.limiter.survived();
            }
            state.note(level.into(), &message, &fields);
            Ok(())
        })
    }
}

impl State {
    /// One line to the journal, inert and cut, if the budget has one left.
    pub(crate) fn note(&mut self, level: Level, message: &str, fields: &[(String, String)]) {
        if self.log.lines >= self.limits.log_lines {
            self.log.dropped += 1;
            return;
        }
        self.log.lines += 1;
        let max = self.limits.log_line_bytes;
        if message.len() > max as usize || fields.iter().any(|(key, value)| key.len().max(value.len()) > max as usize) {
            self.log.cut += 1;
        }
        let fields: Vec<_> = fields.iter().take(32).map(|(key, value)| (tame(key, max), tame(value, max))).collect();
        self.powers.journal.log(level, &tame(message, max), &fields);
    }

    /// Says what the log does not hold, once, when the call ends: a line that is missing must not look as if it had
    /// never been written.
    pub(crate) fn account_for_lines(&mut self) {
        let (LogBudget { dropped, cut, .. }, limits) = (&self.log, &self.limits);
        let say = |count: u64, what: &str, limit: u32, key: &'static str| {
            if count > 0 {
                let lines = if count == 1 { "line was" } else { "lines were" };
                let text = format!("{count} {lines} {what} {limit} ({})", self.powers.journal.advice(key));
                self.powers.journal.log(Level::Warn, &text, &[]);
            }
        };
        say(*dropped, "dropped: one call may write", limits.log_lines, "limits.log_lines");
        say(*cut, "cut: the most bytes of one are", limits.log_line_bytes, "limits.log_line");
    }
}

/// One line, inert and short: a line feed in it would let a guest write lines of others, such as commands to a CI runner.
/// Cut first, because replacing makes it longer.
pub(crate) fn tame(text: &str, bytes_max: u32) -> String {
    cut(&one_line(&cut(text, bytes_max)), bytes_max)
}

fn cut(text: &str, bytes_max: u32) -> String {
    let mut end = text.len().min(bytes_max as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

impl From<log::Level> for Level {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Trace => Self::Trace,
            log::Level::Debug => Self::Debug,
            log::Level::Info => Self::Info,
            log::Level::Warn => Self::Warn,
            log::Level::Error => Self::Error,
        }
    }
}

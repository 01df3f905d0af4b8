//! The report for a person at a terminal.
//!
//! What matters most comes first: how bad it is, what to upgrade, what could not be told, and why the run was denied.
//! Every text that came from somebody else passes [`canvas::Line`], which makes it inert and cuts it: no escape sequence
//! survives, and no line is wider than the terminal.

use chiron_model::report::Report;

mod canvas;
mod coverage;
mod findings;
mod policies;
mod set_aside;
mod steps;
mod summary;

use canvas::Canvas;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The summary and the decision.
    Quiet,
    /// What a person acts on.
    #[default]
    Normal,
    /// All ids, ratings, places and messages; nothing left out of lists.
    Verbose,
}

/// How the table is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// Columns of the terminal; below 40 it is taken for 40, above 200 for 200.
    pub width: u16,
    /// Whether to colour. `NO_COLOR` and pipes are the caller's to look at.
    pub color: bool,
    /// How much is shown.
    pub verbosity: Verbosity,
    /// Whether to draw how each affected component came to be there.
    pub tree: bool,
}

impl Default for TableOptions {
    /// For a file or a pipe: 100 columns, no colour.
    fn default() -> Self {
        Self { width: 100, color: false, verbosity: Verbosity::Normal, tree: false }
    }
}

/// Draws the report. The text ends in a line feed.
#[must_use]
pub fn render(report: &Report, options: TableOptions) -> String {
    let mut canvas = Canvas::new(options);
    summary::draw(report, &mut canvas);
    if options.verbosity > Verbosity::Quiet {
        findings::draw(report, &mut canvas);
        set_aside::draw(report, &mut canvas);
        steps::draw(report, &mut canvas);
        coverage::files(report, &mut canvas);
        coverage::databases(report, &mut canvas);
        coverage::enrichments(report, &mut canvas);
        policies::draw(report, &mut canvas);
        policies::notes(report, &mut canvas);
    }
    canvas.finish()
}

#[cfg(test)]
mod tests;

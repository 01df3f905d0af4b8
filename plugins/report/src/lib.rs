//! What plugins that read reports of other scanners share: documents within bounds, packages found again among the components of
//! a run, severities and scores in one vocabulary. A reader is a [`Report`]: the rest of a plugin follows from it.

mod bounded;
mod components;
mod document;
mod package;
mod program;
mod reader;
mod severity;
mod words;

pub use bounded::{List, Text};
pub use components::Components;
pub use document::read;
pub use package::Package;
pub use program::{complaint, names};
pub use reader::{Reader, Report, knowing};
pub use severity::{cvss, from_score, from_word, word};
pub use words::{is_inside, plain, upgrade};

/// Most findings that one report may hold. Large images have about 5,000; what is beyond this is no report that anybody could
/// act on, and its answer would not fit into what the host takes of one call.
pub const FINDINGS_MAX: usize = 20_000;

/// What [`Report::KNOWS`] says of a tool whose silence about a package never means that it looked.
pub const NOTHING: &[&str] = &["none"];

/// Says that a tool set a match aside, and why; such a claim is a note of the run, and no finding.
pub const SET_ASIDE: &str = "chiron:set-aside";

//! Markdown.

mod escape;

pub(crate) use escape::inert;

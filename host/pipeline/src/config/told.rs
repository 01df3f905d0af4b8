//! What is said about a pipeline, for the tests of its parts.

use std::path::Path;

/// The mistakes of a pipeline that ends in these tables, each as `LINE: MESSAGE`.
pub(super) fn mistakes(tables: &str) -> Vec<String> {
    let text = format!("[pipeline]\nname = \"p\"\nsubjects = [\"s\"]\n{tables}");
    let (_, mistakes) = super::read(&text, Path::new("pipeline.toml"));
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    mistakes.iter().map(|mistake| format!("{}: {}", line(mistake.span.start), mistake.message)).collect()
}

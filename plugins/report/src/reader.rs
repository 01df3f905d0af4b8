//! A plugin that reads reports of one kind: what differs is a [`Report`].

use std::marker::PhantomData;

use chiron_sdk::scan::{Component, ContentScanner, Finding, Source};
use chiron_sdk::{Description, Plugin, PluginError, Subject, config};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Components, document};

/// A kind of report: how such files are known, what is read of them, and what that says.
pub trait Report: 'static {
    /// Of the plugin.
    const NAME: &'static str;
    /// Of the plugin, in one line.
    const SUMMARY: &'static str;
    /// The report in words, with its article: "a report of trivy".
    const WHAT: &'static str;
    /// What the host makes such files out to be, by their bytes.
    const MEDIA_TYPE: &'static str;
    /// Names of such files where bytes cannot tell.
    const GLOBS: &'static [&'static str];
    /// Ecosystems that the tool has data about, by their names in OSV records; empty for one that has data about all that are
    /// known here. That a report does not mention a package says something only within these.
    const KNOWS: &'static [&'static str];
    /// The parts of a report that matter.
    type Document: DeserializeOwned;

    /// What a report says, about these components.
    ///
    /// # Errors
    /// For a version that is not understood, and for a report that says that its tool failed: that has found nothing out.
    fn findings(document: Self::Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError>;
}

/// The plugin that reads such reports.
#[derive(Debug)]
pub struct Reader<R>(PhantomData<R>);

/// What a report says is not a matter of taste.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

impl<R: Report> Plugin for Reader<R> {
    fn describe() -> Description {
        let description = Description::new(R::NAME, env!("CARGO_PKG_VERSION"), R::SUMMARY)
            .property("chiron:reads", R::WHAT)
            .property("chiron:input-media-type", R::MEDIA_TYPE);
        let description =
            R::GLOBS.iter().fold(description, |description, glob| description.property("chiron:input-glob", glob));
        knowing(description, R::KNOWS)
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        config::parse::<Config>(text).map(|Config {}| Self(PhantomData))
    }
}

/// A description that says which ecosystems the tool behind it has data about.
#[must_use]
pub fn knowing(description: Description, ecosystems: &[&str]) -> Description {
    ecosystems.iter().fold(description, |description, name| description.property("chiron:knows-ecosystem", name))
}

impl<R: Report> ContentScanner for Reader<R> {
    fn scan_content(
        &self,
        _: &Subject,
        source: Source<'_>,
        components: &[Component],
    ) -> Result<Vec<Finding>, PluginError> {
        match source {
            Source::File(blob) => R::findings(document::read(blob, R::WHAT)?, &Components::new(components)),
            Source::Directory(_) => Err(PluginError::BadInput(format!("a directory, not {}", R::WHAT))),
        }
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::{self, FakeBlob, FakeTree};

    use super::*;

    struct Lines;

    impl Report for Lines {
        const NAME: &'static str = "lines-report";
        const SUMMARY: &'static str = "Reads lines";
        const WHAT: &'static str = "a report of lines";
        const MEDIA_TYPE: &'static str = "application/json";
        const GLOBS: &'static [&'static str] = &["*.lines.json", "lines.json"];
        const KNOWS: &'static [&'static str] = &["npm"];
        type Document = Vec<String>;

        fn findings(document: Vec<String>, _: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
            Ok(document.iter().map(|line| Finding::new(line, line, line)).collect())
        }
    }

    #[test]
    fn the_description_says_which_files_it_wants_and_what_the_tool_knows() {
        let values: Vec<_> = Reader::<Lines>::describe().properties.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["a report of lines", "application/json", "*.lines.json", "lines.json", "npm"]);
        assert!(Reader::<Lines>::configure("{\"a\": 1}").is_err());
    }

    #[test]
    fn a_report_is_read_and_what_is_none_is_an_error() {
        let reader = Reader::<Lines>::configure("{}").unwrap();
        let scan = |source: Source<'_>| reader.scan_content(&fake::subject("x"), source, &[]);
        assert_eq!(scan(Source::File(&FakeBlob::new(r#"["a", "b"]"#))).unwrap().len(), 2);
        assert!(scan(Source::File(&FakeBlob::new("{}"))).is_err());
        assert!(scan(Source::Directory(&FakeTree::new())).is_err());
    }
}

//! `[databases.NAME]`: what a schema cannot judge, and their order.

use super::document::Document;
use super::file::{DatabaseTable, PipelineFile};
use super::{PipelineConfig, units};
use crate::mistake::{Mistake, MistakeClass};

/// Mistakes in the tables.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    let mut wrong = |pointer: String, message: String, label: &str, hint: &str| {
        let hint = Some(hint.to_owned());
        mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, label, hint));
    };
    for (name, table) in &file.databases {
        let at = |key: &str| format!("{}/{key}", pointer(name));
        if table.path.is_some() && table.records.is_some() {
            let message = format!("the database `{name}` has both `path` and `records`");
            wrong(
                at("records"),
                message,
                "one too many",
                "keep one: an index that was made, or records to make one of",
            );
        }
        let Some(age) = &table.max_age else { continue };
        if units::age_s(age).is_none() {
            wrong(at("max_age"), format!("`{age}` is no age"), "cannot be read", "write e.g. \"7d\", \"36h\", \"2w\"");
        } else if table.records.is_some() {
            let message =
                format!("`max_age` says nothing about the database `{name}`: its records are read anew in each run");
            wrong(at("max_age"), message, "has no effect", "remove it, or name an index with `path`");
        }
    }
}

/// The tables, in the order of the file.
pub(crate) fn in_order(config: &PipelineConfig) -> Vec<(&String, &DatabaseTable)> {
    let mut tables: Vec<_> = config.file.databases.iter().collect();
    tables.sort_by_key(|(name, _)| config.document.key_span(&pointer(name)).start);
    tables
}

fn pointer(name: &str) -> String {
    format!("/databases/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    const HEAD: &str = "[pipeline]\nname = \"p\"\nsubjects = [\"a\"]\n";

    #[test]
    fn they_are_asked_in_the_order_of_the_file() {
        for text in [
            "[databases.zeta]\nrecords = \"r\"\n[databases.alpha]\npath = \"p\"\n[databases.mid]\n",
            "[databases]\nzeta = { records = \"r\" }\nalpha.path = \"p\"\nmid = {}\n",
        ] {
            let config = config::parse(&format!("{HEAD}{text}"), Path::new("pipeline.toml")).unwrap();
            let names: Vec<_> = in_order(&config).into_iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["zeta", "alpha", "mid"], "{text}");
        }
    }

    #[test]
    fn ages_that_say_nothing_are_mistakes() {
        let text = format!(
            "{HEAD}[databases.a]\nmax_age = \"7 parsecs\"\n[databases.b]\nrecords = \"r\"\nmax_age = \"7d\"\n\
             [databases.c]\nrecords = \"r\"\npath = \"p\"\n[databases.d]\nmax_age = \"36h\"\n"
        );
        let mistakes = config::parse(&text, Path::new("pipeline.toml")).unwrap_err();
        let messages: Vec<_> = mistakes.items.iter().map(|mistake| mistake.message.as_str()).collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages[0].contains("7 parsecs") && messages[1].contains("`b`") && messages[2].contains("`c`"));
    }
}

//! What of folders is left out, and how a report says so.

use chiron_archive::{EntryKind, LeftOut, Litter, Walk, Why};
use chiron_model::report::{Note, Setting};

use crate::config::PipelineConfig;
use crate::house::House;
use crate::mistake::{Mistake, MistakeClass};
use crate::subjects::PlannedSubject;

/// Entries that a note names; the others are counted.
const NAMED: usize = 5;

/// The rules of pipeline.toml and those of the command line together. One that cannot be read is a mistake.
pub(super) fn rules(config: &PipelineConfig, house: &House, mistakes: &mut Vec<Mistake>) -> Walk {
    let table = &config.file.pipeline;
    let exclude: Vec<String> = table.exclude.iter().chain(&house.walking.exclude).cloned().collect();
    let litter = match table.no_ignore || house.walking.no_ignore {
        true => Litter::Walked,
        false => Litter::LeftOut,
    };
    Walk::new(&exclude, litter).unwrap_or_else(|error| {
        let pointer = format!("/pipeline/exclude/{}", error.index);
        let hint = Some("e.g. \"vendor/\", \"*.min.js\", \"/docs/examples\"".to_owned());
        mistakes.push(config.document.mistake(
            MistakeClass::Config,
            &pointer,
            error.to_string(),
            "not a pattern",
            hint,
        ));
        Walk::everything()
    })
}

/// What was left out of each folder: a gate is not passed by hiding something without a reader seeing it.
pub(super) fn notes(subjects: &[PlannedSubject]) -> Vec<Note> {
    let of = |planned: &PlannedSubject| {
        // The history of a work tree is no content of it: a fixed rule, and no news.
        let left_out: Vec<_> = planned.snapshot.left_out.iter().filter(|out| out.why != Why::History).collect();
        (!left_out.is_empty())
            .then(|| Note { code: "left-out".to_owned(), message: sentence(&planned.subject.name, &left_out) })
    };
    subjects.iter().filter_map(of).collect()
}

fn sentence(subject: &str, left_out: &[&LeftOut]) -> String {
    let folders = left_out.iter().filter(|out| out.kind == EntryKind::Directory).count();
    let counted = [(folders, "folder"), (left_out.len() - folders, "file")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}{}", if number == 1 { "" } else { "s" }));
    let counted = counted.collect::<Vec<_>>().join(" and ");
    // Folders first: they hide more.
    let mut named = left_out.to_vec();
    named.sort_by_key(|out| out.kind != EntryKind::Directory);
    let named = named.iter().take(NAMED).map(|out| {
        let slash = if out.kind == EntryKind::Directory { "/" } else { "" };
        format!("{}{slash} ({})", out.path, out.why)
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match left_out.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let litter = left_out.iter().any(|out| !matches!(out.why, Why::Excluded(_)));
    let how = if litter { "; --no-ignore looks at what git ignores" } else { "" };
    format!("of {subject}, {counted} left out, neither read nor hashed: {named}{more}{how}")
}

/// What pipeline.toml says; the command line's own settings are the door's.
pub(super) fn settings(config: &PipelineConfig) -> Vec<Setting> {
    let table = &config.file.pipeline;
    let setting = |key: &str, value: String| Setting {
        key: format!("pipeline.{key}"),
        value,
        source: "pipeline.toml".to_owned(),
    };
    let exclude = (!table.exclude.is_empty()).then(|| setting("exclude", table.exclude.join(", ")));
    let no_ignore = table.no_ignore.then(|| setting("no_ignore", "true".to_owned()));
    exclude.into_iter().chain(no_ignore).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted_and_named() {
        let out = |path: &str, kind, why| LeftOut { path: path.to_owned(), kind, why };
        let ignored = |pattern: &str| Why::Ignored(".gitignore".to_owned(), pattern.to_owned());
        let all = [
            out("a.log", EntryKind::File, ignored("*.log")),
            out("node_modules", EntryKind::Directory, Why::Locked("yarn.lock")),
        ];
        let text = sentence(".", &all.iter().collect::<Vec<_>>());
        assert!(
            text.starts_with("of ., 1 folder and 1 file left out, neither read nor hashed: node_modules/ ("),
            "{text}"
        );
        assert!(text.ends_with("a.log (`*.log` in .gitignore); --no-ignore looks at what git ignores"), "{text}");
        let one = out("x", EntryKind::File, Why::Excluded("x".to_owned()));
        let many: Vec<_> = std::iter::repeat_n(&one, 7).collect();
        let text = sentence("src", &many);
        assert!(text.contains("7 files left out") && text.ends_with(" and 2 more"), "{text}");
    }
}

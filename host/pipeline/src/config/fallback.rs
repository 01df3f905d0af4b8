//! `fallback`: which steps are tried when another fails. What the text alone can show to be wrong.

use std::collections::BTreeSet;

use super::Document;
use super::file::{PipelineFile, StepTable};
use crate::mistake::{Mistake, MistakeClass, nearest};

/// Fallbacks are other steps of the file, each named once, and lead back to nobody.
pub(super) fn check(file: &PipelineFile, document: &Document, mistakes: &mut Vec<Mistake>) {
    for (index, step) in file.steps.iter().enumerate() {
        for (place, id) in step.fallback.iter().enumerate() {
            let Some((message, label, hint)) = wrong(file, step, place, id) else { continue };
            let pointer = format!("/step/{index}/fallback/{place}");
            mistakes.push(document.mistake(MistakeClass::Config, &pointer, message, label, Some(hint)));
        }
    }
}

/// What is wrong with one entry: the message, the label, what to do.
fn wrong(file: &PipelineFile, step: &StepTable, place: usize, id: &str) -> Option<(String, &'static str, String)> {
    if id == step.id {
        let message = format!("the step `{id}` is its own fallback");
        let hint = "name another step, which is tried when this one fails, or remove it".to_owned();
        return Some((message, "the step itself", hint));
    }
    if step.fallback[..place].iter().any(|other| other == id) {
        let message = format!("`fallback` names `{id}` twice");
        return Some((message, "named before", "a step that failed is not tried again: remove it".to_owned()));
    }
    if !file.steps.iter().any(|other| other.id == id) {
        let message = format!("`fallback` names `{id}`, which is no step");
        let others = file.steps.iter().map(|other| other.id.as_str()).filter(|other| *other != step.id);
        let hint = match nearest(id, others) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add it; it runs only when `{}` fails:\n[[step]]\nid = \"{id}\"\nuses = \"…\"", step.id),
        };
        return Some((message, "no such step", hint));
    }
    let way = way(file, id, &step.id)?;
    let message = format!("fallbacks lead in a circle: {} -> {}", step.id, way.join(" -> "));
    let hint = "a step that failed is not tried again: remove one of these fallbacks".to_owned();
    Some((message, "leads back here", hint))
}

/// The ids on the way from one step to another along fallbacks, both ends included.
fn way(file: &PipelineFile, from: &str, to: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![vec![from]];
    while let Some(path) = open.pop() {
        let last = path.last()?;
        if *last == to {
            return Some(path.into_iter().map(str::to_owned).collect());
        }
        let next = file.steps.iter().filter(|step| step.id == *last).flat_map(|step| &step.fallback);
        for id in next.filter(|id| seen.insert(id)).collect::<Vec<_>>() {
            open.push(path.iter().copied().chain([id.as_str()]).collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;

    /// Steps by id and fallbacks -> (line, message) of each mistake.
    fn mistakes(steps: &[(&str, &str)]) -> Vec<(usize, String)> {
        let mut text = "[pipeline]\nname = \"x\"\nsubjects = [\".\"]\n".to_owned();
        for (id, fallback) in steps {
            text.push_str(&format!("[[step]]\nid = \"{id}\"\nuses = \"osv\"\nfallback = [{fallback}]\n"));
        }
        match parse(&text, Path::new("pipeline.toml")) {
            Ok(_) => Vec::new(),
            Err(mistakes) => mistakes.items.iter().map(|item| (mistakes.line(item), item.message.clone())).collect(),
        }
    }

    #[test]
    fn a_chain_is_a_plan() {
        assert_eq!(mistakes(&[("a", "'b', 'c'"), ("b", "'d'"), ("c", ""), ("d", "")]), []);
        // Two steps may have one fallback, and it may stand above them.
        assert_eq!(mistakes(&[("c", ""), ("a", "'c'"), ("b", "'c'")]), []);
    }

    #[test]
    fn what_could_never_be_tried_is_told_at_its_line() {
        let one = |steps: &[(&str, &str)]| mistakes(steps).remove(0);
        assert_eq!(one(&[("a", "'a'")]), (7, "the step `a` is its own fallback".to_owned()));
        assert_eq!(one(&[("a", "'gripe'"), ("b", "")]), (7, "`fallback` names `gripe`, which is no step".to_owned()));
        assert_eq!(one(&[("a", "'b', 'b'"), ("b", "")]), (7, "`fallback` names `b` twice".to_owned()));
    }

    #[test]
    fn a_circle_is_told_from_each_of_its_steps() {
        let found = mistakes(&[("a", "'b'"), ("b", "'c'"), ("c", "'a'"), ("d", "'a'")]);
        let circle = |line, way: &str| (line, format!("fallbacks lead in a circle: {way}"));
        assert_eq!(
            found,
            [circle(7, "a -> b -> c -> a"), circle(11, "b -> c -> a -> b"), circle(15, "c -> a -> b -> c")]
        );
    }
}

//! What a package of `uv.lock` is for: by what of the workspace reaches it.

use std::collections::BTreeMap;

use crate::purl;
use crate::python::SAME_NAME_MAX;
use crate::toml_lock::Entry;

/// The scope of each entry, in their order: `runtime` where the workspace's packages need it as such, `optional` where one of
/// their extras does, `development` where only a development group does. What nothing reaches counts as needed.
pub(crate) fn of(entries: &[Entry<'_>]) -> Vec<&'static str> {
    let mut by_name = BTreeMap::<String, Vec<usize>>::new();
    for (place, entry) in entries.iter().enumerate() {
        let same = by_name.entry(purl::normalized(entry.text("name").unwrap_or_default())).or_default();
        if same.len() < SAME_NAME_MAX {
            same.push(place);
        }
    }
    let own: Vec<usize> = (0..entries.len()).filter(|place| is_own(entries[*place])).collect();
    let mut scopes: Vec<Option<&'static str>> = vec![None; entries.len()];
    for place in &own {
        scopes[*place] = Some("runtime");
    }
    for (scope, key) in
        [("runtime", "dependencies"), ("optional", "optional-dependencies"), ("development", "dev-dependencies")]
    {
        let mut reached: Vec<usize> = Vec::new();
        for place in &own {
            reached.extend(needed(entries[*place], key).flat_map(|dependency| places(dependency, entries, &by_name)));
        }
        // Each entry is taken up once, so cycles end.
        while let Some(place) = reached.pop() {
            if scopes[place].is_none() {
                scopes[place] = Some(scope);
                let entry = entries[place];
                // Which extras of it are wanted is not followed: all are, which can only make more of it needed.
                let further = needed(entry, "dependencies").chain(needed(entry, "optional-dependencies"));
                reached.extend(further.flat_map(|dependency| places(dependency, entries, &by_name)));
            }
        }
    }
    scopes.into_iter().map(|scope| scope.unwrap_or("runtime")).collect()
}

fn is_own(entry: Entry<'_>) -> bool {
    entry.table("source").is_some_and(|source| source.has("editable") || source.has("virtual"))
}

/// A list of dependencies, or a table of lists.
pub(super) fn needed<'d>(entry: Entry<'d>, key: &'d str) -> impl Iterator<Item = Entry<'d>> {
    let groups = entry.table(key).into_iter();
    entry.tables(key).chain(groups.flat_map(|table| table.keys().flat_map(move |group| table.tables(group))))
}

fn places<'a>(
    dependency: Entry<'a>,
    entries: &'a [Entry<'a>],
    by_name: &'a BTreeMap<String, Vec<usize>>,
) -> impl Iterator<Item = usize> + 'a {
    let name = purl::normalized(dependency.text("name").unwrap_or_default());
    let version = dependency.text("version");
    let same = by_name.get(&name).map(Vec::as_slice).unwrap_or_default();
    same.iter().copied().filter(move |place| version.is_none() || entries[*place].text("version") == version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Listing;
    use crate::toml_lock::Document;

    #[test]
    fn a_package_is_for_what_first_reaches_it_and_cycles_end() {
        let entry = |name: &str, more: &str| format!("[[package]]\nname = \"{name}\"\n{more}\n");
        let text = [
            entry(
                "own",
                "source = { virtual = \".\" }\ndependencies = [{ name = \"a\" }]\n\
                [package.optional-dependencies]\nx = [{ name = \"c\" }, { name = \"b\" }]\n\
                [package.dev-dependencies]\ndev = [{ name = \"d\" }]",
            ),
            entry("a", "dependencies = [{ name = \"b\" }]"),
            entry("b", "dependencies = [{ name = \"a\" }]"),
            entry("c", ""),
            entry("d", "dependencies = [{ name = \"e\" }, { name = \"c\" }]\n[package.optional-dependencies]\ny = [{ name = \"f\" }]"),
            entry("e", ""),
            entry("f", ""),
            entry("unreached", ""),
        ]
        .concat();
        let document = Document::parse(&text).unwrap();
        let entries = document.entries("package", &mut Listing::default()).unwrap();
        let (run, dev) = ("runtime", "development");
        assert_eq!(of(&entries), [run, run, run, "optional", dev, dev, dev, run]);
    }
}

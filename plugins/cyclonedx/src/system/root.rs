//! The root of a system in a tree, and paths as the system sees them.

use chiron_sdk::PluginError;
use chiron_sdk::content::{self, Blob, Entry, Tree};

/// Links followed for one path, as Linux counts them.
const HOPS_MAX: usize = 40;

/// Folders at the top that newer systems keep as links into `usr`, while their package lists name either.
const MERGED: [&str; 6] = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"];

/// A system's root.
pub(super) struct Root<'t> {
    tree: &'t dyn Tree,
    /// Empty, or a folder with a slash at its end.
    prefix: &'t str,
    /// First segments that are links, and where they lead.
    merged: Vec<(&'static str, String)>,
}

impl<'t> Root<'t> {
    pub(super) fn new(tree: &'t dyn Tree, prefix: &'t str) -> Self {
        let mut root = Self { tree, prefix, merged: Vec::new() };
        let leads = |name: &'static str| Some((name, root.walk(name)?)).filter(|(name, leads)| name != leads);
        root.merged = MERGED.into_iter().filter_map(leads).collect();
        root
    }

    /// Whether it is the root of the tree.
    pub(super) fn is_top(&self) -> bool {
        self.prefix.is_empty()
    }

    /// Where a path of the system lies in the tree, once links on the way are followed. They are followed here, in the list of
    /// the tree, as the system would from its own root; nothing leads out of it. None when they lead round in circles.
    pub(super) fn resolve(&self, path: &str) -> Option<String> {
        self.walk(path).map(|path| format!("{}{path}", self.prefix))
    }

    /// The same for the paths of a package list, of which there are many: only the folders at the top are looked at.
    pub(super) fn listed(&self, path: &str) -> String {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let leads = self.merged.iter().find(|(name, _)| *name == first);
        match leads {
            Some((_, leads)) if !rest.is_empty() => format!("{}{leads}/{rest}", self.prefix),
            _ => format!("{}{path}", self.prefix),
        }
    }

    /// The file at a path of the tree.
    ///
    /// # Errors
    /// The host's.
    pub(super) fn open(&self, path: &str) -> Result<Box<dyn Blob>, PluginError> {
        self.tree.open(path)
    }

    /// Whether a file is at a path of the tree.
    pub(super) fn has(&self, path: &str) -> bool {
        self.tree.open(path).is_ok()
    }

    /// What lies in a folder of the tree under names that match.
    ///
    /// # Errors
    /// The host's; more than `max` entries.
    pub(super) fn list(&self, folder: &str, glob: &str, max: usize) -> Result<Vec<Entry>, PluginError> {
        content::all_entries(self.tree, &format!("{}/{glob}", literal(folder)), max)
    }

    fn walk(&self, path: &str) -> Option<String> {
        let mut place = String::new();
        let mut ahead: Vec<String> = segments(path);
        let mut hops = 0;
        while let Some(segment) = ahead.pop() {
            if segment == ".." {
                place.truncate(place.rfind('/').unwrap_or(0));
                continue;
            }
            let length = place.len();
            if length > 0 {
                place.push('/');
            }
            place.push_str(&segment);
            // What is no link is no link for any reason; opening it says more.
            if let Ok(target) = self.tree.read_link(&format!("{}{place}", self.prefix)) {
                place.truncate(if target.starts_with('/') { 0 } else { length });
                ahead.extend(segments(&target));
                hops += 1;
                if hops > HOPS_MAX {
                    return None;
                }
            }
        }
        Some(place)
    }
}

/// Segments, the last one first.
fn segments(path: &str) -> Vec<String> {
    path.split('/').rev().filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
}

/// A path whose wildcards are meant as they stand.
fn literal(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '*' | '?' | '[' | ']' | '{' | '}' => text.extend(['[', c, ']']),
            '\\' => text.push_str("[\\\\]"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::FakeTree;

    use super::*;

    #[test]
    fn links_are_followed_inside_and_nowhere_else() {
        let tree = FakeTree::new()
            .file("r/usr/lib/db/status", "x")
            .link("r/var/lib/dpkg", "../../usr/lib/db")
            .link("r/abs", "/usr/lib")
            .link("r/out", "../../../../../usr/lib")
            .link("r/a", "b")
            .link("r/b", "a");
        let root = Root::new(&tree, "r/");
        for path in ["var/lib/dpkg/status", "abs/db/status", "out/db/status"] {
            assert_eq!(root.resolve(path).as_deref(), Some("r/usr/lib/db/status"), "{path}");
        }
        assert_eq!(root.resolve("a/x"), None);
        assert_eq!(root.resolve("plain/x").as_deref(), Some("r/plain/x"));
    }

    #[test]
    fn merged_folders_are_known_by_both_names() {
        let tree = FakeTree::new().link("lib", "usr/lib").link("bin", "usr/bin");
        let root = Root::new(&tree, "");
        assert_eq!(root.listed("lib/x/y"), "usr/lib/x/y");
        assert_eq!(root.listed("lib"), "lib");
        assert_eq!(root.listed("etc/x"), "etc/x");
    }
}

//! Alias groups: symmetric and transitive, as the OSV schema says of `aliases`. `related` does not merge (similar but
//! different), nor does `upstream` (a distribution's record bundles several).

use std::collections::HashMap;

/// Groups ids that assertions connect. Union-find over the ids' numbers.
#[derive(Debug, Default)]
pub(crate) struct Groups<'a> {
    numbers: HashMap<&'a str, usize>,
    parents: Vec<usize>,
}

impl<'a> Groups<'a> {
    /// `left` and `right` name one vulnerability.
    pub(crate) fn join(&mut self, left: &'a str, right: &'a str) {
        let (left, right) = (self.number(left), self.number(right));
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right)] = left.min(right);
    }

    /// The groups of two or more, each sorted, sorted by their first id.
    pub(crate) fn finish(mut self) -> Vec<Vec<&'a str>> {
        let mut ids: Vec<_> = std::mem::take(&mut self.numbers).into_iter().collect();
        ids.sort_unstable();
        let mut groups: HashMap<usize, Vec<&str>> = HashMap::new();
        for (id, number) in ids {
            groups.entry(self.root(number)).or_default().push(id);
        }
        let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort_unstable();
        groups
    }

    fn number(&mut self, id: &'a str) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    /// Halves the path on the way, so that long chains stay cheap.
    fn root(&mut self, mut number: usize) -> usize {
        while self.parents[number] != number {
            self.parents[number] = self.parents[self.parents[number]];
            number = self.parents[number];
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_symmetric_and_transitive() {
        let mut groups = Groups::default();
        for (left, right) in [("B", "C"), ("X", "Y"), ("A", "B"), ("D", "C"), ("Z", "Z")] {
            groups.join(left, right);
        }
        assert_eq!(groups.finish(), [vec!["A", "B", "C", "D"], vec!["X", "Y"]]);
    }
}

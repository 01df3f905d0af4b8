//! How a component came to be there: the shortest way from something that nothing depends on.

use chiron_model::dependencies::{DEPENDS_ON, Dependencies};
use chiron_model::report::Report;

/// Longest way that is shown, in components. Nobody follows a longer one.
const STEPS_MAX: usize = 12;

/// Ways that are followed for one component. Thousands may lead to a package that everything needs.
pub(crate) const WAYS_MAX: usize = 50;

/// The ways to a report's components.
pub(crate) struct Paths<'a>(Dependencies<'a>);

impl<'a> Paths<'a> {
    /// Walks the report's dependencies once.
    pub(crate) fn of(report: &'a Report) -> Self {
        let ids = report.components.iter().map(|component| component.id.as_str());
        let needs = report.relations.iter().filter(|relation| relation.kind == DEPENDS_ON);
        Self(Dependencies::new(ids, needs.map(|relation| (relation.source.as_str(), relation.target.as_str()))))
    }

    /// Ids from a root to the component, both included; empty for one that nothing leads to.
    pub(crate) fn to(&self, id: &'a str) -> Vec<&'a str> {
        let path = self.0.way_to(id, STEPS_MAX);
        if path.len() > 1 { path } else { Vec::new() }
    }

    /// How many other components need this one directly, beside the one on its shortest way.
    pub(crate) fn others(&self, id: &str) -> usize {
        self.other_needs(id).count()
    }

    /// The shortest way through each other component that needs this one directly; at most [`WAYS_MAX`].
    pub(crate) fn other_ways(&self, id: &'a str) -> Vec<Vec<&'a str>> {
        let way = |source: &'a str| {
            let mut way = self.to(source);
            if way.is_empty() {
                way.push(source);
            }
            way.push(id);
            way
        };
        self.other_needs(id).take(WAYS_MAX).map(way).collect()
    }

    /// Whether the report says at all what needs what.
    pub(crate) fn are_known(&self) -> bool {
        self.0.are_known()
    }

    fn other_needs(&self, id: &str) -> impl Iterator<Item = &'a str> {
        let nearest = self.0.before(id);
        let own = id.to_owned();
        let sources = self.0.needed_by(id).to_vec().into_iter();
        sources.filter(move |source| Some(*source) != nearest && *source != own)
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::component::Relation;

    use super::*;
    use crate::sample;

    #[test]
    fn the_shortest_way_is_taken_and_circles_end() {
        let mut report = sample::empty();
        report.components = ["a", "b", "c", "d"].map(|id| sample::component(id, id, "1")).to_vec();
        let needs = |source: &str, target: &str| Relation {
            source: source.to_owned(),
            kind: "depends-on".to_owned(),
            target: target.to_owned(),
        };
        report.relations = vec![needs("a", "b"), needs("b", "c"), needs("a", "c"), needs("c", "b"), needs("d", "d")];
        let paths = Paths::of(&report);
        assert_eq!(paths.to("c"), ["a", "c"]);
        assert_eq!(paths.to("a"), Vec::<&str>::new());
        assert_eq!(paths.to("d"), Vec::<&str>::new());
        assert_eq!((paths.others("c"), paths.others("b"), paths.others("d")), (1, 1, 0));
        assert_eq!(paths.other_ways("c"), [["a", "b", "c"]]);
    }
}

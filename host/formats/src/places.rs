//! Where findings are: components and their places, without looking through all of them for each finding.

use std::collections::{BTreeSet, HashMap};

use chiron_model::component::Component;
use chiron_model::finding::Finding;
use chiron_model::location::Location;
use chiron_model::report::Report;

/// Components by id and by purl.
pub(crate) struct Places<'a> {
    components: &'a [Component],
    by_id: HashMap<&'a str, usize>,
    by_purl: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Places<'a> {
    /// Looks at every component once.
    pub(crate) fn new(report: &'a Report) -> Self {
        let (mut by_id, mut by_purl) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (position, component) in report.components.iter().enumerate() {
            // Ids are unique; if they were not, the first would be meant, as in `Report::component`.
            by_id.entry(component.id.as_str()).or_insert(position);
            if let Some(purl) = &component.purl {
                by_purl.entry(purl.as_str()).or_default().push(position);
            }
        }
        Self { components: &report.components, by_id, by_purl }
    }

    /// The component with this id.
    pub(crate) fn component(&self, id: &str) -> Option<&'a Component> {
        self.by_id.get(id).map(|position| &self.components[*position])
    }

    /// The component a finding names.
    pub(crate) fn component_of(&self, finding: &Finding) -> Option<&'a Component> {
        finding.component.as_deref().and_then(|id| self.component(id))
    }

    /// Positions of the finding's component, and of those of the same purl in its subjects: it names the first of
    /// several files.
    pub(crate) fn positions(&self, finding: &Finding) -> BTreeSet<usize> {
        let Some(&own) = finding.component.as_ref().and_then(|id| self.by_id.get(id.as_str())) else {
            return BTreeSet::new();
        };
        let purl = self.components[own].purl.as_ref();
        let same = purl.and_then(|purl| self.by_purl.get(purl.as_str()));
        let in_subjects = |position: &usize| finding.subjects.contains(&self.components[*position].origin.subject);
        let mut places: BTreeSet<usize> = same.into_iter().flatten().copied().filter(in_subjects).collect();
        places.insert(own);
        places
    }

    /// Every place of a finding as (subject, place in it), sorted, none twice.
    ///
    /// A finding's own places do not say which subject they lie in, so they count where it has only one; a component's
    /// always do. A finding without any place is about its subjects as such.
    pub(crate) fn of<'f>(&self, finding: &'f Finding) -> BTreeSet<(&'f str, Location)>
    where
        'a: 'f,
    {
        let mut places = BTreeSet::new();
        for position in self.positions(finding) {
            places.extend(self.of_component(&self.components[position]));
        }
        if let [subject] = &finding.subjects[..] {
            places.extend(finding.locations.iter().map(|location| (subject.as_str(), location.clone())));
        }
        if places.is_empty() {
            places.extend(finding.subjects.iter().map(|subject| (subject.as_str(), Location::file("."))));
        }
        places
    }

    /// Every place of a component, or its subject as such.
    pub(crate) fn of_component<'c>(&self, component: &'c Component) -> BTreeSet<(&'c str, Location)> {
        let subject = component.origin.subject.as_str();
        if component.locations.is_empty() {
            return BTreeSet::from([(subject, Location::file("."))]);
        }
        component.locations.iter().map(|location| (subject, location.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_finding_is_where_its_component_is() {
        let report = sample::report();
        let places = Places::new(&report);
        let found = places.of(&report.findings[0]);
        let expected = ("dist/app.whl", Location::file("Django-4.2.0.dist-info/METADATA"));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn a_finding_without_a_place_is_about_its_subjects() {
        let mut report = sample::report();
        report.findings[0].component = None;
        report.findings[0].subjects = vec!["b".to_owned(), "a".to_owned()];
        let places = Places::new(&report);
        let found: Vec<_> = places.of(&report.findings[0]).into_iter().collect();
        assert_eq!(found, [("a", Location::file(".")), ("b", Location::file("."))]);
    }

    #[test]
    fn a_place_is_never_given_to_a_subject_that_may_not_hold_it() {
        let mut report = sample::report();
        report.findings[0].locations = vec![Location::file("somewhere")];
        report.findings[0].subjects.push("other.whl".to_owned());
        let places = Places::new(&report);
        let found: Vec<_> = places.of(&report.findings[0]).into_iter().map(|(_, place)| place.path).collect();
        assert_eq!(found, ["Django-4.2.0.dist-info/METADATA"]);
    }
}

//! Packages of a report found again among the components of the run.

use std::collections::HashMap;

use chiron_sdk::scan::{Component, Finding, Proof};
use chiron_sdk::{Location, PluginError};

use crate::package::{Package, key};
use crate::{FINDINGS_MAX, SET_ASIDE};

/// Components that one package of a report is found in, at most: copies that are told apart by their qualifiers.
const COPIES_MAX: usize = 64;

/// The purl of a package that is no component of the run.
const UNMATCHED_PURL: &str = "chiron:unmatched-purl";

/// The components of a run, by what makes them the same package.
#[derive(Debug)]
pub struct Components<'a> {
    by_key: HashMap<String, Vec<&'a Component>>,
}

impl<'a> Components<'a> {
    /// Looks at every component once. One without a purl is found by no report.
    #[must_use]
    pub fn new(components: &'a [Component]) -> Self {
        let mut by_key = HashMap::<_, Vec<_>>::new();
        for component in components {
            if let Some(key) = component.purl.as_deref().and_then(key) {
                by_key.entry(key).or_default().push(component);
            }
        }
        Self { by_key }
    }

    /// The components that a package is: those of the very purl, else those of its type, name and version. Of several that are
    /// written alike the first, because the host takes them for one.
    fn find(&self, package: &Package) -> Vec<&'a Component> {
        let same = key(&package.purl).and_then(|key| self.by_key.get(&key)).map_or(&[][..], Vec::as_slice);
        let is_written_so = |component: &&&Component| component.purl.as_deref() == Some(package.purl.as_str());
        if let Some(&component) = same.iter().find(is_written_so) {
            return vec![component];
        }
        let mut found: Vec<&Component> = Vec::new();
        for &component in same {
            if found.len() < COPIES_MAX && found.iter().all(|known| known.purl != component.purl) {
                found.push(component);
            }
        }
        found
    }

    /// Adds a finding about a package: once for each component that it is, else about the report itself, with the package's
    /// purl, so that what did not match can be seen.
    ///
    /// # Errors
    /// [`PluginError::BadInput`] beyond [`FINDINGS_MAX`].
    pub fn add(&self, findings: &mut Vec<Finding>, package: &Package, mut finding: Finding) -> Result<(), PluginError> {
        let found = self.find(package);
        room(findings, found.len().max(1))?;
        if found.is_empty() {
            finding.locations = vec![whole()];
            finding.discriminator = package.identity();
            finding.proofs.push(Proof::Text(format!("{}, which is no component of this run", package.identity())));
            findings.push(finding.property(UNMATCHED_PURL, &package.identity()));
            return Ok(());
        }
        findings.extend(found.into_iter().map(|component| Finding {
            component: Some(component.id.clone()),
            locations: component.locations.clone(),
            ..finding.clone()
        }));
        Ok(())
    }

    /// Adds a finding that is about no package.
    ///
    /// # Errors
    /// As [`Components::add`].
    pub fn about_source(&self, findings: &mut Vec<Finding>, finding: Finding) -> Result<(), PluginError> {
        room(findings, 1)?;
        findings.push(finding);
        Ok(())
    }

    /// Adds what the tool was told to set aside: the host makes a note of it, and no finding.
    ///
    /// # Errors
    /// As [`Components::add`].
    pub fn set_aside(
        &self,
        findings: &mut Vec<Finding>,
        package: &Package,
        rule_id: &str,
        why: &str,
    ) -> Result<(), PluginError> {
        let finding = Finding::new(rule_id, rule_id, &format!("{} of {}", rule_id, package.words()));
        self.add(
            findings,
            package,
            finding.property(SET_ASIDE, if why.is_empty() { "no reason is given" } else { why }),
        )
    }
}

/// Whether so many more find room.
fn room(findings: &[Finding], more: usize) -> Result<(), PluginError> {
    if findings.len() + more > FINDINGS_MAX {
        return Err(PluginError::BadInput(format!("more than the {FINDINGS_MAX} findings of one report this reads")));
    }
    Ok(())
}

/// The report itself.
fn whole() -> Location {
    Location { path: ".".to_owned(), line: None, layer: None }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;

    use super::*;

    fn package(purl: &str) -> Package {
        Package { purl: purl.to_owned(), name: "n".to_owned(), version: "1".to_owned() }
    }

    fn written(id: &str, purl: &str) -> Component {
        let mut component = Component::new(id, "library", "n");
        component.purl = Some(purl.to_owned());
        component
    }

    fn found(components: &[Component], purl: &str) -> Vec<Option<String>> {
        let mut findings = Vec::new();
        let components = Components::new(components);
        components.add(&mut findings, &package(purl), Finding::new("CVE-1", "t", "m")).unwrap();
        findings.into_iter().map(|finding| finding.component).collect()
    }

    #[test]
    fn a_package_is_found_by_type_name_and_version() {
        let components = [fake::component("Zope.Interface", "5.0"), fake::component("other", "5.0")];
        assert_eq!(found(&components, "pkg:pypi/zope-interface@5.0"), [Some(components[0].id.clone())]);
    }

    #[test]
    fn the_very_purl_stands_before_a_similar_one_and_equal_ones_are_one() {
        let (amd, arm) = ("pkg:deb/debian/n@1?arch=amd64", "pkg:deb/debian/n@1?arch=arm64");
        let components = [written("a", amd), written("b", arm), written("c", amd)];
        let some = |id: &str| Some(id.to_owned());
        assert_eq!(found(&components, arm), [some("b")]);
        assert_eq!(found(&components, "pkg:deb/debian/n@1"), [some("a"), some("b")]);
    }

    #[test]
    fn a_package_that_is_no_component_keeps_its_purl() {
        let mut findings = Vec::new();
        let none = Components::new(&[]);
        none.add(&mut findings, &package("pkg:pypi/gone@1"), Finding::new("CVE-1", "t", "m")).unwrap();
        none.add(&mut findings, &package(""), Finding::new("CVE-1", "t", "m")).unwrap();
        assert_eq!((&findings[0].component, findings[0].locations[0].path.as_str()), (&None, "."));
        let said: Vec<_> = findings.iter().map(|finding| finding.properties[0].1.as_str()).collect();
        assert_eq!(said, ["pkg:pypi/gone@1", "n@1"]);
        assert_ne!(findings[0].discriminator, findings[1].discriminator);
    }

    #[test]
    fn what_was_set_aside_says_why() {
        let mut findings = Vec::new();
        Components::new(&[]).set_aside(&mut findings, &package(""), "CVE-1", "").unwrap();
        assert!(findings[0].properties.contains(&(SET_ASIDE.to_owned(), "no reason is given".to_owned())));
    }

    #[test]
    fn there_is_a_bound() {
        let mut findings = vec![Finding::new("CVE-1", "t", "m"); FINDINGS_MAX];
        let refused = Components::new(&[]).add(&mut findings, &package(""), Finding::new("CVE-1", "t", "m"));
        assert!(matches!(refused, Err(PluginError::BadInput(_))));
    }
}

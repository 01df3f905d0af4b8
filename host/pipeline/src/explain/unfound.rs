//! No finding was met: what the databases say, and why the report has none.

use chiron_advisories::{Database, LookupError, is_about, walk};
use chiron_formats::json::{Component, Ending, FindingComponent, Report};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;

use super::record::{Record, named};
use super::{About, Answer, Explanation, Fix, Places, alias, place, record, same_name};

/// Most components of a report that one record is held against.
const COMPONENTS_MAX: usize = 20;

/// Most names that are offered as perhaps meant.
const NAMES_MAX: usize = 3;

/// What is asked, and what there is to answer it.
struct Asked<'a> {
    report: Option<&'a Report>,
    databases: &'a [Database],
    id: &'a str,
    group: Vec<String>,
}

/// Why there is no finding; where a report has components that a record is about, for each of them.
pub(super) fn explain(
    report: Option<&Report>,
    databases: &[Database],
    about: &About,
) -> Result<Vec<Explanation>, LookupError> {
    let Some(id) = about.id.as_deref() else { return Ok(no_finding_of(report, about)) };
    let group = if about.aliases.is_empty() { vec![id.to_owned()] } else { about.aliases.clone() };
    let asked = Asked { report, databases, id, group };
    if let Some(purl) = &about.purl {
        return Ok(vec![asked.of_package(purl)?]);
    }
    let met = asked.components_met()?;
    if met.is_empty() {
        return Ok(vec![asked.of_nothing()?]);
    }
    met.iter().map(|purl| asked.of_package(purl)).collect()
}

/// A package alone was asked about, and the report has no finding in it.
fn no_finding_of(report: Option<&Report>, about: &About) -> Vec<Explanation> {
    let (Some(report), Some(purl)) = (report, &about.purl) else { return Vec::new() };
    let component = listed(report, purl);
    let (answer, because) = match component {
        Some(_) => (Answer::Unaffected, format!("the report has no finding in {}", purl.as_str())),
        None => (Answer::CannotTell, format!("the report lists no component {}", purl.as_str())),
    };
    let mut explanation = empty("", answer, because);
    explanation.component = Some(component.map_or_else(|| of_purl(purl), of_component));
    explanation.remarks = in_report(report, purl, Answer::Unaffected);
    if answer == Answer::Unaffected && explanation.remarks.iter().any(|remark| remark.contains("failed")) {
        explanation.answer = Answer::CannotTell;
    }
    vec![explanation]
}

impl Asked<'_> {
    /// Purls of the report's components that records of the group are about, each once.
    fn components_met(&self) -> Result<Vec<Purl>, LookupError> {
        let Some(report) = self.report else { return Ok(Vec::new()) };
        let mut packages = Vec::new();
        for database in self.databases {
            for id in &self.group {
                packages.extend(walk(database, id, None)?.map(|walk| walk.packages).unwrap_or_default());
            }
        }
        let mut met: Vec<Purl> = Vec::new();
        for purl in report.components.iter().filter_map(|component| Purl::parse(component.purl.as_deref()?).ok()) {
            let is_met = packages.iter().any(|(ecosystem, name)| is_about(&purl, ecosystem, name));
            if is_met && !met.iter().any(|known| known.as_str() == purl.as_str()) && met.len() < COMPONENTS_MAX {
                met.push(purl);
            }
        }
        Ok(met)
    }

    /// An id without a package that it could apply to.
    fn of_nothing(&self) -> Result<Explanation, LookupError> {
        let records = record::all(&self.group, None, self.databases)?;
        let (answer, because) = match (records.is_empty(), self.report) {
            (true, _) => (Answer::CannotTell, self.held_by_nobody()),
            (false, None) => {
                (Answer::NoPackage, format!("name a package to hold {} against: pkg:TYPE/NAME@VERSION", self.id))
            }
            (false, Some(_)) => {
                let packages: Vec<_> = records
                    .iter()
                    .flat_map(|record| record.entries.iter())
                    .map(|entry| format!("{} of {}", entry.name, entry.ecosystem))
                    .collect();
                (
                    Answer::OtherPackage,
                    format!(
                        "{} is about {}, and the report lists no component of that name",
                        self.id,
                        named(&packages)
                    ),
                )
            }
        };
        let mut explanation = empty(self.id, answer, because);
        self.fill(&mut explanation, records)?;
        if let Some(report) = self.report {
            let wanted: Vec<_> = explanation
                .records
                .iter()
                .flat_map(|record| record.entries.iter())
                .map(|entry| entry.name.clone())
                .collect();
            explanation.remarks.extend(alike(report, &wanted));
        }
        Ok(explanation)
    }

    /// An id held against a package.
    fn of_package(&self, purl: &Purl) -> Result<Explanation, LookupError> {
        let component = self.report.and_then(|report| listed(report, purl));
        let records = record::all(&self.group, Some(purl), self.databases)?;
        let (answer, because) = self.judged(purl, &records);
        let mut explanation = empty(self.id, answer, because);
        explanation.component = Some(component.map_or_else(|| of_purl(purl), of_component));
        explanation.remarks.extend(perhaps_meant(purl, &records));
        self.fill(&mut explanation, records)?;
        if let Some(report) = self.report {
            explanation.remarks.extend(in_report(report, purl, answer));
        }
        Ok(explanation)
    }

    /// The worst that a record says; of none, that nobody knows.
    fn judged(&self, purl: &Purl, records: &[Record]) -> (Answer, String) {
        let id = self.id;
        let what = place::name(Some(&of_purl(purl)));
        let worst = [Answer::Affected, Answer::CannotTell, Answer::Unaffected, Answer::OtherPackage];
        let found = worst.into_iter().find_map(|answer| records.iter().find(|record| record.answer == answer));
        let Some(Record { answer, says, id: record, database, .. }) = found else {
            return (Answer::CannotTell, self.held_by_nobody());
        };
        let source = format!("the record {record} of `{database}`");
        let because = match answer {
            Answer::Affected => format!("{what} is affected by {id}, says {source}"),
            Answer::CannotTell => format!("it cannot be told whether {what} is affected by {id}: {says} ({source})"),
            Answer::Unaffected => format!("{what} is not affected by {id}: {says} ({source})"),
            Answer::OtherPackage | Answer::SetAside | Answer::NoPackage => {
                format!("{id} says nothing of {what}: {says} ({source})")
            }
        };
        (*answer, because)
    }

    fn held_by_nobody(&self) -> String {
        let id = self.id;
        let report =
            if self.report.is_some() { format!("the report has no finding of {id}, and ") } else { String::new() };
        if self.databases.is_empty() {
            return format!("{report}no advisory database was given that may know it (--db)");
        }
        let names: Vec<_> = self
            .databases
            .iter()
            .map(|database| format!("`{}` of {}", database.id().name, record::day(&database.id().built_at)))
            .collect();
        format!(
            "{report}no given database holds {id} ({}). That is not the same as not affected: the id may be mistyped, newer, or of a \
             source that they do not have",
            names.join(", ")
        )
    }

    fn fill(&self, explanation: &mut Explanation, records: Vec<Record>) -> Result<(), LookupError> {
        explanation.aliases = alias::of_group(self.id, &self.group, self.databases)?;
        explanation.advisories.clone_from(&self.group);
        explanation.title =
            records.iter().map(|record| record.summary.clone()).find(|text| !text.is_empty()).unwrap_or_default();
        let fixed = records.iter().find(|record| !record.fixed_versions.is_empty());
        let last_affected = records.iter().find_map(|record| record.last_affected.clone());
        let versions = fixed.map(|record| record.fixed_versions.clone()).unwrap_or_default();
        if !versions.is_empty() || last_affected.is_some() {
            let (upgrade_to, leaves, brings, is_in) = (None, Vec::new(), Vec::new(), Vec::new());
            explanation.fix = Some(Fix { versions, last_affected, upgrade_to, leaves, brings, is_in });
        }
        explanation.records = records;
        Ok(())
    }
}

fn empty(id: &str, answer: Answer, because: String) -> Explanation {
    Explanation {
        finding: id.to_owned(),
        advisories: Vec::new(),
        component: None,
        answer,
        because,
        title: String::new(),
        severity: None,
        aliases: Vec::new(),
        records: Vec::new(),
        set_aside: None,
        vex: Vec::new(),
        near_misses: Vec::new(),
        places: Places::default(),
        fix: None,
        epss: None,
        kev: None,
        decisions: Vec::new(),
        remarks: Vec::new(),
        opinions: Vec::new(),
        reasons: Vec::new(),
    }
}

fn of_purl(purl: &Purl) -> FindingComponent {
    FindingComponent {
        id: purl.as_str().to_owned(),
        purl: Some(purl.as_str().to_owned()),
        // The namespace of a system's package is the distribution.
        name: match Ecosystem::of(purl) {
            Some(ecosystem) if ecosystem.is_distribution() => purl.name().to_owned(),
            _ => purl.full_name(),
        },
        version: purl.version().map(str::to_owned),
    }
}

fn of_component(component: &Component) -> FindingComponent {
    FindingComponent {
        id: component.id.clone(),
        purl: component.purl.clone(),
        name: component.name.clone(),
        version: component.version.clone(),
    }
}

/// The report's component that a purl means.
fn listed<'a>(report: &'a Report, purl: &Purl) -> Option<&'a Component> {
    report.components.iter().find(|component| {
        let found = component.purl.as_deref().and_then(|text| Purl::parse(text).ok());
        found.is_some_and(|found| super::same_package(purl, &found))
    })
}

/// Why the report has no finding.
fn in_report(report: &Report, purl: &Purl, answer: Answer) -> Vec<String> {
    let mut remarks = Vec::new();
    match listed(report, purl) {
        None => {
            let versions = report.components.iter().filter(|component| {
                let found = component.purl.as_deref().and_then(|text| Purl::parse(text).ok());
                found.is_some_and(|found| same_name(purl, &found))
            });
            let versions: Vec<_> = versions.filter_map(|component| component.version.clone()).take(NAMES_MAX).collect();
            remarks.push(if versions.is_empty() {
                format!("the report lists no component of that name: {}", purl.as_str())
            } else {
                format!("the report lists that package in another version: {}", versions.join(", "))
            });
            remarks.extend(alike(report, &[purl.full_name()]));
        }
        Some(component) => {
            let place =
                component.locations.first().map_or(component.subject.as_str(), |location| location.path.as_str());
            remarks.push(format!("the report lists the component ({place}), and no scanner reported this in it"));
            if answer == Answer::Affected {
                let databases: Vec<_> = report
                    .databases
                    .iter()
                    .map(|known| format!("`{}` of {}", known.name, record::day(&known.built_at)))
                    .collect();
                let databases = if databases.is_empty() { "none".to_owned() } else { databases.join(", ") };
                remarks.push(format!("its scanners asked other databases, or older ones: {databases}"));
            }
        }
    }
    for step in report.steps.iter().filter(|step| step.kind == "scanner") {
        if let Ending::Failed(failure) = &step.ending {
            remarks.push(format!("the scanner `{}` failed, and can have missed it: {}", step.id, failure.message));
        }
    }
    remarks
}

/// Names of the report's components that differ from these in spelling alone.
fn alike(report: &Report, wanted: &[String]) -> Option<String> {
    let wanted: Vec<_> = wanted.iter().map(|name| plain(name)).collect();
    let mut found: Vec<&str> = Vec::new();
    for component in &report.components {
        let text = component.purl.as_deref().unwrap_or(&component.name);
        if wanted.contains(&plain(&component.name)) && !found.contains(&text) {
            found.push(text);
        }
    }
    let found: Vec<_> = found.into_iter().take(NAMES_MAX).collect();
    (!found.is_empty()).then(|| format!("it lists what is called alike: {}", found.join(", ")))
}

/// The record names a package that differs in spelling, or in ecosystem, alone.
fn perhaps_meant(purl: &Purl, records: &[Record]) -> Option<String> {
    let own = plain(&purl.full_name());
    let meant = |package: &&String| {
        package
            .split(" of ")
            .next()
            .is_some_and(|name| plain(name) == own || plain(name.rsplit('/').next().unwrap_or(name)) == own)
    };
    let found = records
        .iter()
        .filter(|record| record.answer == Answer::OtherPackage)
        .flat_map(|record| &record.packages)
        .find(meant)?;
    Some(format!("perhaps meant: {found}"))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

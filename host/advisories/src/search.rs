//! Finding records by what a person knows of them: an id, a package, words.

use std::collections::BTreeSet;

use chiron_model::advisory::{Evaluation, Which};
use chiron_model::purl::Purl;
use rayon::prelude::*;

use crate::database::{Database, LookupError};
use crate::outline::{Outline, outline};

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Of the record.
    pub id: String,
    /// Other ids of the same problem, as the whole database asserts them.
    pub aliases: Vec<String>,
    /// RFC 3339.
    pub modified: String,
    /// Whether its publisher withdrew it.
    pub withdrawn: bool,
    /// One line.
    pub summary: String,
    /// (ecosystem, name) as the record writes them, sorted.
    pub packages: Vec<(String, String)>,
    /// What it says of the version, where a purl with one was asked for.
    pub evaluation: Option<Evaluation>,
}

/// Everything that is found, sorted by id.
///
/// A purl (`pkg:pypi/django@4.2`) finds the records about its package. Else an id that the database knows, in any case,
/// finds its record and those of its aliases. Else each word must stand in the id, an alias, a package's name or the
/// summary; a name as a whole counts as one word.
///
/// # Errors
/// See [`LookupError`]: that a database cannot know is not that it holds nothing.
pub fn search(database: &Database, query: &str) -> Result<Vec<Hit>, LookupError> {
    let query = query.trim();
    if let Ok(purl) = Purl::parse(query) {
        return of_package(database, &purl);
    }
    let mut found = of_id(database, query)?;
    if found.is_empty() && !query.contains(char::is_whitespace) && query.to_uppercase() != query {
        found = of_id(database, &query.to_uppercase())?;
    }
    if found.is_empty() { of_words(database, query) } else { Ok(found) }
}

fn of_package(database: &Database, purl: &Purl) -> Result<Vec<Hit>, LookupError> {
    let all = Which { affected: true, unknown: true, unaffected: true, withdrawn: true };
    let candidates = database.lookup(purl, all)?;
    let versioned = purl.version().is_some();
    let found = |candidate: chiron_model::advisory::Candidate| {
        let evaluation = versioned.then_some(candidate.evaluation);
        Ok(Hit { evaluation, ..hit(database, outline(database, &candidate.id)?)? })
    };
    let mut found: Vec<Hit> = candidates.into_iter().map(found).collect::<Result<_, _>>()?;
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

fn of_id(database: &Database, id: &str) -> Result<Vec<Hit>, LookupError> {
    let group = database.alias_group(id)?;
    let held = group.iter().filter(|id| database.holds(id));
    held.map(|id| hit(database, outline(database, id)?)).collect()
}

fn of_words(database: &Database, query: &str) -> Result<Vec<Hit>, LookupError> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let ids = database.ids()?;
    let met = |id: &String| {
        let outline = match outline(database, id) {
            Ok(outline) => outline,
            Err(error) => return Some(Err(error)),
        };
        meets(&outline, &words).then(|| hit(database, outline))
    };
    ids.par_iter().filter_map(met).collect()
}

fn meets(outline: &Outline, words: &[String]) -> bool {
    let mut text = format!("{} {} {}", outline.id, outline.aliases.join(" "), outline.summary);
    for (ecosystem, name) in &outline.packages {
        text.push_str(&format!(" {ecosystem} {name}"));
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn hit(database: &Database, outline: Outline) -> Result<Hit, LookupError> {
    let aliases: BTreeSet<_> = database.alias_group(&outline.id)?.into_iter().collect();
    Ok(Hit {
        aliases: aliases.into_iter().filter(|alias| *alias != outline.id).collect(),
        id: outline.id,
        modified: outline.modified,
        withdrawn: outline.withdrawn,
        summary: outline.summary,
        packages: outline.packages,
        evaluation: None,
    })
}

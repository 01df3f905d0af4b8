//! `chiron db search`: records by id, alias, package or words.

use chiron_advisories::{Hit, LookupError};
use chiron_model::advisory::Evaluation;
use chiron_model::text::one_line;
use chiron_pipeline::ExitCode as Code;
use serde_json::{Value, json};

use super::{Refusal, because, folder, open, print, records};
use crate::cli::{DbPlace, Shown};

/// Packages of one record that a table names.
const PACKAGES: usize = 5;

pub(super) fn search(query: &str, place: DbPlace, limit: usize, shown: Shown) -> Result<(), Refusal> {
    let database = open(&folder(place)?)?;
    let hits = chiron_advisories::search(&database, query).map_err(|error| refusal(&error))?;
    match shown {
        Shown::Table => print(table(query, &hits, limit)),
        Shown::Json => {
            let hits: Vec<_> = hits.iter().map(document).collect();
            let found = json!({ "query": query, "database": database.id().digest, "records": hits });
            print(format!("{found:#}\n"))
        }
    }
}

/// That the database cannot know is another answer than that there is nothing.
fn refusal(error: &LookupError) -> Refusal {
    let refusal = Refusal::new(because(error), Code::NotJudged);
    match error {
        LookupError::UnknownEcosystem { .. }
        | LookupError::UnknownDistribution { .. }
        | LookupError::ReleaseNotCovered { .. } => refusal,
        LookupError::NotCovered { ecosystem } => {
            refusal.help(format!("fetch them with: chiron db update --ecosystem {ecosystem}"))
        }
        LookupError::Damaged { .. } => refusal.help("`chiron db verify` says more; `chiron db update` makes it anew"),
    }
}

fn table(query: &str, hits: &[Hit], limit: usize) -> String {
    if hits.is_empty() {
        return format!("none: no record of the database is about `{}`\n", one_line(query));
    }
    let mut text = format!("{}\n", records(hits.len() as u64));
    for hit in hits.iter().take(limit) {
        let withdrawn = if hit.withdrawn { "withdrawn" } else { "" };
        let parts = [hit.id.as_str(), &hit.aliases.join(" "), withdrawn].map(one_line);
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        text.push_str(&format!("\n{}\n", parts.join("  ")));
        if !hit.summary.trim().is_empty() {
            text.push_str(&format!("  {}\n", one_line(&hit.summary)));
        }
        text.push_str(&format!("  {}; changed {}\n", one_line(&packages(hit)), one_line(&hit.modified)));
        if let Some(evaluation) = &hit.evaluation {
            text.push_str(&format!("  {}\n", one_line(&words(evaluation))));
        }
    }
    if hits.len() > limit {
        text.push_str(&format!("\nand {} more: --limit shows more, -o json all\n", hits.len() - limit));
    }
    text
}

fn packages(hit: &Hit) -> String {
    let named: Vec<_> =
        hit.packages.iter().take(PACKAGES).map(|(ecosystem, name)| format!("{ecosystem} {name}")).collect();
    let more = hit.packages.len().saturating_sub(PACKAGES);
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}

fn words(evaluation: &Evaluation) -> String {
    match evaluation {
        Evaluation::Affected(found) if !found.fixed.is_empty() => {
            format!("that version is affected; fixed in {}", found.fixed.join(", "))
        }
        Evaluation::Affected(found) => match &found.last_affected {
            Some(last) => format!("that version is affected; no fix is known, the last affected one is {last}"),
            None => "that version is affected; no fix is known".to_owned(),
        },
        Evaluation::Unaffected { note: Some(note) } => format!("that version is not affected: {note}"),
        Evaluation::Unaffected { note: None } => "that version is not affected".to_owned(),
        Evaluation::Unknown(reason) => format!("whether that version is affected cannot be told: {reason}"),
    }
}

fn document(hit: &Hit) -> Value {
    let packages: Vec<_> =
        hit.packages.iter().map(|(ecosystem, name)| json!({ "ecosystem": ecosystem, "name": name })).collect();
    let mut document = json!({
        "id": hit.id,
        "aliases": hit.aliases,
        "modified": hit.modified,
        "withdrawn": hit.withdrawn,
        "summary": one_line(&hit.summary),
        "packages": packages,
    });
    if let Some(evaluation) = &hit.evaluation {
        let status = match evaluation {
            Evaluation::Affected(_) => "affected",
            Evaluation::Unaffected { .. } => "unaffected",
            Evaluation::Unknown(_) => "unknown",
        };
        document["status"] = json!(status);
        document["status_reason"] = json!(words(evaluation));
    }
    document
}

//! in-toto link v0.3: that a command ran, on what, and what came of it (`chiron attest -- COMMAND`).

use chiron_model::digest::Digest;
use chiron_model::statement::Statement;
use chiron_model::subject::Subject;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The predicate type.
pub const LINK_PREDICATE: &str = "https://in-toto.io/attestation/link/v0.3";

/// A file, by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Path, as the command saw it.
    pub name: String,
    /// SHA-256.
    pub digest: Digest,
}

/// A command that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Of the step.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// What was there before.
    pub materials: Vec<Recorded>,
    /// What was there afterwards: the subjects.
    pub products: Vec<Recorded>,
    /// How it ended.
    pub exit: i32,
}

#[derive(Serialize)]
struct Wire<'a> {
    name: &'a str,
    command: &'a [String],
    materials: Vec<Value>,
    byproducts: Map<String, Value>,
    /// Nothing of it is recorded: it is full of secrets.
    environment: Map<String, Value>,
}

impl Link {
    /// The statement: about the products, in the order of their names.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let sorted = |list: &[Recorded]| {
            let mut list = list.to_vec();
            list.sort_by(|a, b| a.name.cmp(&b.name));
            list.dedup_by(|a, b| a.name == b.name);
            list
        };
        let material =
            |file: Recorded| json!({ "name": file.name, "digest": { file.digest.algorithm(): file.digest.hex() } });
        let wire = Wire {
            name: &self.name,
            command: &self.command,
            materials: sorted(&self.materials).into_iter().map(material).collect(),
            byproducts: Map::from_iter([("return-value".to_owned(), json!(self.exit))]),
            environment: Map::new(),
        };
        let subject = |file: Recorded| Subject {
            name: file.name,
            media_type: String::new(),
            digests: vec![file.digest],
            size: None,
            properties: Vec::new(),
        };
        Statement {
            subjects: sorted(&self.products).into_iter().map(subject).collect(),
            predicate_type: LINK_PREDICATE.to_owned(),
            predicate: json!(wire).to_string().into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_about_its_products_and_repeats_itself() {
        let file = |name: &str| Recorded { name: name.to_owned(), digest: Digest::sha256_of(name.as_bytes()) };
        let link = Link {
            name: "build".to_owned(),
            command: vec!["make".to_owned(), "all".to_owned()],
            materials: vec![file("b.c"), file("a.c")],
            products: vec![file("out/b"), file("out/a"), file("out/a")],
            exit: 0,
        };
        let statement = link.statement();
        let names: Vec<_> = statement.subjects.iter().map(|subject| subject.name.as_str()).collect();
        assert_eq!(names, ["out/a", "out/b"]);
        let predicate: Value = serde_json::from_slice(&statement.predicate).unwrap();
        assert_eq!(predicate["materials"][0]["name"], "a.c");
        assert_eq!(predicate["byproducts"]["return-value"], 0);
        assert_eq!(predicate["environment"], json!({}));
        assert!(crate::bundle::bundle_statement(&crate::sample::key(), &statement).is_ok());
        assert_eq!(statement, link.statement());
    }
}

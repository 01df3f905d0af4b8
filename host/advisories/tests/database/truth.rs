//! Against known answers over real records, where the folder of outside data is there.

use std::fmt::Write as _;
use std::fs::read_to_string;

use chiron_advisories::Database;
use serde_json::Value;

use crate::scratch::{Scratch, hits, outside_data};

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            _ => write!(encoded, "%{byte:02X}").unwrap(),
        }
        encoded
    })
}

fn purl_of(ecosystem: &str, name: &str, version: &str) -> String {
    let kind = match ecosystem {
        "PyPI" => "pypi",
        "npm" => "npm",
        _ => "cargo",
    };
    format!("pkg:{kind}/{}@{}", percent(name), percent(version))
}

struct Pair {
    purl: String,
    ids: Vec<String>,
}

fn pair(ecosystem: &str, value: &Value) -> Pair {
    let mut ids: Vec<_> = value["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    Pair { purl: purl_of(ecosystem, value["name"].as_str().unwrap(), value["version"].as_str().unwrap()), ids }
}

fn real() -> Option<(Scratch, Database, Vec<Pair>, Vec<Pair>)> {
    let data = outside_data()?;
    let scratch = Scratch::new();
    let summary = scratch.import(&[data.join("osv")]).unwrap();
    assert_eq!((summary.records, summary.malformed, summary.ignored), (9476, 0, 1));
    let json = |name: &str| -> Value {
        serde_json::from_str(&read_to_string(data.join("truth").join(name)).unwrap()).unwrap()
    };
    let mut pairs = Vec::new();
    for name in ["pypi.dev.json", "npm.dev.json", "crates.dev.json"] {
        let list = json(name);
        pairs.extend(list.as_array().unwrap().iter().map(|value| pair(value["ecosystem"].as_str().unwrap(), value)));
    }
    let files = json("lockfiles.dev.json");
    let findings = files.as_object().unwrap().values().flat_map(|file| {
        let ecosystem = file["ecosystem"].as_str().unwrap();
        file["findings"].as_array().unwrap().iter().map(move |value| pair(ecosystem, value))
    });
    let findings = findings.collect();
    let database = scratch.open();
    Some((scratch, database, pairs, findings))
}

#[test]
fn every_known_answer_is_given() {
    let Some((_scratch, database, pairs, findings)) = real() else {
        return;
    };
    assert_eq!(pairs.len(), 2609);
    let wrong: Vec<_> = pairs
        .iter()
        .chain(&findings)
        .filter(|pair| hits(&database, &pair.purl) != pair.ids)
        .map(|pair| format!("{}: {:?}, not {:?}", pair.purl, hits(&database, &pair.purl), pair.ids))
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), pairs.len() + findings.len(), wrong.join("\n"));
    eprintln!("{} pairs and {} lock file findings, all right", pairs.len(), findings.len());
    database.verify().unwrap();
}

#[test]
fn real_records_give_the_same_bytes_in_any_order() {
    let Some(data) = outside_data() else { return };
    let mut archives: Vec<_> =
        ["PyPI", "npm", "crates.io"].iter().map(|ecosystem| data.join("osv").join(ecosystem).join("all.zip")).collect();
    let built = |paths: &[std::path::PathBuf]| {
        let scratch = Scratch::new();
        scratch.import(paths).unwrap();
        std::fs::read(scratch.file()).unwrap()
    };
    let first = built(&archives);
    archives.reverse();
    archives.push(archives[0].clone());
    assert!(built(&archives) == first);
}

use std::path::Path;

use tempfile::TempDir;

use crate::config::{PipelineConfig, parse, read};
use crate::mistake::Mistakes;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn load(folder: &Path, name: &str) -> Result<PipelineConfig, Mistakes> {
    let path = folder.join(name);
    parse(&std::fs::read_to_string(&path).unwrap(), &path)
}

const BASE: &str = r#"
[pipeline]
name = "base"
subjects = ["nothing"]
on_empty = "pass"
[plugins.own]
source = "own.wasm"
[[step]]
id = "inventory"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "osv"
[[suppress]]
id = "A"
reason = "base"
[gate]
fail_on = "high"
unknown = "deny"
"#;

#[test]
fn the_extending_file_wins_key_by_key_and_step_by_id() {
    let files = folder(&[
        ("shared/base.toml", BASE),
        (
            "app/pipeline.toml",
            r#"
extends = "../shared/base.toml"
[pipeline]
name = "app"
subjects = ["dist/*.whl"]
[[step]]
id = "scan"
uses = "osv"
required = false
[[step]]
id = "mine"
uses = "own"
[[suppress]]
id = "B"
reason = "app"
[gate]
fail_on = "critical"
"#,
        ),
    ]);
    let config = load(files.path(), "app/pipeline.toml").unwrap();
    let file = &config.file;
    assert_eq!((file.pipeline.name.as_str(), &file.pipeline.subjects[..]), ("app", &["dist/*.whl".to_owned()][..]));
    assert_eq!(file.pipeline.on_empty, crate::config::file::OnEmpty::Pass);
    let steps: Vec<_> = file.steps.iter().map(|step| (step.id.as_str(), step.required)).collect();
    assert_eq!(steps, [("inventory", true), ("scan", false), ("mine", true)]);
    assert_eq!(file.plugins["own"].source, "../shared/own.wasm");
    let suppressed: Vec<_> = file.suppressions.iter().map(|suppression| suppression.id.as_deref().unwrap()).collect();
    assert_eq!(suppressed, ["A", "B"]);
    let gate = file.gate.as_ref().unwrap();
    assert_eq!((gate["fail_on"].as_str(), gate["unknown"].as_str()), (Some("critical"), Some("deny")));
    assert_eq!(config.bases.read[0].name, "../shared/base.toml");
    assert_eq!(config.bases.replaced, ["gate.fail_on", "pipeline.name", "pipeline.subjects", "step `scan`"]);
    assert_eq!(config.document.origin("/gate/unknown"), "../shared/base.toml");
    assert!(config.document.origin("/gate/fail_on").ends_with("app/pipeline.toml"));
    assert_eq!(config.document.origin("/step/0/uses"), "../shared/base.toml");
    assert!(config.document.origin("/step/1/uses").ends_with("app/pipeline.toml"));
}

#[test]
fn bases_build_on_bases_and_the_later_one_wins() {
    let files = folder(&[
        ("a/root.toml", "[gate]\nfail_on = \"low\"\nunknown = \"warn\"\n[keys.k]\nfile = \"k.pem\"\n"),
        ("a/one.toml", "extends = \"root.toml\"\n[gate]\nfail_on = \"medium\"\n"),
        ("two.toml", "[gate]\nmalicious = \"warn\"\n"),
        (
            "app/p.toml",
            "extends = [\"../a/one.toml\", \"../two.toml\"]\n[pipeline]\nname = \"p\"\nsubjects = [\"x\"]\n",
        ),
    ]);
    let config = load(files.path(), "app/p.toml").unwrap();
    let gate = config.file.gate.as_ref().unwrap();
    let word = |key: &str| gate[key].as_str().unwrap().to_owned();
    assert_eq!([word("fail_on"), word("unknown"), word("malicious")], ["medium", "warn", "warn"]);
    assert_eq!(config.file.keys["k"].file.as_deref(), Some("../a/k.pem"));
    let mut names: Vec<_> = config.bases.read.iter().map(|base| base.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["../a/one.toml", "../a/root.toml", "../two.toml"]);
}

#[test]
fn a_mistake_is_told_in_the_file_that_holds_it() {
    let files = folder(&[
        ("base.toml", "[pipeline]\non_empty = \"maybe\"\n\n[[step]]\nid = \"s\"\nuses = \"osv\"\nrequird = true\n"),
        ("p.toml", "extends = \"base.toml\"\n[pipeline]\nname = \"p\"\nsubjects = [\"x\"]\nextra = 1\n"),
    ]);
    let mistakes = load(files.path(), "p.toml").unwrap_err();
    let places: Vec<_> = mistakes
        .items
        .iter()
        .map(|mistake| {
            let (name, text, span) = mistakes.place(mistake);
            (name.rsplit('/').next().unwrap(), mistakes.line(mistake), text[span].to_owned())
        })
        .collect();
    assert!(places.contains(&("p.toml", 5, "extra".to_owned())), "{places:?}");
    assert!(places.contains(&("base.toml", 2, "\"maybe\"".to_owned())), "{places:?}");
    assert!(places.contains(&("base.toml", 7, "requird".to_owned())), "{places:?}");
}

#[test]
fn circles_missing_files_and_addresses_are_refused_by_name() {
    let pipeline = "[pipeline]\nname = \"p\"\nsubjects = [\"x\"]\n";
    let extending = |name: &str| format!("extends = \"{name}\"\n{pipeline}");
    let files = folder(&[
        ("a.toml", &extending("b.toml")),
        ("b.toml", &extending("./a.toml")),
        ("gone.toml", &extending("nowhere.toml")),
        ("web.toml", &extending("https://example.com/base.toml")),
        ("folder.toml", &extending(".")),
    ]);
    for (name, says) in [
        ("a.toml", "a circle: a.toml extends b.toml extends a.toml"),
        ("gone.toml", "`nowhere.toml` cannot be read"),
        ("web.toml", "is an address"),
        ("folder.toml", "it is no file"),
    ] {
        let mistakes = load(files.path(), name).unwrap_err();
        assert!(mistakes.items.iter().any(|mistake| mistake.message.contains(says)), "{name}: {:?}", mistakes.items);
    }
}

#[test]
fn a_long_row_of_files_ends() {
    let names: Vec<String> = (0..12).map(|number| format!("{number}.toml")).collect();
    let texts: Vec<String> = (1..13).map(|next| format!("extends = \"{next}.toml\"\n")).collect();
    let files: Vec<_> = names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let files = folder(&files);
    let (_, mistakes) = read(&texts[0], &files.path().join("0.toml"));
    assert!(mistakes.iter().any(|mistake| mistake.message.contains("more than 8 files in a row")), "{mistakes:?}");
}

//! The doors beside running: init, completions, manual pages; a base for several pipelines; the tree of the table.

use std::io::Write as _;
use std::process::{Command, Stdio};

use chiron_e2e::{Ended, Folder, bom, osv};
use serde_json::json;

/// Runs another program on a text; None, and a word about it, where that is not installed.
fn other(program: &str, arguments: &[&str], text: &str) -> Option<Ended> {
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        chiron_e2e::outside::missing(program);
        return None;
    };
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    Some(Ended::of(&child.wait_with_output().unwrap()))
}

#[test]
fn init_writes_a_pipeline_that_runs() {
    let work = Folder::new();
    work.write("uv.lock", "version = 1\n")
        .write("dist/demo-1.0-py3-none-any.whl", "x")
        .write("sbom/app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let shown = work.chiron(&["init", "--dry-run"]).with_code(0);
    assert!(!work.has("pipeline.toml") && !work.has(".chiron"));
    let ended = work.chiron(&["init"]).with_code(0);
    ended.says(&["wrote", "lock files (1), packages (1), SBOMs (1)", "next: chiron run", "chiron lock"]);
    let text = work.read("pipeline.toml");
    assert_eq!(text, shown.stdout);
    assert!(text.starts_with("#:schema ./.chiron/pipeline.schema.json\n"), "{text}");
    let schema = std::fs::read_to_string(chiron_e2e::binary::root().join("schemas/pipeline.schema.json")).unwrap();
    assert!(work.read(".chiron/pipeline.schema.json") == schema, "another schema than the published one");
    work.chiron(&["run", "--dry-run"]).with_code(0).shows(&[
        "uv.lock",
        "dist/demo-1.0-py3-none-any.whl",
        "sbom/app.cdx.json",
    ]);
    work.chiron(&["init"]).with_code(2).says(&["is there already", "--force replaces it"]);
    let _ = work.chiron(&["init", "--force"]).with_code(0);
    work.chiron(&["init", "nowhere"]).with_code(2).says(&["is not there"]);
}

#[test]
fn completions_are_read_by_their_shells() {
    let work = Folder::new();
    for (shell, arguments) in
        [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"]), ("elvish", &["-compileonly"])]
    {
        let script = work.chiron(&["completions", shell]).with_code(0).stdout;
        assert!(script.contains("--fail-on") || script.contains("fail-on"), "{shell}");
        if let Some(ended) = other(shell, arguments, &script) {
            let _ = ended.with_code(0);
        }
    }
    assert!(work.chiron(&["completions", "powershell"]).with_code(0).stdout.contains("Register-ArgumentCompleter"));
    let _ = work.chiron(&["completions", "tcsh"]).with_code(2);
    let script = work.chiron(&["completions", "bash"]).with_code(0).stdout;
    let asked =
        format!("{script}\nCOMP_WORDS=(chiron sc); COMP_CWORD=1; _chiron chiron sc chiron; echo \"${{COMPREPLY[*]}}\"");
    if let Some(ended) = other("bash", &[], &asked) {
        assert_eq!(ended.with_code(0).stdout.trim(), "scan");
    }
}

#[test]
fn manual_pages_are_read_by_groff() {
    let work = Folder::new();
    std::fs::create_dir(work.path("man")).unwrap();
    work.chiron(&["man", "man"]).with_code(0).says(&["pages into man"]);
    let pages: Vec<_> =
        work.listing().into_keys().filter(|path| path.starts_with("man/") && path.ends_with(".1")).collect();
    for page in ["man/chiron.1", "man/chiron-scan.1", "man/chiron-db-import.1"] {
        assert!(pages.iter().any(|path| path == page), "{pages:?}");
    }
    assert_eq!(work.chiron(&["man"]).with_code(0).stdout, work.read("man/chiron.1"));
    for page in pages {
        if let Some(ended) = other("groff", &["-man", "-Tutf8", "-ww", "-z"], &work.read(&page)) {
            assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{page}");
        }
    }
    let _ = work.chiron(&["man", "nowhere"]).with_code(2);
}

#[test]
fn a_pipeline_extends_another_and_the_report_says_what_came_from_where() {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("app/app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write(
            "base.toml",
            "[[step]]\nid = \"inventory\"\nuses = \"cyclonedx\"\n[[step]]\nid = \"scan\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n[gate]\nfail_on = \"high\"\nunknown = \"warn\"\n",
        )
        .write(
            "app/pipeline.toml",
            "extends = \"../base.toml\"\n[pipeline]\nname = \"app\"\nsubjects = [\"app.cdx.json\"]\n[gate]\nfail_on = \"critical\"\n",
        );
    let report = work.chiron(&["run", "app/pipeline.toml", "-o", "json"]).with_code(0).json();
    assert_eq!(report["findings"][0]["id"], "PYSEC-2024-1");
    let settings = report["settings"].as_array().unwrap();
    let setting = |key: &str| settings.iter().find(|setting| setting["key"] == key).unwrap();
    assert_eq!(setting("gate.fail_on")["source"], "pipeline.toml");
    assert_eq!(setting("gate.unknown")["source"], "../base.toml");
    assert!(setting("extends.../base.toml")["value"].as_str().unwrap().starts_with("sha256:"));
    let notes = report["notes"].to_string();
    assert!(notes.contains("base-replaced") && notes.contains("gate.fail_on"), "{notes}");
    work.chiron(&["run", "--dry-run", "app/pipeline.toml"]).with_code(0).shows(&["EXTENDS", "../base.toml  sha256:"]);
    // A mistake of the base is shown in the base.
    work.write("base.toml", work.read("base.toml").replace("uses = \"osv\"", "uses = \"osw\""));
    work.chiron(&["run", "app/pipeline.toml"]).with_code(2).says(&["base.toml:6", "did you mean `osv`?"]);
}

#[test]
fn the_tree_shows_how_a_component_came_to_be_there() {
    let work = Folder::new();
    let components = ["pkg:pypi/app@1.0", "pkg:pypi/web@2.0", "pkg:pypi/cli@3.0", "pkg:pypi/demo@1.0"]
        .map(|purl| bom::component(purl, purl));
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "components": components,
        "dependencies": [
            { "ref": "pkg:pypi/app@1.0", "dependsOn": ["pkg:pypi/web@2.0", "pkg:pypi/cli@3.0"] },
            { "ref": "pkg:pypi/web@2.0", "dependsOn": ["pkg:pypi/demo@1.0"] },
            { "ref": "pkg:pypi/cli@3.0", "dependsOn": ["pkg:pypi/demo@1.0", "pkg:pypi/cli@3.0"] },
        ],
    });
    work.database(&[osv::demo()]).write("app.cdx.json", document.to_string());
    let plain = work.chiron(&["scan", "app.cdx.json", "--db", "db"]).with_code(0).stdout;
    assert!(plain.contains("demo 1.0   upgrade to 2.0") && !plain.contains("via"), "{plain}");
    let tree = work.chiron(&["scan", "app.cdx.json", "--db", "db", "--tree"]).with_code(0).stdout;
    assert!(tree.contains("via app 1.0 → web 2.0 → demo 1.0 (and 1 other way)"), "{tree}");
    let all = work.chiron(&["scan", "app.cdx.json", "--db", "db", "--tree", "-v"]).with_code(0).stdout;
    assert!(all.contains("or app 1.0 → cli 3.0 → demo 1.0"), "{all}");
    let report = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json"]).with_code(0).json();
    let advice = &report["advice"][0];
    assert_eq!(
        (&advice["upgrade_to"], &advice["clears"], &advice["other_ways"]),
        (&"2.0".into(), &json!(["PYSEC-2024-1"]), &1.into())
    );
    assert_eq!(advice["path"].as_array().unwrap().len(), 3);
}

//! What is wrong with a pipeline.toml: all of it at once, each at its line, each with a hint.

use chiron_e2e::{Ended, Folder, bom};

const HEAD: &str = "[pipeline]\nname = \"mistakes\"\nsubjects = [\"app.cdx.json\"]\n";

fn folder(rest: &str) -> Folder {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("pipeline.toml", format!("{HEAD}{rest}"));
    work
}

fn run(rest: &str) -> Ended {
    folder(rest).chiron(&["run"])
}

#[test]
fn every_mistake_of_a_file_is_told_in_one_pass_with_line_and_hint() {
    let work = Folder::new();
    let text = include_str!("../../fixtures/mistakes.toml");
    work.write("m.toml", text);
    let ended = work.chiron(&["run", "m.toml"]).with_code(2);
    for (line, message, hint) in [
        (2, "the text \"Bad Name\" is no name", "lower-case letters"),
        (3, "unknown key `subject`", "did you mean `subjects`?"),
        (4, "[m.toml:4:12]", ""),
        (8, "there is no builtin `cyclonedxx`", "did you mean `cyclonedx`?"),
        (9, "unknown key `requird`", "did you mean `required`?"),
        (12, "two steps have the id `sbom`", "give each its own"),
        (14, "`from` names `later`, which is no earlier step", ""),
        (15, "expected true or false, found the text \"yes\"", ""),
        (16, "`30 parsecs` is not a duration", "\"30s\""),
        (18, "unknown key `informationall`", "did you mean `informational`?"),
        (20, "the label `signing` is bound to the key `relase`, which is not defined", "did you mean `release`?"),
        (20, "binds the key label `signing`, which the plugin does not ask for", "remove the binding"),
        (24, "asks for the key label `signing`", "keys.signing ="),
        (26, "the key `release` needs exactly one of `file`, `env`, `pkcs11` and `keyless`", "env = \"RELEASE_KEY\""),
        (31, "unknown key `fail_onn`", "did you mean `fail_on`?"),
        (32, "is none of deny, warn, allow", "did you mean `deny`?"),
        (36, "a suppression needs a reason", "say why"),
        (37, "`tomorrow` is not a date", "2027-01-31"),
    ] {
        ended.says(&[&format!("[m.toml:{line}:"), message, hint]);
    }
    ended.says(&["error: 18 mistakes in m.toml"]);
    assert_eq!(ended.stdout, "");
    assert_eq!(work.listing().keys().collect::<Vec<_>>(), ["m.toml"]);
}

#[test]
fn each_mistake_alone_is_at_fault_at_its_line() {
    for (rest, code, line, message) in [
        ("[pipeline\n", 2, 4, "not valid TOML"),
        ("[[step]]\nid = 7\nuses = \"osv\"\n", 2, 5, "expected a text, found the number 7"),
        ("[[step]]\nid = \"a\"\n", 2, 4, "`uses` is missing"),
        ("[stepp]\n", 2, 4, "unknown key `stepp`"),
        (
            "[[step]]\nid = \"a\"\nuses = \"osv\"\nallow = [\"network\"]\n",
            2,
            7,
            "none of content, advisories, versions",
        ),
        ("[[step]]\nid = \"a\"\nuses = \"oci://example.com/x\"\n", 2, 6, "not supported by this version"),
        ("[[step]]\nid = \"a\"\nuses = \"./missing.wasm\"\n", 3, 6, "missing.wasm"),
        ("[[step]]\nid = \"a\"\nuses = \"cosign\"\n", 3, 6, "does not bind"),
        (
            "[keys.k]\nfile = \"k\"\n[[step]]\nid = \"a\"\nuses = \"osv\"\n[step.bind]\nkeys.x = \"k\"\n",
            3,
            10,
            "does not ask for",
        ),
        ("[[suppress]]\nid = \"X\"\npurl = \"pypi/demo\"\nreason = \"r\"\n", 2, 6, "purl"),
        ("[limits]\nmemory = \"lots\"\n", 2, 5, "`lots` is not a size"),
        ("[databases.d]\npin = 1\n", 2, 5, "expected true or false"),
        ("[gate]\nfail_on = \"hihg\"\n", 2, 5, "did you mean `high`?"),
    ] {
        let ended = run(rest);
        assert_eq!(ended.code, code, "{rest}\n{}", ended.stderr);
        ended.says(&[message, &format!("[pipeline.toml:{line}:")]);
    }
}

#[test]
fn a_subject_that_is_not_there_is_a_mistake_and_a_glob_without_match_a_note() {
    let work = folder("");
    work.write("gone.toml", "[pipeline]\nname = \"gone\"\nsubjects = [\"gone.whl\"]\n");
    work.chiron(&["run", "gone.toml"]).with_code(2).says(&["gone.whl", "[gone.toml:3:"]);
    work.write("none.toml", "[pipeline]\nname = \"none\"\nsubjects = [\"dist/*.whl\"]\n");
    work.chiron(&["run", "none.toml"]).with_code(5).shows(&["the pattern `dist/*.whl` matches nothing"]);
}

#[test]
fn what_is_unused_is_a_warning_and_the_run_goes_on() {
    let unused = "[plugins.extra]\nsource = \"builtin:osv\"\n[keys.release]\nfile = \"no.key\"\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n";
    let work = folder(unused);
    let ended = work.chiron(&["run"]).with_code(0);
    ended.says(&[
        "no step uses the plugin `extra`",
        "[pipeline.toml:4:",
        "no step binds the key `release`",
        "[pipeline.toml:6:",
    ]);
    assert_eq!(work.chiron(&["run", "-q"]).with_code(0).stderr, "");
}

#[test]
fn text_of_a_file_does_not_control_the_terminal() {
    let ended = run("[[step]]\nid = \"a\"\nuses = \"\u{9b}31m\\u001b[31mred\"\n# \u{1b}]0;owned\u{7}\n");
    assert_ne!(ended.code, 0);
    assert!(!ended.stderr.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{:?}", ended.stderr);
}

#[test]
fn deep_and_long_files_are_refused_without_a_crash() {
    for rest in [
        format!("x = {}1{}\n", "[".repeat(20_000), "]".repeat(20_000)),
        format!("x{} = 1\n", ".a".repeat(20_000)),
        "\u{feff}\0".to_owned(),
    ] {
        let ended = run(&rest);
        assert_eq!(ended.code, 2, "{}", &ended.stderr[..ended.stderr.len().min(500)]);
    }
}

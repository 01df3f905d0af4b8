//! `chiron plugin inspect`: what is told of a plugin of every kind, by its name or as a file, and of what is none.

mod hostile;

use chiron_e2e::{Ended, Folder};
use hostile::{guests, raw};

/// What has to stand there of one plugin, as lines or as parts of them.
struct Shown {
    /// As it is named on the command line.
    plugin: &'static str,
    /// Of what kind it is, and the interface of that.
    kind: &'static str,
    /// All that it can touch, by the words of powers.
    can: &'static [&'static str],
    /// The same in words, and what else is told of it.
    tells: &'static [&'static str],
}

const NOTHING_ELSE: &str = "  and nothing else: no environment, no files, no sockets, no clock, no randomness";

/// One of every kind of work and of every power: builtins by their names, and files.
const PLUGINS: [Shown; 8] = [
    Shown {
        plugin: "cyclonedx",
        kind: "sbom-generator (chiron:sbom/generator@0.1.0)",
        can: &["log", "progress", "content"],
        tells: &[NOTHING_ELSE, "  read the subject's bytes (its kind may) [content]", "  chiron:input-media-type = "],
    },
    Shown {
        plugin: "builtin:osv",
        kind: "scanner (chiron:scan/scanner@0.1.0)",
        can: &["log", "progress", "advisories"],
        tells: &["  look packages up in the advisory databases (its kind may) [advisories]", "\"withdrawn\": {"],
    },
    Shown {
        plugin: "sarif-report",
        kind: "scanner (chiron:scan/content-scanner@0.1.0)",
        can: &["log", "content"],
        tells: &["  read the subject's bytes (its kind may) [content]"],
    },
    Shown {
        plugin: "gate",
        kind: "policy (chiron:policy/check@0.1.0)",
        can: &["log"],
        tells: &["RULES", "  malicious  Malicious package", "\"fail_on\": {"],
    },
    Shown {
        plugin: "cosign",
        kind: "signer (chiron:sign/signer@0.1.0)",
        can: &["log", "progress", "signing"],
        tells: &[
            "  have the host sign statements about this run with a bound key (its kind may) [signing]",
            "ASKS FOR",
            "  key `signing`: signs the run's subjects and statements",
        ],
    },
    Shown {
        plugin: "syft-adapter",
        kind: "sbom-generator (chiron:sbom/generator@0.1.0)",
        can: &["log", "content", "tools"],
        tells: &[
            "  run bound programs through the operator's profiles (only where the step allows it) [tools]",
            "  tool `syft`: catalogs the subject",
        ],
    },
    Shown {
        plugin: "client.wasm",
        kind: "scanner (chiron:scan/scanner@0.1.0)",
        can: &["log", "http"],
        tells: &[
            "hostile-client 0.1.0: misbehaves at an endpoint",
            "  send HTTP requests to bound endpoints (only where the step allows it) [http]",
            "  endpoint `api`: asks it about components",
        ],
    },
    Shown {
        plugin: "judge.wasm",
        kind: "policy (chiron:policy/check@0.2.0)",
        can: &["log"],
        tells: &["  chiron:policy/check@0.2.0"],
    },
];

#[test]
fn a_plugin_of_every_kind_tells_what_it_is_and_what_it_can_touch() {
    let work = Folder::new();
    for kind in ["client", "judge"] {
        work.write(&format!("{kind}.wasm"), guests::component(kind));
    }
    for Shown { plugin, kind, can, tells } in &PLUGINS {
        let ended = work.chiron(&["plugin", "inspect", plugin]).with_code(0);
        let lines: Vec<_> = ended.stdout.lines().collect();
        assert!(lines.contains(&format!("kind     {kind}").as_str()), "{plugin}: {}", ended.stdout);
        assert!(lines.iter().any(|line| line.starts_with("digest   sha256:")), "{plugin}: {}", ended.stdout);
        assert_eq!(powers(&ended.stdout), *can, "{plugin}");
        // Each power stands for an interface that is imported, in its version.
        let imports = section(&ended.stdout, "IMPORTS");
        assert!(imports.iter().all(|line| line.trim().starts_with("chiron:") && line.contains("@0.")), "{imports:?}");
        assert!(imports.len() >= can.len(), "{plugin}: {imports:?}");
        ended.shows(tells).shows(&["CONFIGURATION (JSON Schema)"]);
    }
}

/// What is in brackets behind what it can do.
fn powers(shown: &str) -> Vec<&str> {
    section(shown, "IT CAN").into_iter().filter_map(|line| Some(line.strip_suffix(']')?.rsplit_once('[')?.1)).collect()
}

fn section<'a>(shown: &'a str, title: &str) -> Vec<&'a str> {
    shown.lines().skip_while(|line| *line != title).skip(1).take_while(|line| line.starts_with("  ")).collect()
}

#[test]
fn a_plugin_built_for_wasi_tells_what_it_is_answered() {
    let file = guests::root().join("tests/fixtures/foreign/rust.wasm");
    let ended = Folder::new().chiron(&["plugin", "inspect", file.to_str().unwrap()]).with_code(0);
    assert_eq!(powers(&ended.stdout), Vec::<&str>::new());
    ended.shows(&[
        "kind     policy (chiron:policy/check@0.1.0)",
        "  and nothing else. It was built for WASI, which no plugin gets:",
        "    answered: arguments, environment and terminals (there are none)",
        "    answered: standard streams (output goes to the log, input is empty)",
        "  wasi:cli/environment@0.2.",
    ]);
}

/// What a terminal, a CI runner and a reader's eye would obey.
const ACTIVE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\r\n::error::forged\n  ##vso[task.forged]\n::add-mask::a";

/// Nothing in it is obeyed: neither by a terminal, nor by a CI runner.
#[track_caller]
fn nobody_obeys(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(chiron_model::text::inert(text) == *text, "{text:?}");
        let command =
            text.lines().find(|line| line.trim_start().starts_with("::") || line.trim_start().starts_with("##"));
        assert_eq!(command, None, "{text}");
    }
}

#[test]
fn what_a_plugin_says_of_itself_acts_on_nobody() {
    let work = Folder::new();
    work.write("active.wasm", raw::Policy::saying(ACTIVE).component());
    let ended = work.chiron(&["plugin", "inspect", "active.wasm"]).with_code(0);
    ended.shows(&["ASKS FOR", "RULES", "PROPERTIES", "CONFIGURATION (JSON Schema)", "forged"]);
    nobody_obeys(&ended);
    // Name, version, summary, a rule's id and title, a request's three texts, a property's key and value, and the schema.
    assert_eq!(ended.stdout.matches("add-mask").count(), 11, "{}", ended.stdout);
    // The same words in the refusal of a run, for a person and for a program.
    let pipeline =
        "[pipeline]\nname = \"p\"\nsubjects = [\"tree\"]\n[[step]]\nid = \"active\"\nuses = \"./active.wasm\"\n";
    work.write("pipeline.toml", pipeline).write("tree/a.txt", "");
    for format in ["human", "json"] {
        let ended = work.chiron(&["run", "--log-format", format]).with_code(3);
        // A line may end anywhere in the sentence.
        assert!(ended.stderr.contains("cannot bind"), "{}", ended.stderr);
        nobody_obeys(&ended);
    }
}

#[test]
fn what_is_no_plugin_is_refused_with_a_sentence() {
    let (whole, work) = (guests::component("policy"), Folder::new());
    let exporting = |interface: &str| {
        wat::parse_str(format!(r#"(component (instance $i) (export "{interface}" (instance $i)))"#)).unwrap()
    };
    let importing = |import: &str| {
        wat::parse_str(format!(
            r#"(component (import "{import}" (instance $i)) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#
        ))
        .unwrap()
    };
    for (name, bytes, sentence) in [
        ("empty.wasm", Vec::new(), "not a WebAssembly component"),
        ("text.wasm", b"hello".to_vec(), "not a WebAssembly component"),
        ("half.wasm", whole[..whole.len() / 2].to_vec(), "not a WebAssembly component: unexpected end"),
        ("module.wasm", wat::parse_str("(module)").unwrap(), "a core WebAssembly module, not a component"),
        (
            "world.wasm",
            exporting("wasi:cli/run@0.2.6"),
            "exports wasi:cli/run@0.2.6, but not chiron:sbom/generator@0.1.0",
        ),
        (
            "newer.wasm",
            exporting("chiron:policy/check@0.9.0"),
            "exports chiron:policy/check@0.9.0, but not chiron:lifecycle/plugin@0.1.0",
        ),
        (
            "import.wasm",
            importing("chiron:telemetry/log@0.2.0"),
            "wants `chiron:telemetry/log@0.2.0`; this host speaks chiron:telemetry/log@0.1.0",
        ),
        (
            "stranger.wasm",
            importing("evil:door/open@1.0.0"),
            "imports `evil:door/open@1.0.0`, which this host does not offer",
        ),
        (
            "trap.wasm",
            raw::Policy { describe: "unreachable", ..raw::Policy::default() }.component(),
            "it cannot describe itself: the plugin crashed",
        ),
    ] {
        work.write(name, bytes);
        let ended = work.chiron(&["plugin", "inspect", name]).with_code(3);
        ended.says(&[&format!("error: {name}: {sentence}")]);
        assert_eq!(ended.stdout, "", "{name}");
        let ended = work.chiron(&["--log-format", "json", "plugin", "inspect", name]).with_code(3);
        let line: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
        assert!(line["message"].as_str().unwrap().contains(sentence), "{line}");
    }
    let ended = work.chiron(&["plugin", "inspect", "no-such-plugin"]).with_code(2);
    ended.says(&[
        "`no-such-plugin` is neither a builtin (cyclonedx, osv, gate, cosign, ",
        "nor a file that can be read",
    ]);
}

//! Every limit, run into by a plugin in a run of the built binary: what is said names the budget, what was left of it, and the
//! key that changes it, in pipeline.toml or, where an operator capped it, in the operator's file.

mod hostile;

use chiron_e2e::{Ended, Folder};
use chiron_pipeline::config::file::Limit;
use chiron_sandbox::limits::SCHEMA_DEPTH_MAX;
use hostile::{guests, raw};

/// A plugin that spends all of one budget.
struct Spender {
    component: Vec<u8>,
    /// Its `behaviour`; "" for one that takes none.
    word: &'static str,
    /// As it stands in a file.
    value: &'static str,
    /// What else it needs, so that nothing else runs out first.
    more: &'static str,
    /// What the answer says beside the key.
    says: &'static str,
    /// How the run ends: 6 not judged, 3 refused, 0 where only a line is lost.
    code: i32,
}

fn policy(word: &'static str, value: &'static str, more: &'static str, says: &'static str) -> Spender {
    Spender { component: guests::component("policy"), word, value, more, says, code: 6 }
}

fn hand_made(
    more: &'static str,
    evaluate: &'static str,
    value: &'static str,
    says: &'static str,
    code: i32,
) -> Spender {
    let described = raw::Policy::describing("{}");
    let more = Box::leak(format!("{}{more}", described.more).into_boxed_str());
    let guest = raw::Policy { more, evaluate, ..described };
    Spender { component: guest.component(), word: "", value, more: "", says, code }
}

/// Three thousand functions, which take a while to compile.
fn many_functions() -> &'static str {
    let functions: String = (0..3_000)
        .map(|n| format!("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const {n})))"))
        .collect();
    Box::leak(functions.into_boxed_str())
}

fn spender(limit: Limit) -> Spender {
    let ok = "(i32.const 3072)";
    let grow = "(if (i32.eq (table.grow $t (ref.null func) (i32.const 90000)) (i32.const -1)) (then unreachable)) (i32.const 3072)";
    match limit {
        Limit::Deadline => policy("spin", "\"300ms\"", "cpu = \"60s\"", "did not answer within 300 ms"),
        Limit::Cpu => policy("spin", "\"150ms\"", "", "computed for more than 150 ms"),
        Limit::Memory => policy("grow-at-once", "\"32 MiB\"", "", "bytes of memory, and may use 33554432"),
        Limit::Output => policy("large-text", "\"1 MiB\"", "", "needs more than 1048576 bytes"),
        Limit::TableElements => hand_made("(table $t 1 funcref)", grow, "1000", "may use 1000", 6),
        Limit::HostCalls => policy("spin-around-log", "1000", "cpu = \"60s\"", "called the host more than 1000 times"),
        Limit::Handles => Spender {
            component: guests::component("generator"),
            ..policy("hoard-handles", "16", "", "more than 16 handles")
        },
        Limit::Instances => {
            let tables = Box::leak("(table 1 funcref)".repeat(9).into_boxed_str());
            hand_made(tables, ok, "8", "more than 8 tables", 6)
        }
        Limit::LogLines => {
            Spender { code: 0, ..policy("flood-log", "10", "", "4990 lines were dropped: one call may write 10") }
        }
        Limit::LogLine => {
            Spender { code: 0, ..policy("long-line", "\"200 B\"", "", "1 line was cut: the most bytes of one are 200") }
        }
        Limit::Component => Spender { code: 3, ..policy("honest", "\"10 KiB\"", "", "the size of the component is") },
        Limit::Functions => Spender { code: 3, ..policy("honest", "10", "", "the number of functions is 11") },
        Limit::Function => Spender { code: 3, ..policy("honest", "\"100 B\"", "", "the size of a function is") },
        Limit::SchemaDepth => {
            let deep = format!("{}{{}}{}", r#"{"not":"#.repeat(6), "}".repeat(6));
            let component = raw::Policy::describing(&deep).component();
            Spender { component, code: 3, ..policy("", "5", "", "nested deeper than 5 levels") }
        }
        Limit::Compile => hand_made(many_functions(), ok, "\"1ms\"", "did not end within 1 ms", 3),
    }
}

/// One run; what standard error and the report say, together.
fn run(spender: &Spender, limits: &str, operator: Option<&str>) -> (String, Ended) {
    let work = Folder::new();
    let with = if spender.word.is_empty() {
        String::new()
    } else {
        format!("with = {{ behaviour = \"{}\" }}\n", spender.word)
    };
    let text = format!(
        "[pipeline]\nname = \"p\"\nsubjects = [\"tree\"]\non_empty = \"pass\"\nallow_unsigned_plugins_unsafe = true\n[[step]]\nid = \"spends\"\nuses = \"./plugin.wasm\"\n{with}\
         limits = {{ {limits} }}\n"
    );
    work.write("plugin.wasm", &spender.component).write("pipeline.toml", text).write("tree/a.txt", "0123456789");
    let mut arguments = vec!["run", "-v", "-o", "json=report.json"];
    let rules = tempfile::tempdir().unwrap();
    let path = rules.path().join("operator.toml");
    if let Some(operator) = operator {
        std::fs::write(&path, operator).unwrap();
        arguments.extend(["--operator", path.to_str().unwrap()]);
    }
    // What was compiled before is not compiled again, and this must be.
    let cache = work.home().join("cache");
    let ended = work.chiron_with(&[("CHIRON_CACHE", cache.to_str().unwrap())], &arguments);
    let report = if work.has("report.json") { work.read("report.json") } else { String::new() };
    (format!("{}\n{report}", words(&ended.stderr)), ended)
}

/// Without the frames and line breaks of a drawn message.
fn words(text: &str) -> String {
    let drawn = |c: char| c.is_whitespace() || "│×╭╰─".contains(c);
    text.split(drawn).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_limit_that_runs_out_is_named_with_the_key_that_raises_it() {
    for limit in Limit::ALL {
        let (key, spender) = (limit.key(), spender(limit));
        let separator = if spender.more.is_empty() { "" } else { ", " };
        let limits = format!("{key} = {}{separator}{}", spender.value, spender.more);
        let (said, ended) = run(&spender, &limits, None);
        assert_eq!(ended.code, spender.code, "{key}: {said}");
        assert!(said.contains(spender.says), "{key}: {said}");
        let advice = format!("raise `limits.{key}` of the step `spends` if this is expected");
        assert!(said.contains(&advice), "{key}: {said}");
    }
}

#[test]
fn every_limit_that_an_operator_capped_is_named_with_the_key_of_the_operators_file() {
    for limit in Limit::ALL {
        let (key, spender) = (limit.key(), spender(limit));
        let operator = format!(
            "[grants]\ncapabilities = [\"content\", \"advisories\", \"versions\"]\n[limits]\n{key} = {}\n[allow]\nunlocked = true\n\
             settings = [\"allow_unsigned_plugins_unsafe\"]\n",
            spender.value
        );
        let (said, ended) = run(&spender, spender.more, Some(&operator));
        assert_eq!(ended.code, spender.code, "{key}: {said}");
        assert!(said.contains(spender.says), "{key}: {said}");
        let advice = format!("only the operator can raise it, in the operator's file: [limits] {key}");
        assert!(said.contains(&advice), "{key}: {said}");
        // The pipeline's own key would be refused.
        assert!(!said.contains(&format!("raise `limits.{key}`")), "{key}: {said}");
    }
}

#[test]
fn a_limit_that_no_key_raises_says_so() {
    let endless = raw::Policy { describe: "(loop (br 0)) unreachable", ..raw::Policy::default() }.component();
    let spender = Spender { component: endless, ..policy("", "", "", "") };
    let (said, ended) = run(&spender, "", None);
    assert_eq!(ended.code, 3);
    assert!(said.contains("computed for more than 2000 ms") && said.contains("no key raises"), "{said}");
    // As deep as a key can allow, and a level more.
    let nested = |levels: usize| {
        let schema = format!("{}{{}}{}", r#"{"not":"#.repeat(levels), "}".repeat(levels));
        Spender { component: raw::Policy::describing(&schema).component(), ..policy("", "", "", "") }
    };
    let most = format!("schema_depth = {SCHEMA_DEPTH_MAX}");
    let (said, ended) = run(&nested(SCHEMA_DEPTH_MAX as usize), &most, None);
    assert_ne!(ended.code, 3, "{said}");
    let (said, ended) = run(&nested(SCHEMA_DEPTH_MAX as usize + 1), &most, None);
    assert_eq!(ended.code, 3);
    assert!(said.contains(&format!("nested deeper than {SCHEMA_DEPTH_MAX} levels")), "{said}");
    let more = format!("schema_depth = {}", SCHEMA_DEPTH_MAX + 1);
    let (said, ended) = run(&nested(1), &more, None);
    assert_eq!(ended.code, 2);
    assert!(said.contains("schema_depth"), "{said}");
    let (said, ended) = run(&nested(200), &most, None);
    assert_eq!(ended.code, 3);
    assert!(said.contains("is not JSON") && said.contains("no key raises"), "{said}");
}

//! What broke in other plugin hosts, forty cases of it, and the tests that hold the rule which each implies. A rule that is not held
//! everywhere yet says what will bring the rest.

mod hostile;

use std::collections::BTreeSet;

use chiron_e2e::Folder;
use chiron_sandbox::{Cache, Engine, LoadError, Plugin, inspect};
use hostile::guests;

/// How a rule is held.
enum Hold {
    /// By these tests, each with its file.
    Tests(&'static [(&'static str, &'static str)]),
    /// By these where the rule applies today, and not where that part of Chiron is not there yet.
    SoFar(&'static [(&'static str, &'static str)], &'static str),
}

use Hold::{SoFar, Tests};

const SANDBOX: &str = "tests/conformance/tests/hostile_sandbox.rs";
const LOADING: &str = "tests/conformance/tests/hostile_loading.rs";
const EGRESS: &str = "tests/conformance/tests/hostile_egress.rs";
const TOOLS: &str = "tests/conformance/tests/hostile_tools.rs";
const VERSIONS: &str = "tests/conformance/tests/versions.rs";
const FOREIGN: &str = "tests/conformance/tests/foreign.rs";
const HERE: &str = "tests/conformance/tests/lessons.rs";
const LOCKS: &str = "tests/e2e/tests/locks.rs";

const LESSONS: [(u8, &str, Hold); 40] = [
    (
        1,
        "adapters convert types and nothing else; one function per effect holds the check",
        Tests(&[(VERSIONS, "every_version_of_every_power_is_denied_where_nothing_is_granted")]),
    ),
    (
        2,
        "an older import is attack surface behind the same gate",
        Tests(&[(VERSIONS, "every_version_of_every_power_is_denied_where_nothing_is_granted")]),
    ),
    (
        3,
        "plugins of every release, as compiled then, load",
        Tests(&[
            ("tests/conformance/tests/released.rs", "the_policy_of_0_1_0_decides"),
            ("tests/conformance/tests/released.rs", "the_scanner_of_0_1_0_finds_what_the_database_says"),
        ]),
    ),
    (
        4,
        "hosts first: what the SDK builds by default, the oldest host loads",
        Tests(&[(VERSIONS, "what_the_sdk_builds_unless_asked_for_more_loads_on_the_first_host")]),
    ),
    (
        5,
        "what does not fit is told in words, before compiling",
        Tests(&[
            (LOADING, "an_interface_of_another_version_is_refused_by_name"),
            (LOADING, "another_world_and_a_core_module_are_refused_in_words"),
        ]),
    ),
    (
        6,
        "a plugin that cannot load is an error, never a skip",
        Tests(&[("tests/e2e/tests/policies.rs", "imports_that_no_host_gives_are_refused_in_words")]),
    ),
    (
        7,
        "versions of interfaces do not follow versions of the product",
        Tests(&[("tests/conformance/tests/released.rs", "the_policy_of_0_1_0_decides")]),
    ),
    (
        8,
        "a power that a host does not have fails at load",
        Tests(&[
            (LOADING, "an_interface_of_another_version_is_refused_by_name"),
            ("host/sandbox/src/inspect.rs", "names_an_import_nobody_offers"),
        ]),
    ),
    (
        9,
        "versions and powers are read without running code",
        Tests(&[
            (FOREIGN, "what_is_answered_and_what_traps_is_told_before_it_is_compiled"),
            ("host/sandbox/src/inspect.rs", "of_several_versions_the_newest_that_is_spoken_is_taken"),
        ]),
    ),
    (
        10,
        "what a plugin can touch is what it imports, not what it says",
        Tests(&[
            (LOADING, "a_policy_that_imports_the_subjects_bytes_is_refused_by_name"),
            (SANDBOX, "a_granted_power_that_the_call_does_not_have_is_denied"),
        ]),
    ),
    (
        11,
        "templates use stock tools, and are built from nothing",
        Tests(&[(
            "tests/e2e/tests/policies.rs",
            "the_example_is_built_in_an_empty_folder_and_denies_as_its_readme_says",
        )]),
    ),
    (
        12,
        "the runtime's long-term line, in one crate, and its compiler in another",
        Tests(&[(HERE, "one_crate_runs_and_one_compiles_and_there_is_one_compiler")]),
    ),
    (
        13,
        "compiled code comes from this machine alone, or is part of the program",
        Tests(&[
            ("host/sandbox/src/cache/tests.rs", "a_damaged_renamed_or_foreign_entry_is_not_loaded"),
            ("host/sandbox/src/cache/tests.rs", "a_folder_that_others_can_reach_is_not_used"),
            ("tests/conformance/tests/kept.rs", "a_damaged_entry_is_compiled_anew_and_kept_again"),
            (HERE, "compiled_code_is_no_plugin"),
        ]),
    ),
    (
        14,
        "compiled code of another engine is compiled anew",
        Tests(&[
            ("host/sandbox/src/plugin.rs", "code_of_another_engine_is_compiled_anew"),
            ("host/sandbox/src/cache/tests.rs", "code_of_another_engine_is_not_loaded_under_whatever_name"),
        ]),
    ),
    (
        15,
        "the digest is checked on every load",
        Tests(&[(LOCKS, "a_changed_component_file_is_refused_naming_its_digest")]),
    ),
    (
        16,
        "a tag is written by `chiron lock` alone; a run uses digests",
        // There is no tag yet that a lock could write down.
        SoFar(&[(HERE, "no_tag_is_followed_wherever_it_is_written")], "plugins from registries"),
    ),
    (
        17,
        "one way out, with a denial for each route into it",
        Tests(&[
            (EGRESS, "an_endpoint_that_nobody_bound_is_not_asked"),
            (EGRESS, "a_redirect_to_an_unbound_origin_is_not_followed"),
            (EGRESS, "no_path_leaves_the_base"),
            ("tests/e2e/tests/endpoints.rs", "offline_nothing_is_sent_and_the_step_says_so"),
        ]),
    ),
    (
        18,
        "the resolved address is checked, hop by hop, under a strict grammar",
        Tests(&[
            ("host/egress/tests/loopback/addresses.rs", "a_name_that_resolves_to_a_private_address_is_refused"),
            (
                "host/egress/tests/loopback/redirects.rs",
                "each_hop_is_resolved_once_and_what_it_resolved_to_is_connected_to",
            ),
            ("tests/e2e/tests/endpoints.rs", "mistakes_of_endpoints_are_told_at_their_lines"),
        ]),
    ),
    (
        19,
        "unset means none",
        Tests(&[
            ("host/sandbox/src/grants.rs", "unset_means_none"),
            ("host/pipeline/src/operator.rs", "unset_means_none"),
        ]),
    ),
    (
        20,
        "no environment, no arguments, no input",
        Tests(&[
            (FOREIGN, "a_wasi_program_has_no_arguments_environment_or_input"),
            (TOOLS, "a_program_sees_no_file_no_network_and_no_environment"),
        ]),
    ),
    (
        21,
        "no folder is lent: bytes are read through handles",
        Tests(&[
            (FOREIGN, "a_wasi_guest_finds_no_file"),
            ("tests/conformance/tests/hostile_pipeline/generators.rs", "no_symbolic_link_is_followed"),
        ]),
    ),
    (
        22,
        "what a guest makes the host allocate is bounded",
        Tests(&[
            (SANDBOX, "the_same_bytes_named_thousands_of_times_are_counted_each_time"),
            (SANDBOX, "files_kept_open_spend_the_budget_of_handles"),
            (EGRESS, "a_body_without_end_is_not_taken"),
        ]),
    ),
    (
        23,
        "Cranelift, and no other compiler",
        Tests(&[(HERE, "one_crate_runs_and_one_compiles_and_there_is_one_compiler")]),
    ),
    (
        24,
        "grants are reviewed text bound to a digest",
        Tests(&[
            (LOCKS, "grants_are_locked_with_their_step"),
            ("host/pipeline/src/lock/difference.rs", "a_new_import_and_a_new_grant_are_told_with_their_meaning"),
        ]),
    ),
    (
        25,
        "secrets are handles, and stand nowhere",
        Tests(&[
            ("tests/e2e/tests/endpoints.rs", "a_credential_that_the_server_sends_back_is_shown_nowhere"),
            ("tests/e2e/tests/signing.rs", "no_output_holds_a_byte_of_the_key"),
        ]),
    ),
    (
        26,
        "one layout of artifacts; an unknown or missing layer is an error",
        // Of what has layers, only images are read.
        SoFar(
            &[
                ("host/archive/tests/hostile_images.rs", "blobs_are_what_their_digests_say"),
                ("host/archive/tests/hostile_images.rs", "what_is_no_layer_is_refused"),
                ("tests/e2e/tests/images.rs", "an_image_that_is_broken_is_named_and_denied"),
            ],
            "plugins from registries",
        ),
    ),
    (
        27,
        "waiting is interrupted too",
        Tests(&[
            (EGRESS, "waiting_for_ever_ends_with_the_deadline_and_costs_no_cpu"),
            ("tests/conformance/tests/interrupted.rs", "an_interrupt_ends_a_running_program_and_leaves_nothing"),
        ]),
    ),
    (
        28,
        "two budgets, and which ran out is told",
        Tests(&[
            (SANDBOX, "computing_for_ever_spends_the_cpu_budget"),
            (SANDBOX, "computing_for_ever_ends_with_the_deadline_where_the_cpu_budget_is_larger"),
            (EGRESS, "waiting_for_ever_ends_with_the_deadline_and_costs_no_cpu"),
        ]),
    ),
    (
        29,
        "every entry into a guest has its deadline, instantiation included",
        Tests(&[
            (HERE, "computing_for_ever_while_it_is_instantiated_spends_the_cpu_budget"),
            (SANDBOX, "computing_for_ever_in_configure_spends_the_cpu_budget"),
            (SANDBOX, "describe_ends_with_its_own_budget"),
        ]),
    ),
    (
        30,
        "what trapped is not used again",
        Tests(&[(SANDBOX, "a_hundred_crashes_side_by_side_do_not_touch_the_honest_call_beside_them")]),
    ),
    (
        31,
        "a store for each call",
        Tests(&[(SANDBOX, "nothing_is_remembered_between_calls_and_addresses_tell_nothing")]),
    ),
    (
        32,
        "nothing leaks, and nothing waits for a lock around an instance",
        Tests(&[("tests/conformance/tests/hostile_leaks.rs", "memory_descriptors_scratch_and_processes_come_back")]),
    ),
    (
        33,
        "bytes stay on the host; what a policy did not ask for does not cross",
        Tests(&[
            (SANDBOX, "reading_beyond_the_end_gives_nothing"),
            (HERE, "what_a_policy_did_not_ask_for_does_not_cross"),
            ("tests/e2e/tests/telemetry.rs", "what_crosses_into_each_plugin_is_told"),
        ]),
    ),
    (
        34,
        "an error is no verdict, and fails closed",
        Tests(&[
            ("tests/e2e/tests/exit_codes.rs", "a_failed_step_is_6_only_where_it_is_required"),
            (
                "tests/conformance/tests/hostile_pipeline/policies.rs",
                "a_policy_that_computes_for_ever_fails_its_step_and_the_run_is_not_judged",
            ),
        ]),
    ),
    (
        35,
        "a panic's words and its place are in the error",
        Tests(&[
            (SANDBOX, "a_panics_text_is_in_the_error"),
            (FOREIGN, "the_last_words_on_standard_error_are_the_traps_message"),
            ("tests/conformance/tests/backtraces.rs", "a_backtrace_names_files_and_lines_where_the_guest_has_them"),
        ]),
    ),
    (
        36,
        "every limit has a key, and the error names it",
        Tests(&[
            ("tests/conformance/tests/limits.rs", "every_limit_that_runs_out_is_named_with_the_key_that_raises_it"),
            (
                "tests/conformance/tests/limits.rs",
                "every_limit_that_an_operator_capped_is_named_with_the_key_of_the_operators_file",
            ),
        ]),
    ),
    (
        37,
        "a lock made on one platform holds on another",
        Tests(&[
            (TOOLS, "a_program_that_changed_after_it_was_locked_is_refused_with_both_digests"),
            (LOCKS, "builtins_are_locked_by_version_and_imports_and_the_lock_holds"),
        ]),
    ),
    (
        38,
        "development leaves the lock alone, and marks the run",
        Tests(&[(LOCKS, "an_override_warns_marks_the_report_and_leaves_the_lock_alone")]),
    ),
    (
        39,
        "adapters are components that run a pinned program",
        Tests(&[
            (TOOLS, "an_honest_adapter_is_heard"),
            (TOOLS, "a_digest_in_the_pipeline_pins_a_program_without_a_lock"),
        ]),
    ),
    (
        40,
        "thresholds count distinct identities",
        // The roles of TUF repositories have thresholds, and nothing else has: a plugin has one signer.
        SoFar(
            &[("tests/e2e/tests/trust.rs", "what_never_was_good_is_refused_with_its_reason")],
            "several signers of one plugin",
        ),
    ),
];

#[test]
fn every_lesson_is_held_by_tests_that_exist_or_says_what_brings_it() {
    let mut later = BTreeSet::new();
    for (place, (number, rule, hold)) in LESSONS.iter().enumerate() {
        assert_eq!(usize::from(*number), place + 1, "{rule}");
        let tests = match hold {
            Tests(tests) => tests,
            SoFar(tests, what) => {
                later.insert(what);
                tests
            }
        };
        assert!(!tests.is_empty(), "{rule}");
        for (file, test) in *tests {
            let text = std::fs::read_to_string(guests::root().join(file)).unwrap();
            assert!(text.contains(&format!("fn {test}()")), "{rule}: {file} has no {test}");
        }
    }
    assert_eq!(later.len(), 2, "{later:?}");
}

#[test]
fn one_crate_runs_and_one_compiles_and_there_is_one_compiler() {
    let manifest = |path: &str| std::fs::read_to_string(guests::root().join(path)).unwrap();
    for entry in std::fs::read_dir(guests::root().join("host")).unwrap().flatten().filter(|entry| entry.path().is_dir())
    {
        let name = entry.file_name().into_string().unwrap();
        let names_it = manifest(&format!("host/{name}/Cargo.toml")).lines().any(|line| line.starts_with("wasmtime"));
        assert_eq!(names_it, ["sandbox", "compiler"].contains(&name.as_str()), "{name}");
    }
    // Who compiles runs nothing, not even what is loaded from compiled code.
    for entry in std::fs::read_dir(guests::root().join("host/compiler/src")).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for word in ["Store", "Linker", "Instance", "Module", "deserialize", "unsafe"] {
            assert!(!text.contains(word), "{}: {word}", entry.path().display());
        }
    }
    let workspace = manifest("Cargo.toml");
    let line = workspace.lines().find(|line| line.starts_with("wasmtime = ")).unwrap();
    // 48 is the line that gets fixes for two years.
    assert!(line.contains("version = \"48\"") && line.contains("default-features = false"), "{line}");
    assert!(line.contains("\"cranelift\"") && !line.contains("winch") && !line.contains("pulley"), "{line}");
}

/// Wherever a plugin is named, a name that somebody else could point elsewhere is refused: by a run, and by the lock.
#[test]
fn no_tag_is_followed_wherever_it_is_written() {
    let digest = "0".repeat(64);
    for named in [
        "oci://127.0.0.1:9/acme/x".to_owned(),
        "oci://127.0.0.1:9/acme/x:latest".to_owned(),
        format!("oci://127.0.0.1:9/acme/x@sha256:{digest}"),
        "https://127.0.0.1:9/x.wasm".to_owned(),
        "osv:latest".to_owned(),
        "osv@latest".to_owned(),
        "builtin:osv@1".to_owned(),
    ] {
        let step = format!("[[step]]\nid = \"a\"\nuses = \"{named}\"\n");
        let table = format!("[plugins.p]\nsource = \"{named}\"\n[[step]]\nid = \"a\"\nuses = \"p\"\n");
        for rest in [step, table] {
            let work = Folder::new();
            work.write("tree/a.txt", "0123456789");
            work.write("pipeline.toml", format!("[pipeline]\nname = \"p\"\nsubjects = [\"tree\"]\n{rest}"));
            for command in ["run", "lock"] {
                let ended = work.chiron(&[command]);
                assert!(matches!(ended.code, 2 | 3), "{named}: {ended:?}");
                assert!(ended.stderr.contains("pipeline.toml:"), "{named}: {ended:?}");
            }
            assert!(!work.has("chiron.lock"), "{named}");
        }
    }
}

#[test]
fn compiled_code_is_no_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("cache");
    let engine = Engine::new().unwrap().with_cache(Cache::open(&folder).unwrap());
    let bytes = hostile::raw::Policy::default().component();
    Plugin::load(&engine, &bytes, inspect(&bytes).unwrap()).unwrap();
    let entries = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
    let compiled: Vec<_> = entries.filter(|path| path.file_name().is_some_and(|name| name != "key")).collect();
    assert_eq!(compiled.len(), 1, "{compiled:?}");
    let compiled = std::fs::read(&compiled[0]).unwrap();
    assert!(matches!(inspect(&compiled), Err(LoadError::NotWasm { .. })));
    // Nor without the host's own mark before it: what a registry would serve.
    let object = compiled.windows(4).position(|bytes| bytes == b"\x7fELF").unwrap();
    assert!(matches!(inspect(&compiled[object..]), Err(LoadError::NotWasm { .. })));
}

#[tokio::test]
async fn computing_for_ever_while_it_is_instantiated_spends_the_cpu_budget() {
    let more = "(func $start (loop (br 0))) (start $start)";
    let guest = hostile::raw::Policy { more, ..Default::default() };
    let plugin = hostile::host::load(&guest.component());
    let answer = hostile::host::evaluate(&plugin, "", &hostile::host::small(), &std::sync::Arc::default()).await;
    assert_eq!(answer.unwrap_err(), chiron_sandbox::CallError::Cpu { limit_ms: 150 });
    assert!(plugin.describe().await.is_err());
}

/// A policy that asks for nothing gets by with the memory it has, however much there is to see.
#[tokio::test]
async fn what_a_policy_did_not_ask_for_does_not_cross() {
    use chiron_sandbox::{Call, PolicyInput, powers::Powers};
    let subjects = [hostile::host::subject("a.txt")];
    let relation =
        chiron_model::component::Relation { source: "a".into(), kind: "b".into(), target: "c".repeat(1 << 20) };
    let relations = vec![relation; 64];
    for check in ["0.1.0", "0.2.0"] {
        let plugin = hostile::host::load(&hostile::raw::Policy { check, ..Default::default() }.component());
        let (grants, powers, limits) = (hostile::host::grants(&plugin), Powers::none(), hostile::host::small());
        let now = hostile::host::NOW;
        let call = Call { grants: &grants, limits: &limits, powers: &powers, config: "", step: "step", now };
        let input = PolicyInput { subjects: &subjects, relations: &relations, ..hostile::host::NOTHING };
        assert!(plugin.evaluate(&call, &input).await.is_ok(), "{check}");
    }
}

//! Interfaces of several versions, side by side: whichever a plugin speaks, the same check stands behind it.

mod hostile;

use std::sync::Arc;

use chiron_model::plugin::{Capability, Work};
use chiron_model::verdict::PolicyVerdict;
use chiron_sandbox::inspect::spoken_versions;
use chiron_sandbox::powers::Powers;
use chiron_sandbox::{Call, CallError, Grants, Plugin, Source, approve, inspect};
use hostile::database::OnePackage;
use hostile::{guests, host, raw};

/// Interfaces whose functions are all methods of handles, and which nobody gives a policy a handle of.
const ONLY_HANDLES: [Capability; 1] = [Capability::Content];

/// Handles that nobody has who was not granted the power: no guest gets as far as calling a method of them. What the host would
/// answer is tried where its functions can be called without a guest, in `host/sandbox/src/capability/tests.rs`.
const GRANTED_HANDLES: [(&str, &str); 2] =
    [("chiron:keys/signing", "signing-key"), ("chiron:tool/runner", "execution")];

/// The matrix: each version of a kind that has several, and each version of each power, function by function.
#[tokio::test]
async fn every_version_of_every_power_is_denied_where_nothing_is_granted() {
    for check in policy_versions() {
        for capability in Capability::ALL {
            for version in spoken_versions(capability.interface()) {
                let interface = format!("{}@{version}", capability.interface());
                let functions = raw::functions(&interface);
                assert_eq!(functions.is_empty(), ONLY_HANDLES.contains(&capability), "{interface}: {functions:?}");
                for function in functions {
                    let plugin = host::load(&raw::caller(check, &interface, &function));
                    assert_eq!(plugin.inspection().kind_version.to_string(), check);
                    assert!(plugin.inspection().capabilities.contains(&capability), "{interface}");
                    let error = evaluate(&plugin, &Grants::none(), &Powers::none()).await.unwrap_err();
                    assert_eq!(error, CallError::Denied { capability }, "{check}: {interface}#{function}");
                }
            }
        }
    }
}

/// The same for what a generator is given without having asked: the subject's bytes, and each method of what they stand behind.
#[tokio::test]
async fn every_method_of_content_is_denied_where_nothing_is_granted() {
    let mut tried = Vec::new();
    for version in spoken_versions("chiron:artifact/content") {
        let interface = format!("chiron:artifact/content@{version}");
        for method in raw::methods(&interface) {
            let source = match method.split_once("]").unwrap().1.split_once('.').unwrap().0 {
                "tree" => Source::Directory(Arc::new(host::Folder)),
                "blob" => Source::File(Arc::new(host::Digits)),
                other => panic!("nothing gives a guest a handle of {other}"),
            };
            let plugin = host::load(&raw::generator_calling(&interface, &method));
            let (grants, powers, limits) = (Grants::none(), Powers::none(), host::small());
            let (grants, powers, limits) = (&grants, &powers, &limits);
            let call = Call { grants, limits, powers, config: "", step: "step", now: host::NOW };
            let error = plugin.generate(&call, &host::subject("a.txt"), source).await.unwrap_err();
            assert_eq!(error, CallError::Denied { capability: Capability::Content }, "{interface}#{method}");
            tried.push(method);
        }
    }
    assert_eq!(tried.len(), 8, "{tried:?}");
}

/// Whichever other interface has methods is known here, with what stands for trying them.
#[test]
fn no_other_handle_is_given_to_who_was_granted_nothing() {
    for capability in Capability::ALL.into_iter().filter(|capability| !ONLY_HANDLES.contains(capability)) {
        for version in spoken_versions(capability.interface()) {
            for method in raw::methods(&format!("{}@{version}", capability.interface())) {
                let known = GRANTED_HANDLES.iter().find(|(interface, _)| *interface == capability.interface());
                let (_, resource) = known.unwrap_or_else(|| panic!("{capability}: {method}"));
                assert!(method.starts_with(&format!("[method]{resource}.")), "{capability}: {method}");
            }
        }
    }
}

/// Of policies, the kind that speaks several versions. Another such kind needs a hand-made caller of its own.
fn policy_versions() -> [&'static str; 2] {
    let several: Vec<_> = Work::ALL.into_iter().filter(|work| spoken_versions(work.interface()).len() > 1).collect();
    assert_eq!(several, [Work::Evaluate]);
    let versions = ["0.1.0", "0.2.0"];
    let spoken: Vec<_> = spoken_versions(Work::Evaluate.interface()).iter().map(ToString::to_string).collect();
    assert_eq!(spoken, versions);
    versions
}

async fn evaluate(plugin: &Plugin, grants: &Grants, powers: &Powers) -> Result<PolicyVerdict, CallError> {
    let limits = host::small();
    let call = Call { grants, limits: &limits, powers, config: "", step: "step", now: host::NOW };
    plugin.evaluate(&call, &host::NOTHING).await
}

/// The SDK's default world is the first version, though this host speaks two: whatever an author builds loads on every
/// host in use. Who wants more asks for it by name.
#[test]
fn what_the_sdk_builds_unless_asked_for_more_loads_on_the_first_host() {
    for kind in ["policy", "generator", "scanner", "client", "signer", "adapter"] {
        let found = inspect(&guests::component(kind)).unwrap();
        let newer: Vec<_> =
            found.imports.iter().chain(&found.exports).filter(|name| !name.ends_with("@0.1.0")).collect();
        assert!(newer.is_empty(), "{kind}: {newer:?}");
    }
    let judge = inspect(&guests::component("judge")).unwrap();
    assert_eq!(judge.kind_version.to_string(), "0.2.0");
}

/// What the guest finds in the answer, else it traps.
enum Found {
    /// A list whose first value is this.
    First(bool),
    /// An error of this case.
    Case(u32),
}

/// Has the host tell, by `known` of 0.2, whether a package is known.
async fn known(purl: &str, found: Found) -> Result<(), CallError> {
    let length = purl.len();
    // The list of one text lies at 512. The answer is written to 256: ok or not; at 260 a list, or an error's case.
    let (failed, place, expected) = match found {
        Found::First(known) => (0, "(i32.load (i32.const 260))", u32::from(known)),
        Found::Case(case) => (1, "(i32.const 260)", case),
    };
    let body = format!(
        r#"(i32.store (i32.const 512) (i32.const 600)) (i32.store (i32.const 516) (i32.const {length}))
           (call $called (i32.const 512) (i32.const 1) (i32.const 256))
           (if (i32.ne (i32.load8_u (i32.const 256)) (i32.const {failed})) (then unreachable))
           (if (i32.ne (i32.load8_u {place}) (i32.const {expected})) (then unreachable))"#
    );
    let data = format!(r#"(data (i32.const 600) "{purl}")"#);
    let plugin = host::load(&raw::caller_with("0.1.0", "chiron:advisory/db@0.2.0", "known", &body, &data));
    let grants = approve(&plugin.inspection().capabilities, plugin.kind(), &[Capability::Advisories]).unwrap();
    let powers = Powers { advisories: Some(Arc::new(OnePackage)), ..Powers::none() };
    evaluate(&plugin, &grants, &powers).await.map(|_| ())
}

#[tokio::test]
async fn the_second_version_tells_in_one_call_what_no_database_has_heard_of() {
    known("pkg:pypi/heard-of@1", Found::First(true)).await.unwrap();
    known("pkg:pypi/unheard-of@1", Found::First(false)).await.unwrap();
    // The test can fail: the same question with the other answer.
    assert!(known("pkg:pypi/unheard-of@1", Found::First(true)).await.is_err());
}

#[tokio::test]
async fn what_cannot_be_told_is_not_unknown_and_a_broken_database_is_an_error_of_its_own_case() {
    known("pkg:nobody/covers@1", Found::First(true)).await.unwrap();
    known("no purl at all", Found::First(true)).await.unwrap();
    // The third case of the error: unavailable.
    known("pkg:pypi/broken@1", Found::Case(2)).await.unwrap();
}

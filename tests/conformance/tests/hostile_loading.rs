//! What the sandbox answers to bytes that should never run: one test for each.

mod hostile;

use std::time::Instant;

use chiron_model::text::inert;
use chiron_sandbox::{LoadError, Plugin, approve, inspect};
use hostile::{guests, host};

fn refusal(text: &str) -> LoadError {
    inspect(&wat::parse_str(text).unwrap()).unwrap_err()
}

/// A component that would be a policy, but for what it imports.
fn importing(import: &str) -> LoadError {
    inspect(&policy_importing(import)).unwrap_err()
}

fn policy_importing(import: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component (import "{import}" (instance $i)) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#
    ))
    .unwrap()
}

#[test]
fn what_a_plugin_could_touch_the_world_with_is_no_power_and_traps() {
    let touching =
        ["wasi:filesystem/types", "wasi:sockets/tcp", "wasi:sockets/ip-name-lookup", "wasi:http/outgoing-handler"];
    for interface in touching {
        let found = inspect(&policy_importing(&format!("{interface}@0.2.6"))).unwrap();
        assert_eq!(
            (found.capabilities.as_slice(), found.foreign.unwrap().traps),
            (&[][..], vec![interface.to_owned()])
        );
    }
}

#[test]
fn wasi_of_another_line_is_refused_by_name() {
    for import in ["wasi:cli/environment@0.3.0", "wasi:cli/environment@0.1.0", "wasi:cli/environment"] {
        let error = importing(import);
        assert!(matches!(&error, LoadError::Version { wanted, .. } if wanted == import), "{import}: {error:?}");
    }
}

#[test]
fn an_interface_of_another_version_is_refused_by_name() {
    for import in ["chiron:telemetry/log@0.2.0", "chiron:telemetry/log@1.0.0", "chiron:telemetry/log@0.1.1"] {
        let error = importing(import);
        let LoadError::Version { wanted, spoken } = &error else { panic!("{import}: {error:?}") };
        assert_eq!((wanted.as_str(), spoken.as_str()), (import, "chiron:telemetry/log@0.1.0"));
    }
}

#[test]
fn another_world_and_a_core_module_are_refused_in_words() {
    let command = r#"(component (instance $i) (export "wasi:cli/run@0.2.6" (instance $i)))"#;
    assert!(matches!(refusal(command), LoadError::NotAPlugin { .. }));
    assert!(matches!(refusal("(module)"), LoadError::CoreModule));
    let two = r#"(component (instance $i) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:sign/signer@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#;
    assert!(matches!(refusal(two), LoadError::SeveralKinds { .. }));
}

#[test]
fn a_policy_that_imports_the_subjects_bytes_is_refused_by_name() {
    let generator = inspect(&guests::component("generator")).unwrap();
    let refused = approve(&generator.capabilities, chiron_model::plugin::PluginKind::Policy, &[]).unwrap_err();
    assert!(refused[0].to_string().contains("imports `content`"), "{}", refused[0]);
}

#[test]
fn a_truncated_component_is_refused_wherever_it_ends() {
    let whole = guests::component("policy");
    let ends = (0..400).chain((400..whole.len()).step_by(997));
    for end in ends {
        assert!(inspect(&whole[..end]).is_err(), "{end}");
    }
}

#[test]
fn flipped_bytes_never_panic_the_host() {
    let whole = guests::component("policy");
    for place in (0..whole.len()).step_by(4_001) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        if let Ok(inspection) = inspect(&bytes) {
            let _ = Plugin::load(host::engine(), &bytes, inspection);
        }
    }
}

#[test]
fn a_component_of_fifty_megabytes_is_refused_by_its_size() {
    let mut bytes = guests::component("policy");
    bytes.resize(50 << 20, 0);
    assert!(matches!(inspect(&bytes), Err(LoadError::TooLarge { what: "the size of the component", .. })));
}

#[test]
fn one_giant_function_is_refused_by_its_size() {
    let body = "nop ".repeat(2 << 20);
    let error = refusal(&format!("(component (core module (func {body})))"));
    assert!(matches!(error, LoadError::TooLarge { what: "the size of a function", .. }), "{error:?}");
}

#[test]
fn more_functions_than_anyone_writes_are_refused_by_their_number() {
    let error = refusal(&format!("(component (core module {}))", "(func)".repeat(100_001)));
    assert!(matches!(error, LoadError::TooLarge { what: "the number of functions", .. }), "{error:?}");
}

/// Components in components in components: each level costs the compiler stack.
#[test]
fn components_nested_without_end_are_refused() {
    for depth in [100, 2_000] {
        let bytes = nested(depth);
        let start = Instant::now();
        let answer =
            inspect(&bytes).and_then(|inspection| Plugin::load(host::engine(), &bytes, inspection).map(|_| ()));
        assert!(answer.is_err(), "{depth}");
        assert!(start.elapsed().as_secs() < 20, "{depth}: {:?}", start.elapsed());
    }
}

fn nested(depth: usize) -> Vec<u8> {
    const HEADER: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];
    let mut inner = HEADER.to_vec();
    for _ in 0..depth {
        let mut outer = HEADER.to_vec();
        outer.push(4);
        leb(&mut outer, inner.len());
        outer.extend(inner);
        inner = outer;
    }
    // The outermost claims to be a policy.
    let claim = wat::parse_str(
        r#"(component (instance $i) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#,
    )
    .unwrap();
    let mut bytes = inner;
    bytes.extend(&claim[8..]);
    bytes
}

fn leb(into: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        into.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

/// Names of imports and exports are the guest's words, and the parser lets any text through.
#[test]
fn names_are_inert_and_short_in_the_refusal() {
    const NAME: &str = "chiron:x/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let active = "\u{1b}]0;owned\u{7}\n::error::forged ".repeat(3);
    for text in [
        format!(
            r#"(component (import "{NAME}" (instance $i)) (export "chiron:policy/check@0.1.0" (instance $i)) (export "chiron:lifecycle/plugin@0.1.0" (instance $i)))"#
        ),
        format!(r#"(component (instance $i) (export "{NAME}" (instance $i)))"#),
    ] {
        let mut bytes = wat::parse_str(&text).unwrap();
        let place = bytes.windows(NAME.len()).position(|window| window == NAME.as_bytes()).unwrap();
        bytes[place..place + NAME.len()].copy_from_slice(&active.as_bytes()[..NAME.len()]);
        let message = inspect(&bytes).unwrap_err().to_string();
        assert!(message.contains("owned"), "{message:?}");
        assert!(inert(&message) == message && !message.contains('\n'), "{message:?}");
    }
}

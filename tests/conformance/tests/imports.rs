//! What each first-party plugin can touch: exactly this, and no system interface.

use chiron_e2e::guests;
use chiron_model::plugin::{Capability, PluginKind};
use chiron_sandbox::{Inspection, encode, inspect};

fn inspected(name: &str) -> Option<Inspection> {
    let module = std::fs::read(guests::module(name)?).unwrap();
    Some(inspect(&encode::component(&module).unwrap()).unwrap())
}

#[test]
fn a_first_party_plugin_imports_the_powers_of_its_kind_and_no_other() {
    use Capability::{Advisories, Content, Log, Progress, Signing};
    for (name, kind, powers) in [
        ("cyclonedx", PluginKind::SbomGenerator, &[Log, Progress, Content][..]),
        ("osv", PluginKind::Scanner, &[Log, Progress, Advisories]),
        ("gate", PluginKind::Policy, &[Log]),
        ("cosign", PluginKind::Signer, &[Log, Progress, Signing]),
    ] {
        let Some(inspection) = inspected(name) else { return };
        let mut expected = powers.to_vec();
        expected.sort();
        assert_eq!((inspection.kind, &inspection.capabilities), (kind, &expected), "{name}");
        for import in &inspection.imports {
            assert!(import.starts_with("chiron:") && import.ends_with("@0.1.0"), "{name} imports {import}");
        }
        assert_eq!(inspection.exports.len(), 2, "{name} exports {:?}", inspection.exports);
    }
}

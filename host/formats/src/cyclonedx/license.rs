//! Licences: one SPDX expression, or a list of ids and names. The schema allows no mixture.

use chiron_model::component::License as Model;
use spdx::identifiers::LICENSES;
use spdx::{Expression, ParseMode};

use super::wire::{License, LicenseChoice};

/// Ids that the `spdx` crate knows (SPDX list 3.29, and `NOASSERTION`) and the list of CycloneDX 1.6 does not: written as
/// names, for the schema refuses them as ids. A test compares the two lists.
const UNKNOWN_TO_CYCLONEDX: [&str; 20] = [
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "NOASSERTION",
    "atc-game",
];

/// The licences of a component. Several expressions cannot stand side by side, and joining them with AND or OR would be
/// a guess about what the package means: beside others, a compound expression is written as a name.
pub(super) fn choices(licenses: &[Model]) -> Vec<LicenseChoice> {
    if let [Model::Expression(expression)] = licenses
        && id(expression).is_none()
        && is_expression(expression)
    {
        return vec![LicenseChoice::Expression(expression.clone())];
    }
    let mut choices = Vec::new();
    for license in licenses {
        let (Model::Expression(text) | Model::Text(text)) = license;
        if text.trim().is_empty() {
            continue;
        }
        let license = id(text).map_or_else(|| License::Name(text.clone()), License::Id);
        let choice = LicenseChoice::License(license);
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    choices
}

/// The text, if it is exactly one id of the list.
fn id(text: &str) -> Option<String> {
    let text = text.trim();
    // Not `spdx::license_id`: it cuts a `+` off, and `GPL-2.0+` is an id of its own.
    let listed = LICENSES.binary_search_by(|license| license.name.cmp(text)).is_ok();
    (listed && !UNKNOWN_TO_CYCLONEDX.contains(&text)).then(|| text.to_owned())
}

fn is_expression(text: &str) -> bool {
    // Deprecated ids such as `GPL-2.0` are what old packages declare; they are valid expressions all the same.
    let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    Expression::parse_mode(text, mode).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> LicenseChoice {
        LicenseChoice::License(License::Id(text.to_owned()))
    }

    fn name(text: &str) -> LicenseChoice {
        LicenseChoice::License(License::Name(text.to_owned()))
    }

    fn expression(text: &str) -> Model {
        Model::Expression(text.to_owned())
    }

    fn text(text: &str) -> Model {
        Model::Text(text.to_owned())
    }

    #[test]
    fn an_expression_alone_stays_one() {
        let compound = "MIT OR Apache-2.0 WITH LLVM-exception";
        assert_eq!(choices(&[expression(compound)]), [LicenseChoice::Expression(compound.to_owned())]);
        assert_eq!(choices(&[expression("GPL-2.0+")]), [id("GPL-2.0+")]);
        assert_eq!(choices(&[expression("MIT")]), [id("MIT")]);
    }

    #[test]
    fn beside_others_it_becomes_a_name() {
        let found = choices(&[expression("MIT OR ISC"), text("Apache-2.0"), text("See LICENSE")]);
        assert_eq!(found, [name("MIT OR ISC"), id("Apache-2.0"), name("See LICENSE")]);
    }

    #[test]
    fn what_is_no_licence_is_a_name_and_nothing_is_nothing() {
        assert_eq!(choices(&[expression("not ( valid")]), [name("not ( valid")]);
        assert_eq!(choices(&[text("mit")]), [name("mit")]);
        assert_eq!(choices(&[text("  "), text("MIT"), text("MIT")]), [id("MIT")]);
        assert_eq!(choices(&[text("NOASSERTION")]), [name("NOASSERTION")]);
        assert_eq!(choices(&[]), []);
    }
}

//! What the host does not believe: everything a plugin returns is checked here before it becomes evidence.

use std::collections::BTreeSet;

use chiron_model::Properties;
use chiron_model::component::License;
use chiron_model::coverage::Inventory;
use chiron_model::finding::{Claim, Proof};
use chiron_model::location::Location;
use chiron_model::text::{cut, inert, one_line};
use chiron_model::verdict::PolicyVerdict;
use chiron_sandbox::CallError;

use super::ownership;

/// Longest text kept, in characters. Advisory texts are linked, not copied; a name this long is an attack.
const TEXT_CHARS_MAX: usize = 10_000;

/// Most properties kept on one thing.
pub(super) const PROPERTIES_MAX: usize = 256;

/// Checks an inventory and makes its texts inert.
///
/// # Errors
/// [`CallError::InvalidOutput`] for ids that occur twice and paths that leave the subject.
pub(crate) fn check_inventory(inventory: &mut Inventory) -> Result<(), CallError> {
    let mut ids = BTreeSet::new();
    for component in &mut inventory.components {
        if !ids.insert(component.id.clone()) {
            return Err(invalid(format!("two components have the id `{}`", component.id)));
        }
        tame(&mut component.kind);
        tame(&mut component.name);
        tame(&mut component.scope);
        component.version.as_mut().map(tame);
        component.licenses.iter_mut().for_each(check_license);
        check_locations(&mut component.locations)?;
        tame_properties(&mut component.properties);
    }
    inventory.relations.iter_mut().for_each(|relation| tame(&mut relation.kind));
    for file in &mut inventory.files {
        file.path = inside(&file.path)?;
        file.reason.as_mut().map(tame);
    }
    Ok(())
}

/// Checks a claim about one of `known` components and makes its texts inert.
///
/// # Errors
/// [`CallError::InvalidOutput`] for an empty rule, a component that was not asked about, and paths that leave the subject.
pub(crate) fn check_claim(claim: &mut Claim, known: &BTreeSet<&str>) -> Result<(), CallError> {
    tame(&mut claim.rule_id);
    if claim.rule_id.trim().is_empty() {
        return Err(invalid("a finding without a rule".to_owned()));
    }
    if let Some(id) = claim.component.as_ref().filter(|id| !known.contains(id.as_str())) {
        return Err(invalid(format!("a finding about `{}`, which was not asked about", cut(&inert(id), 100))));
    }
    [&mut claim.discriminator, &mut claim.title, &mut claim.message].into_iter().for_each(tame);
    claim.aliases.iter_mut().chain(&mut claim.fixed_versions).for_each(tame);
    claim.last_affected.as_mut().map(tame);
    for score in &mut claim.scores {
        tame(&mut score.system);
        tame(&mut score.vector);
    }
    check_locations(&mut claim.locations)?;
    for proof in &mut claim.proofs {
        match proof {
            Proof::File(location) => check_locations(std::slice::from_mut(location))?,
            Proof::Text(text) | Proof::Uri(text) | Proof::Other(text, _) => tame(text),
        }
    }
    tame_properties(&mut claim.properties);
    Ok(())
}

/// Most reasons kept of one policy; a policy that says more repeats itself.
const REASONS_MAX: usize = 10_000;

/// Checks a policy's verdict about `known` components and makes its texts inert.
///
/// # Errors
/// [`CallError::InvalidOutput`] for a reason about a component that is not there.
pub(crate) fn check_verdict(verdict: &mut PolicyVerdict, known: &BTreeSet<&str>) -> Result<(), CallError> {
    tame(&mut verdict.summary);
    tame_properties(&mut verdict.properties);
    verdict.reasons.truncate(REASONS_MAX);
    for reason in &mut verdict.reasons {
        if let Some(id) = reason.component.as_ref().filter(|id| !known.contains(id.as_str())) {
            return Err(invalid(format!("a reason about `{}`, which is not there", cut(id, 100))));
        }
        tame(&mut reason.rule_id);
        tame(&mut reason.message);
        reason.remedy.as_mut().map(tame);
        tame_properties(&mut reason.properties);
    }
    Ok(())
}

/// The reason quotes what the plugin said.
fn invalid(reason: String) -> CallError {
    let reason = cut(&one_line(&reason), 500).into_owned();
    CallError::InvalidOutput { reason }
}

/// A licence that claims to be an SPDX expression and is none becomes plain text.
fn check_license(license: &mut License) {
    let text = match license {
        License::Expression(text) | License::Text(text) => text,
    };
    tame(text);
    if let License::Expression(text) = license
        && spdx::Expression::parse(text).is_err()
    {
        *license = License::Text(std::mem::take(text));
    }
}

fn check_locations(locations: &mut [Location]) -> Result<(), CallError> {
    for location in locations {
        location.path = inside(&location.path)?;
        location.layer.as_mut().map(tame);
    }
    Ok(())
}

/// A path that stays inside the subject.
fn inside(path: &str) -> Result<String, CallError> {
    let leaves = path.is_empty()
        || path.starts_with('/')
        || path.contains('\\')
        || path.contains('\0')
        || path.split('/').any(|part| part == ".." || part.is_empty());
    if leaves {
        return Err(invalid(format!("the path `{}` does not stay inside the subject", cut(&inert(path), 200))));
    }
    Ok(inert(path).replace('\n', "\u{fffd}"))
}

fn tame(text: &mut String) {
    if let std::borrow::Cow::Owned(tamed) = inert(text) {
        *text = tamed;
    }
    if let std::borrow::Cow::Owned(short) = cut(text, TEXT_CHARS_MAX) {
        *text = short;
    }
}

fn tame_properties(properties: &mut Properties) {
    let mut kept = 0;
    properties.retain(|(key, _)| {
        // Taken out again before anybody sees them; a package owns thousands of files.
        let own = key == ownership::OWNS_PATH;
        kept += usize::from(!own);
        own || kept <= PROPERTIES_MAX
    });
    for (key, value) in properties {
        tame(key);
        tame(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "a//b", "a\0b"] {
            assert!(inside(path).is_err(), "{path}");
        }
        assert_eq!(inside("a/b.txt").unwrap(), "a/b.txt");
        assert_eq!(inside(".").unwrap(), ".");
    }

    #[test]
    fn escapes_do_not_survive_and_a_false_expression_becomes_text() {
        let mut text = "\u{1b}[31mred".to_owned();
        tame(&mut text);
        assert_eq!(text, "\u{fffd}[31mred");
        let mut license = License::Expression("do what you like".to_owned());
        check_license(&mut license);
        assert_eq!(license, License::Text("do what you like".to_owned()));
    }
}

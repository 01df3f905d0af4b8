//! What a plugin may touch: decided once, here, before its code is compiled.

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::plugin::{Capability, PluginKind};

/// The powers one step has. Empty unless made by [`approve`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    capabilities: BTreeSet<Capability>,
    /// The plugin's label -> the operator's name, e.g. `signing` -> `release`.
    keys: BTreeMap<String, String>,
}

/// A plugin wants more than it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// A capability that neither its kind nor the step allows.
    #[error("it imports `{capability}` ({}), which a {kind} does not get unless the step allows it", capability.meaning())]
    NotAllowed {
        /// Which.
        capability: Capability,
        /// Of the plugin.
        kind: PluginKind,
    },
    /// A key label that the step does not bind.
    #[error("it asks for the key label `{label}` ({purpose}), which the step does not bind")]
    Unbound {
        /// The plugin's name for it.
        label: String,
        /// In the plugin's words.
        purpose: String,
    },
    /// A binding for a label that the plugin never asked for.
    #[error("the step binds the key label `{label}`, which the plugin does not ask for")]
    Undeclared {
        /// As in the step.
        label: String,
    },
}

impl Grants {
    /// No power at all: what `describe` runs with.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether a power was granted.
    #[must_use]
    pub fn allows(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// The operator's name for a key label.
    #[must_use]
    pub fn key(&self, label: &str) -> Option<&str> {
        self.keys.get(label).map(String::as_str)
    }

    /// Names of the keys that are bound.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.keys.values().map(String::as_str)
    }

    /// For the plan and the report, e.g. `content` and `signing(release)`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for capability in &self.capabilities {
            if *capability == Capability::Signing && !self.keys.is_empty() {
                let names: Vec<_> = self.key_names().collect();
                words.push(format!("signing({})", names.join(", ")));
            } else {
                words.push(capability.word().to_owned());
            }
        }
        words
    }

    /// Adds the bindings of key labels.
    ///
    /// # Errors
    /// All labels that are asked for and not bound, and all that are bound and not asked for.
    pub fn bind_keys(
        mut self,
        requested: &[(String, String)],
        bound: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<GrantError>> {
        let mut errors = Vec::new();
        for (label, purpose) in requested {
            match bound.get(label) {
                Some(name) => {
                    self.keys.insert(label.clone(), name.clone());
                }
                None => errors.push(GrantError::Unbound { label: label.clone(), purpose: purpose.clone() }),
            }
        }
        for label in bound.keys().filter(|label| !requested.iter().any(|(asked, _)| asked == *label)) {
            errors.push(GrantError::Undeclared { label: label.clone() });
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

/// Grants what a plugin's imports need, if the kind's own powers and the step's `allow` cover it. A plugin that wants
/// more is refused by name, never trimmed; what it does not import it is not given.
///
/// # Errors
/// Every capability that is not covered.
pub fn approve(imported: &[Capability], kind: PluginKind, allowed: &[Capability]) -> Result<Grants, Vec<GrantError>> {
    let covered = |capability: &Capability| {
        capability.is_ambient() || kind.default_capabilities().contains(capability) || allowed.contains(capability)
    };
    let errors: Vec<_> = imported
        .iter()
        .filter(|capability| !covered(capability))
        .map(|&capability| GrantError::NotAllowed { capability, kind })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Grants { capabilities: imported.iter().copied().collect(), keys: BTreeMap::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_means_none() {
        assert!(Capability::ALL.into_iter().all(|capability| !Grants::none().allows(capability)));
        assert_eq!(Grants::none().words(), Vec::<String>::new());
    }

    #[test]
    fn a_policy_gets_nothing_but_the_log() {
        assert!(approve(&[Capability::Log], PluginKind::Policy, &[]).is_ok());
        for capability in Capability::ALL.into_iter().filter(|c| !c.is_ambient()) {
            let refused = approve(&[capability], PluginKind::Policy, &[]).unwrap_err();
            assert_eq!(refused, [GrantError::NotAllowed { capability, kind: PluginKind::Policy }]);
            assert!(approve(&[capability], PluginKind::Policy, &[capability]).is_ok());
        }
    }

    #[test]
    fn what_is_not_imported_is_not_granted() {
        let grants = approve(&[], PluginKind::Scanner, &[Capability::Content]).unwrap();
        assert!(!grants.allows(Capability::Content) && !grants.allows(Capability::Advisories));
    }

    #[test]
    fn labels_are_bound_exactly() {
        let asked = [("signing".to_owned(), "signs".to_owned())];
        let bound = BTreeMap::from([("other".to_owned(), "release".to_owned())]);
        let errors = Grants::none().bind_keys(&asked, &bound).unwrap_err();
        assert_eq!(errors.len(), 2);
    }
}

//! What a plugin may touch: decided once, here, before its code is compiled.

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::plugin::{Capability, PluginKind, Request};

/// The plugin's labels -> the operator's names, for each power that acts on bound things,
/// e.g. `signing` -> (`release-key` -> `release`).
pub type Bindings = BTreeMap<Capability, BTreeMap<String, String>>;

/// The powers one step has. Empty unless made by [`approve`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    capabilities: BTreeSet<Capability>,
    bindings: Bindings,
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
    /// It asks for something to be bound that no power of this host acts on.
    #[error("it asks for the {thing} `{label}`, which this version cannot bind")]
    NothingSuch {
        /// In the plugin's words.
        thing: String,
        /// The plugin's name for it.
        label: String,
    },
    /// A label that the step does not bind.
    #[error("it asks for the {} label `{label}` ({purpose}), which the step does not bind", thing(*capability))]
    Unbound {
        /// The power that acts on it.
        capability: Capability,
        /// The plugin's name for it.
        label: String,
        /// In the plugin's words.
        purpose: String,
    },
    /// A binding for a label that the plugin never asked for.
    #[error("the step binds the {} label `{label}`, which the plugin does not ask for", thing(*capability))]
    Undeclared {
        /// The power that acts on it.
        capability: Capability,
        /// As in the step.
        label: String,
    },
}

fn thing(capability: Capability) -> &'static str {
    capability.bound_thing().unwrap_or("unknown")
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

    /// The powers that were granted, sorted.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> + '_ {
        self.capabilities.iter().copied()
    }

    /// The operator's name for a label, where the power was granted and the label bound.
    #[must_use]
    pub fn bound(&self, capability: Capability, label: &str) -> Option<&str> {
        let bound = self.bindings.get(&capability).filter(|_| self.allows(capability))?;
        bound.get(label).map(String::as_str)
    }

    /// The operator's names of all that is bound to a power.
    pub fn names(&self, capability: Capability) -> impl Iterator<Item = &str> {
        self.bindings.get(&capability).into_iter().flat_map(|bound| bound.values().map(String::as_str))
    }

    /// For the plan and the report, e.g. `content` and `signing(release)`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for &capability in &self.capabilities {
            let names: Vec<_> = self.names(capability).collect();
            if names.is_empty() {
                words.push(capability.word().to_owned());
            } else {
                words.push(format!("{capability}({})", names.join(", ")));
            }
        }
        words
    }

    /// Adds the bindings of labels.
    ///
    /// # Errors
    /// All labels that are asked for and not bound, and all that are bound and not asked for.
    pub fn bind(mut self, requested: &[Request], bound: &Bindings) -> Result<Self, Vec<GrantError>> {
        let mut errors = Vec::new();
        for request in requested {
            let Request { label, purpose, .. } = request;
            let Some(capability) = capability_of(request) else {
                errors.push(GrantError::NothingSuch { thing: request.capability.clone(), label: label.clone() });
                continue;
            };
            match bound.get(&capability).and_then(|labels| labels.get(label)) {
                Some(name) => {
                    self.bindings.entry(capability).or_default().insert(label.clone(), name.clone());
                }
                None => {
                    errors.push(GrantError::Unbound { capability, label: label.clone(), purpose: purpose.clone() });
                }
            }
        }
        for (&capability, labels) in bound {
            let asked =
                |label: &String| requested.iter().any(|r| capability_of(r) == Some(capability) && r.label == *label);
            let undeclared = labels.keys().filter(|label| !asked(label));
            errors.extend(undeclared.map(|label| GrantError::Undeclared { capability, label: label.clone() }));
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

/// The power that acts on what a plugin asks to have bound.
fn capability_of(request: &Request) -> Option<Capability> {
    Capability::ALL.into_iter().find(|capability| capability.bound_thing() == Some(request.capability.as_str()))
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
    Ok(Grants { capabilities: imported.iter().copied().collect(), bindings: Bindings::new() })
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
        let asked = Request { capability: "key".into(), label: "signing".into(), purpose: "signs".into() };
        let labels = BTreeMap::from([("other".to_owned(), "release".to_owned())]);
        let bound = Bindings::from([(Capability::Signing, labels)]);
        let errors = Grants::none().bind(std::slice::from_ref(&asked), &bound).unwrap_err();
        assert_eq!(errors.len(), 2);
        // The same label of another power is another label.
        let labels = BTreeMap::from([("signing".to_owned(), "release".to_owned())]);
        let bound = Bindings::from([(Capability::Http, labels)]);
        assert_eq!(Grants::none().bind(&[asked], &bound).unwrap_err().len(), 2);
    }

    #[test]
    fn a_binding_without_the_power_opens_nothing() {
        let asked = Request { capability: "endpoint".into(), label: "api".into(), purpose: String::new() };
        let bound = Bindings::from([(Capability::Http, BTreeMap::from([("api".to_owned(), "acme".to_owned())]))]);
        let without = Grants::none().bind(std::slice::from_ref(&asked), &bound).unwrap();
        assert_eq!(without.bound(Capability::Http, "api"), None);
        let with = approve(&[Capability::Http], PluginKind::Scanner, &[Capability::Http]).unwrap();
        let with = with.bind(&[asked], &bound).unwrap();
        assert_eq!(with.bound(Capability::Http, "api"), Some("acme"));
        assert_eq!(with.words(), ["http(acme)"]);
    }
}

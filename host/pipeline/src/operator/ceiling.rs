//! What a pipeline asks for, held against what an operator allows.

use chiron_egress::{Endpoint, Origin};
use chiron_model::plugin::Capability;
use chiron_sandbox::{Grants, Limits};
use chiron_tools::{Confinement, Tool};
use chiron_trust::key::Module;

use super::Operator;
use crate::config::file::{Limit, LimitsTable};

/// Something that a thing of the operator's, such as an endpoint, may not have.
pub(crate) struct Objection {
    /// The key of its table.
    pub(crate) key: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Operator {
    /// Powers beyond the ceiling, each in words with the line of the operator's file that would allow it.
    pub(crate) fn objections_to_grants(&self, grants: &Grants) -> Vec<(String, String)> {
        let allowed = |capability: Capability| {
            capability.is_ambient()
                || self.file.grants.capabilities.iter().any(|&word| Capability::from(word) == capability)
        };
        let beyond = grants.capabilities().filter(|&capability| !allowed(capability));
        let objection = |capability: Capability| {
            let message = format!("no step may have `{capability}` ({})", capability.meaning());
            (self.says(&message), format!("only the operator can allow it: [grants] capabilities = [\"{capability}\"]"))
        };
        beyond.map(objection).collect()
    }

    /// Lowers limits to the ceiling, and objects to those that `asked` raises beyond it.
    pub(crate) fn cap(&self, limits: &mut Limits, asked: &[&LimitsTable]) -> Vec<(Limit, String, String)> {
        let mut objections = Vec::new();
        for limit in Limit::ALL {
            let Some(ceiling) = self.file.limits.get(limit).filter(|&ceiling| ceiling < limit.of(limits)) else {
                continue;
            };
            if asked.iter().any(|table| table.get(limit).is_some()) {
                let message = format!(
                    "`{}` is {}, and no more than {} is allowed",
                    limit.key(),
                    limit.words(limit.of(limits)),
                    limit.words(ceiling)
                );
                let hint = format!("lower it, or have the operator raise [limits] {}", limit.key());
                objections.push((limit, self.says(&message), hint));
            }
            limit.set(limits, ceiling);
        }
        objections
    }

    /// What an endpoint may not have, each with the key of pipeline.toml that asks for it.
    pub(crate) fn objections_to_endpoint(&self, endpoint: &Endpoint) -> Vec<Objection> {
        let origins = std::iter::once(("base", &endpoint.base.origin));
        let origins = origins.chain(endpoint.redirects.iter().map(|origin| ("redirects", origin)));
        let beyond = origins.filter(|(_, origin)| !self.file.grants.endpoints.holds(&origin.to_string()));
        let objection = |(key, origin): (&'static str, &Origin)| Objection {
            key,
            message: self.says(&format!("no request may go to {origin}")),
            hint: format!("only the operator can allow it: [grants] endpoints = [\"{origin}\"]"),
        };
        let mut objections: Vec<_> = beyond.map(objection).collect();
        objections.extend(self.objection_to_setting("plaintext_unsafe").filter(|_| endpoint.plaintext));
        objections
    }

    /// What a program may not be, each with the key of pipeline.toml that asks for it.
    pub(crate) fn objections_to_tool(&self, tool: &Tool) -> Vec<Objection> {
        let mut objections = Vec::new();
        let digest = tool.program.digest.to_string();
        if !self.file.grants.tools.holds(&digest) {
            objections.push(Objection {
                key: "path",
                message: self.says(&format!("the program `{}` ({digest}) may not run", tool.name)),
                hint: format!("only the operator can allow it: [grants] tools = [\"{digest}\"]"),
            });
        }
        if tool.confinement == Confinement::None && !self.file.allow.unconfined_tools {
            objections.push(Objection {
                key: "confine",
                message: self.says(&format!("the program `{}` may not run unconfined", tool.name)),
                hint: "only the operator can allow it: [allow] unconfined_tools = true".to_owned(),
            });
        }
        objections
    }

    /// Why the module of a token may not be loaded. A path that the operator names is whatever lies there; a digest is these bytes.
    pub(crate) fn objection_to_module(&self, module: &Module) -> Option<Objection> {
        let allowed = &self.file.grants.pkcs11_modules;
        let digest = module.digest().to_string();
        let paths = [module.named(), module.path()].map(|path| path.display().to_string());
        if allowed.holds(&digest) || paths.iter().any(|path| allowed.holds(path)) {
            return None;
        }
        Some(Objection {
            key: "pkcs11",
            message: self.says(&format!("the module {} ({digest}) may not be loaded", module.named().display())),
            hint: format!("only the operator can allow it: [grants] pkcs11_modules = [\"{digest}\"], or its path"),
        })
    }

    /// Why a setting that ends in `_unsafe` may not be used.
    pub(crate) fn objection_to_setting(&self, setting: &'static str) -> Option<Objection> {
        (!self.allows(setting)).then(|| Objection {
            key: setting,
            message: self.says(&format!("`{setting}` may not be used")),
            hint: format!("only the operator can allow it: [allow] settings = [\"{setting}\"]"),
        })
    }

    /// Whether a setting that ends in `_unsafe` may be used.
    pub(crate) fn allows(&self, setting: &str) -> bool {
        self.file.allow.settings.iter().any(|name| name == setting)
    }

    /// In the name of the file that says so.
    pub(crate) fn says(&self, message: &str) -> String {
        format!("{message}, says the operator's file {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::plugin::PluginKind;
    use chiron_sandbox::approve;

    use super::*;

    fn operator(text: &str) -> Operator {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operator.toml");
        std::fs::write(&path, text).unwrap();
        Operator::read(&path, "--operator").unwrap()
    }

    #[test]
    fn an_empty_file_allows_no_power_but_the_harmless_ones() {
        let operator = operator("");
        let powers = [Capability::Log, Capability::Progress, Capability::Content];
        let grants = approve(&powers, PluginKind::SbomGenerator, &[]).unwrap();
        let objections = operator.objections_to_grants(&grants);
        assert_eq!(objections.len(), 1);
        assert!(objections[0].0.contains("`content`") && objections[0].1.contains("\"content\""));
    }

    #[test]
    fn a_default_is_lowered_and_a_wish_beyond_is_refused() {
        let operator = operator("[limits]\nmemory = \"64 MiB\"\ndeadline = \"1h\"\n");
        let mut limits = Limits::default();
        assert_eq!(operator.cap(&mut limits, &[]), []);
        assert_eq!(limits.memory_bytes, 64 << 20);
        let asked = LimitsTable { memory: Some("65 MiB".into()), ..LimitsTable::default() };
        let mut limits = Limits::default();
        asked.apply(&mut limits);
        let objections = operator.cap(&mut limits, &[&asked]);
        assert_eq!(objections.len(), 1);
        assert_eq!((objections[0].0, limits.memory_bytes), (Limit::Memory, 64 << 20));
        let deadline = Limits::default().deadline_ms;
        assert_eq!(limits.deadline_ms, deadline, "a ceiling above the default does not raise it");
    }
}

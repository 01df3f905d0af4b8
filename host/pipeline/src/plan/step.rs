//! One step, decided: powers approved before the plugin is compiled, configuration checked before its code sees it.

use std::sync::Arc;

use chiron_model::plugin::{Capability, Description, PluginKind, Request};
use chiron_model::step::{Failure, PluginRecord};
use chiron_sandbox::grants::Bindings;
use chiron_sandbox::powers::Powers;
use chiron_sandbox::{Call, GrantError, Grants, Limits, Plugin, approve};
use futures_util::StreamExt as _;

use super::budget::{Budget, advice};
use super::{GATE, Inputs, fallback};
use crate::config::file::{BindTable, Limit, StepTable, When};
use crate::config::{Checker, PipelineConfig};
use crate::event::Event;
use crate::house::{House, Time};
use crate::mistake::{Mistake, MistakeClass, nearest};
use crate::registry::Resolved;

/// A step, decided.
#[derive(Clone)]
pub struct PlannedStep {
    /// Id.
    pub id: String,
    /// The compiled plugin.
    pub plugin: Plugin,
    /// Name, version, digest, imports, grants.
    pub record: PluginRecord,
    /// What the plugin says about itself.
    pub description: Arc<Description>,
    /// Final.
    pub grants: Grants,
    /// Of one call.
    pub limits: Limits,
    /// Those of the limits that an operator lowered.
    pub capped: Vec<Limit>,
    /// JSON, checked.
    pub config: String,
    /// Whether its failure fails the run.
    pub required: bool,
    /// Whose evidence it sees; all where None.
    pub from: Option<Vec<String>>,
    /// Steps that are tried when it fails, in order.
    pub fallback: Vec<String>,
    /// Steps that it is tried for; empty for one that runs in any case.
    pub fallback_for: Vec<String>,
    /// Why it cannot be called on this machine: only where a fallback can do without it, else the plan is refused.
    pub absent: Option<Failure>,
    /// For signers.
    pub when: When,
    /// For generators and scanners of content.
    pub inputs: Inputs,
}

impl PlannedStep {
    /// One call of the step's plugin, in the run's time.
    pub(crate) fn call<'a>(&'a self, powers: &'a Powers, time: &Time) -> Call<'a> {
        let Self { id, grants, limits, config, .. } = self;
        Call { grants, limits, powers, config, step: id, now: time.since_1970() }
    }

    /// Whether a run can go on without it: others are tried when it fails, or it is only tried when others fail.
    pub(super) fn may_be_absent(&self) -> bool {
        !self.fallback.is_empty() || !self.fallback_for.is_empty()
    }
}

/// The step that stands for `[gate]`.
pub(super) fn gate_table(config: &PipelineConfig) -> StepTable {
    StepTable {
        id: GATE.to_owned(),
        uses: "builtin:gate".to_owned(),
        required: true,
        from: None,
        fallback: Vec::new(),
        allow: Vec::new(),
        when: When::default(),
        limits: None,
        with: config.file.gate.clone().unwrap_or_default(),
        bind: None,
    }
}

/// Plans every step; what is wrong with one does not hide what is wrong with another.
pub(super) async fn plan_all(
    config: &PipelineConfig,
    tables: &[StepTable],
    resolved: &[Option<Resolved>],
    house: &House,
) -> (Vec<PlannedStep>, Vec<Mistake>) {
    let (mut steps, mut mistakes) = (Vec::new(), Vec::new());
    let ready =
        tables.iter().zip(resolved).enumerate().filter_map(|(i, (table, found))| Some((i, table, found.as_ref()?)));
    let jobs = ready.map(|(index, table, plugin)| async move {
        let draft = Draft { index, table, plugin, config, house };
        draft.plan().await
    });
    for planned in futures_util::stream::iter(jobs).buffered(house.jobs.max(1)).collect::<Vec<_>>().await {
        match planned {
            Ok(step) => steps.push(step),
            Err(wrong) => mistakes.extend(wrong),
        }
    }
    (steps, mistakes)
}

struct Draft<'a> {
    index: usize,
    table: &'a StepTable,
    plugin: &'a Resolved,
    config: &'a PipelineConfig,
    house: &'a House,
}

impl Draft<'_> {
    async fn plan(&self) -> Result<PlannedStep, Vec<Mistake>> {
        let inspection = &self.plugin.inspection;
        let allowed = self.allowed();
        // Before the compiler sees a byte of it.
        let grants = approve(&inspection.capabilities, inspection.kind, &allowed).map_err(|e| self.refused(e, &[]))?;
        let Budget { limits, capped, .. } = self.within_ceilings(&grants)?;
        let plugin = self.compile(&limits, &capped).await?;
        let description = plugin.describe().await.map_err(|error| {
            let hint = error.limit_key().map(|_| "it must be pure: no key raises what `describe` may cost".to_owned());
            vec![self.plugin_mistake("uses", format!("`{}` cannot describe itself: {error}", self.plugin.name), hint)]
        })?;
        // Both at once: what is wrong with the one does not hide what is wrong with the other.
        let (grants, config) =
            match (self.bind(grants, &description), self.configuration(&description, &limits, &capped)) {
                (Ok(grants), Ok(config)) => (grants, config),
                (grants, config) => return Err([grants.err(), config.err()].into_iter().flatten().flatten().collect()),
            };
        let inputs = Inputs::of(&description).map_err(|error| {
            vec![self.plugin_mistake(
                "uses",
                format!("`{}` names an input that is no glob: {error}", self.plugin.name),
                None,
            )]
        })?;
        Ok(PlannedStep {
            id: self.table.id.clone(),
            record: self.record(&plugin, &description, &grants),
            plugin,
            description: Arc::new(description),
            grants,
            limits,
            capped,
            config,
            required: self.table.required,
            from: self.table.from.clone(),
            fallback: self.table.fallback.clone(),
            fallback_for: fallback::tried_for(&self.table.id, &self.config.file.steps),
            absent: None,
            when: self.table.when,
            inputs,
        })
    }

    /// Compiling is CPU-bound and not interruptible: it has a thread of its own.
    async fn compile(&self, limits: &Limits, capped: &[Limit]) -> Result<Plugin, Vec<Mistake>> {
        let (engine, bytes, inspection, limits) =
            (self.house.engine.clone(), self.plugin.bytes.clone(), self.plugin.inspection.clone(), limits.clone());
        let digest = inspection.digest.clone();
        let load = move || Plugin::load_within(&engine, &bytes, inspection, &limits);
        let (step, plugin) = (self.table.id.clone(), self.plugin.name.clone());
        self.house.observer.on(Event::LoadStarted { step: step.clone(), plugin, digest });
        let loaded = tokio::task::spawn_blocking(load).await;
        let code = loaded.as_ref().ok().and_then(|loaded| loaded.as_ref().ok()).map(Plugin::code);
        self.house.observer.on(Event::LoadEnded { step, code });
        let (reason, key) = match loaded {
            Ok(Ok(plugin)) => return Ok(plugin),
            Ok(Err(error)) => (error.to_string(), error.limit_key()),
            Err(error) => (error.to_string(), None),
        };
        let hint = key.map(|key| advice(key, &self.table.id, capped));
        Err(vec![self.plugin_mistake("uses", format!("`{}`: {reason}", self.plugin.name), hint)])
    }

    /// Powers beyond those of the kind: what `allow` names, what the bindings act on, and what the plugin's own work needs. What
    /// a program writes is read as content is, so that whoever binds one grants that too; it makes no byte of a subject readable,
    /// because those are reached through handles alone.
    fn allowed(&self) -> Vec<Capability> {
        let named = self.table.allow.iter().map(|&allowed| allowed.into());
        let bound = self.bindings();
        let output = bound.contains_key(&Capability::Tools).then_some(Capability::Content);
        let own = self.plugin.inspection.work.own_capabilities().iter().copied();
        named.chain(bound.into_keys()).chain(output).chain(own).collect()
    }

    fn bindings(&self) -> Bindings {
        let all = self.table.bind.iter().flat_map(BindTable::by_capability);
        all.filter(|(_, labels)| !labels.is_empty()).map(|(capability, labels)| (capability, labels.clone())).collect()
    }

    fn refused(&self, errors: Vec<GrantError>, requested: &[Request]) -> Vec<Mistake> {
        let name = &self.plugin.name;
        let mistake = |error: GrantError| {
            let (key, hint) = match &error {
                GrantError::NotAllowed { capability, kind } => {
                    ("uses".to_owned(), Some(self.how_to_allow(*capability, *kind)))
                }
                GrantError::NothingSuch { .. } => ("uses".to_owned(), None),
                GrantError::Unbound { capability, label, .. } => {
                    let (key, thing) = (BindTable::key(*capability), capability.bound_thing().unwrap_or_default());
                    // In the plugin's words, which hold a line feed if it likes.
                    let label = chiron_model::text::one_line(label);
                    let hint = format!(
                        "bind it to something of [{key}], below the step:\n[step.bind]\n{key}.{label} = \"name of the {thing}\""
                    );
                    ("uses".to_owned(), Some(hint))
                }
                GrantError::Undeclared { capability, label } => {
                    let near = nearest(label, requested.iter().map(|request| request.label.as_str()));
                    let hint = near.map_or("remove the binding".to_owned(), |near| format!("did you mean `{near}`?"));
                    (format!("bind/{}", BindTable::key(*capability)), Some(hint))
                }
            };
            self.plugin_mistake(&key, format!("`{name}` is refused: {error}"), hint)
        };
        errors.into_iter().map(mistake).collect()
    }

    fn how_to_allow(&self, capability: Capability, kind: PluginKind) -> String {
        match capability {
            Capability::Signing => format!("only signers sign; this plugin is a {kind}"),
            Capability::Http | Capability::Tools => {
                let (key, thing) = (BindTable::key(capability), capability.bound_thing().unwrap_or_default());
                format!(
                    "if it should: define [{key}.NAME] and bind the plugin's label to it, below the step:\n[step.bind]\n{key}.LABEL = \"NAME\"\n(`chiron plugin inspect {}` names the {thing} labels it asks for)",
                    self.table.uses
                )
            }
            Capability::Log
            | Capability::Progress
            | Capability::Content
            | Capability::Advisories
            | Capability::Versions => {
                format!("if it should: add to this step  allow = [\"{}\"]", capability.word())
            }
        }
    }

    fn bind(&self, grants: Grants, description: &Description) -> Result<Grants, Vec<Mistake>> {
        let requested = &description.requests;
        grants.bind(requested, &self.bindings()).map_err(|errors| self.refused(errors, requested))
    }

    /// Checks the step's `with` (or `[gate]`) against the plugin's schema.
    fn configuration(
        &self,
        description: &Description,
        limits: &Limits,
        capped: &[Limit],
    ) -> Result<String, Vec<Mistake>> {
        let checker = Checker::parse(&description.config_schema, limits.schema_depth).map_err(|reason| {
            let hint = reason.limit_key().map_or_else(
                || "size and references of a schema are bounded, and no key raises that".to_owned(),
                |key| advice(key, &self.table.id, capped),
            );
            vec![self.plugin_mistake("uses", format!("`{}`: {reason}", self.plugin.name), Some(hint))]
        })?;
        let value = serde_json::Value::Object(self.table.with.clone());
        let pointer = if self.index < self.config.file.steps.len() { self.at("with") } else { "/gate".to_owned() };
        let owner = format!("the plugin `{}`", self.plugin.name);
        let violations = checker.check(&self.config.document, &pointer, &value, &owner);
        if violations.is_empty() {
            return Ok(value.to_string());
        }
        Err(violations.into_iter().map(|violation| violation.mistake).collect())
    }

    /// The step's limits, once neither they nor the powers are more than an operator allows.
    fn within_ceilings(&self, grants: &Grants) -> Result<Budget, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        for (message, hint) in self.house.operators.iter().flat_map(|o| o.objections_to_grants(grants)) {
            let message = format!("`{}` is refused: {message}", self.plugin.name);
            mistakes.push(self.plugin_mistake("uses", message, Some(hint)));
        }
        let mut budget = Budget::of(self.config, self.table, self.house);
        for (limit, message, hint) in std::mem::take(&mut budget.objections) {
            let own = self.table.limits.as_ref().is_some_and(|table| table.get(limit).is_some());
            let pointer = if own { self.at("limits") } else { "/limits".to_owned() };
            let pointer = format!("{pointer}/{}", limit.key());
            let class = MistakeClass::Config;
            mistakes.push(self.config.document.mistake(class, &pointer, message, "beyond the ceiling", Some(hint)));
        }
        if mistakes.is_empty() { Ok(budget) } else { Err(mistakes) }
    }

    fn record(&self, plugin: &Plugin, description: &Description, grants: &Grants) -> PluginRecord {
        PluginRecord {
            name: self.plugin.name.clone(),
            version: chiron_model::text::one_line(&description.version),
            digest: plugin.digest().clone(),
            signer: self.plugin.vouched.by.clone(),
            imports: plugin.inspection().imports.clone(),
            grants: grants.words(),
        }
    }

    fn plugin_mistake(&self, key: &str, message: String, hint: Option<String>) -> Mistake {
        // One sentence, whatever the plugin's words in it are.
        let message = chiron_model::text::one_line(&message);
        self.config.document.mistake(MistakeClass::Plugin, &self.at(key), message, "this plugin", hint)
    }

    fn at(&self, key: &str) -> String {
        format!("/step/{}/{key}", self.index)
    }
}

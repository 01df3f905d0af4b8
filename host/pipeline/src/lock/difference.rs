//! What a new lock says that the old one does not, in lines for whoever reviews it.

use chiron_model::plugin::Capability;

use super::{Lock, LockedPlugin, LockedTool};

/// One line for each difference, `+` for what is new, `-` for what is gone, `~` for what is another; none where the
/// locks are equal.
#[must_use]
pub fn differences(before: &Lock, now: &Lock) -> Vec<String> {
    let mut lines = Vec::new();
    for plugin in &now.plugins {
        match before.plugin(&plugin.name) {
            None => {
                lines.push(format!("+ plugin {} ({})", plugin.name, identity(plugin)));
                lines.extend(plugin.imports.iter().map(|import| format!("    + imports {}", with_meaning(import))));
                lines.extend(plugin.requests.iter().map(|request| format!("    + asks for {request}")));
            }
            Some(old) if old != plugin => {
                lines.push(format!("~ plugin {}", plugin.name));
                if identity(old) != identity(plugin) {
                    lines.push(format!("    ~ {} -> {}", identity(old), identity(plugin)));
                }
                if old.signer != plugin.signer {
                    lines.push(format!("    ~ has to be signed by {} -> {}", signer(old), signer(plugin)));
                }
                lines.extend(moved("imports", &old.imports, &plugin.imports, with_meaning));
                lines.extend(moved("exports", &old.exports, &plugin.exports, str::to_owned));
                lines.extend(moved("asks for", &old.requests, &plugin.requests, str::to_owned));
            }
            Some(_) => {}
        }
    }
    let gone = before.plugins.iter().filter(|old| now.plugin(&old.name).is_none());
    lines.extend(gone.map(|old| format!("- plugin {}", old.name)));
    lines.extend(of_steps(before, now));
    lines.extend(of_databases(before, now));
    lines.extend(of_tools(before, now));
    lines
}

fn of_tools(before: &Lock, now: &Lock) -> Vec<String> {
    let mut lines = Vec::new();
    for tool in &now.tools {
        let LockedTool { name, platform, version, digest } = tool;
        match before.tool(name, platform) {
            None => lines.push(format!("+ tool {name} for {platform}: {version} {digest}")),
            Some(old) if old != tool => {
                lines.push(format!("~ tool {name} for {platform}"));
                lines.push(format!("    ~ {} {} -> {version} {digest}", old.version, old.digest));
            }
            Some(_) => {}
        }
    }
    let gone = before.tools.iter().filter(|old| now.tool(&old.name, &old.platform).is_none());
    lines.extend(gone.map(|old| format!("- tool {} for {}", old.name, old.platform)));
    lines
}

fn of_steps(before: &Lock, now: &Lock) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &now.steps {
        match before.step(&step.id) {
            None => {
                let grants = if step.grants.is_empty() { "nothing".to_owned() } else { step.grants.join(", ") };
                lines.push(format!("+ step {} ({}) may use {grants}", step.id, step.plugin));
            }
            Some(old) if old != step => {
                lines.push(format!("~ step {}", step.id));
                if old.plugin != step.plugin {
                    lines.push(format!("    ~ plugin {} -> {}", old.plugin, step.plugin));
                }
                lines.extend(moved("may use", &old.grants, &step.grants, str::to_owned));
            }
            Some(_) => {}
        }
    }
    let gone = before.steps.iter().filter(|old| now.step(&old.id).is_none());
    lines.extend(gone.map(|old| format!("- step {}", old.id)));
    lines
}

fn of_databases(before: &Lock, now: &Lock) -> Vec<String> {
    let digest = |lock: &Lock, name: &str| {
        lock.databases.iter().find(|database| database.name == name).map(|database| database.digest.clone())
    };
    let mut lines = Vec::new();
    for database in &now.databases {
        match digest(before, &database.name) {
            None => lines.push(format!("+ database {} {}", database.name, database.digest)),
            Some(old) if old != database.digest => {
                lines.push(format!("~ database {} {old} -> {}", database.name, database.digest));
            }
            Some(_) => {}
        }
    }
    let gone = before.databases.iter().filter(|old| digest(now, &old.name).is_none());
    lines.extend(gone.map(|old| format!("- database {}", old.name)));
    lines
}

fn moved(verb: &str, before: &[String], now: &[String], say: impl Fn(&str) -> String) -> Vec<String> {
    let new = now.iter().filter(|item| !before.contains(item)).map(|item| format!("    + {verb} {}", say(item)));
    let gone = before.iter().filter(|item| !now.contains(item)).map(|item| format!("    - {verb} {}", say(item)));
    new.chain(gone).collect()
}

/// An import, and what it lets a plugin do.
fn with_meaning(import: &str) -> String {
    let interface = import.split('@').next().unwrap_or(import);
    match Capability::ALL.into_iter().find(|capability| capability.interface() == interface) {
        Some(capability) => format!("{import} ({})", capability.meaning()),
        None => import.to_owned(),
    }
}

pub(super) fn signer(plugin: &LockedPlugin) -> &str {
    plugin.signer.as_deref().unwrap_or("nobody")
}

pub(super) fn identity(plugin: &LockedPlugin) -> String {
    match (&plugin.digest, &plugin.version) {
        (Some(digest), _) => digest.clone(),
        (None, Some(version)) => format!("builtin {version}"),
        (None, None) => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::LockedStep;
    use super::*;

    fn lock(imports: &[&str], grants: &[&str]) -> Lock {
        let texts = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect();
        let plugin = LockedPlugin {
            name: "osv".into(),
            version: None,
            digest: Some(format!("sha256:{}", imports.len())),
            signer: None,
            imports: texts(imports),
            exports: Vec::new(),
            requests: Vec::new(),
        };
        let step = LockedStep { id: "scan".into(), plugin: "osv".into(), grants: texts(grants) };
        Lock { version: 1, plugins: vec![plugin], steps: vec![step], databases: Vec::new(), tools: Vec::new() }
    }

    #[test]
    fn another_signer_is_told() {
        let (old, mut new) = (lock(&[], &[]), lock(&[], &[]));
        new.plugins[0].signer = Some("key 0a".into());
        assert_eq!(differences(&old, &new), ["~ plugin osv", "    ~ has to be signed by nobody -> key 0a"]);
        let told = old.plugins[0].difference(&new.plugins[0]).unwrap();
        assert!(told.contains("signed by key 0a, and the lock says nobody"), "{told}");
    }

    #[test]
    fn a_new_import_and_a_new_grant_are_told_with_their_meaning() {
        let (old, new) = (lock(&[], &[]), lock(&["chiron:egress/http@0.1.0"], &["http(acme)"]));
        assert_eq!(differences(&old, &old), Vec::<String>::new());
        assert_eq!(
            differences(&old, &new),
            [
                "~ plugin osv",
                "    ~ sha256:0 -> sha256:1",
                "    + imports chiron:egress/http@0.1.0 (send HTTP requests to bound endpoints)",
                "~ step scan",
                "    + may use http(acme)",
            ]
        );
        assert_eq!(differences(&new, &old).last().unwrap(), "    - may use http(acme)");
    }
}

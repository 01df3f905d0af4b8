//! Files with the packages they name.

use std::collections::BTreeMap;

use chiron_model::report::Report;
use serde::Serialize;

use super::vulnerability::{Dependency, Package};
use crate::disk::Disk;
use crate::places::Places;

#[derive(Serialize)]
pub(super) struct DependencyFile {
    path: String,
    package_manager: String,
    dependencies: Vec<Dependency>,
}

/// By file and kind of package, sorted. Chiron does not know which program wrote a file: the purl's type stands for it.
pub(super) fn all(report: &Report) -> Vec<DependencyFile> {
    let (places, disk) = (Places::new(report), Disk::new(report));
    let mut files: BTreeMap<(String, String), Vec<Dependency>> = BTreeMap::new();
    for component in &report.components {
        let kind = component.purl.as_ref().map_or("unknown", |purl| purl.kind());
        for (subject, place) in places.of_component(component) {
            let path = disk.find(subject, &place).path;
            let path = if path.is_empty() { ".".to_owned() } else { path };
            let dependency = Dependency {
                package: Package { name: component.name.clone() },
                version: component.version.clone().unwrap_or_default(),
            };
            files.entry((path, kind.to_owned())).or_default().push(dependency);
        }
    }
    let file = |((path, package_manager), mut dependencies): (_, Vec<Dependency>)| {
        dependencies.sort_by(|a, b| (&a.package.name, &a.version).cmp(&(&b.package.name, &b.version)));
        dependencies.dedup();
        DependencyFile { path, package_manager, dependencies }
    };
    files.into_iter().map(file).collect()
}

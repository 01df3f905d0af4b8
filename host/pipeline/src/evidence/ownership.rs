//! Which components are a distribution's, so that its verdict counts and not that of their own ecosystem.
//!
//! Debian's `python3-urllib3` carries Debian's fixes under the old version number: what the advisories of PyPI say about
//! that number is wrong for it. So a component that lies where a package of the system put it is marked, and the package is judged.

use std::collections::BTreeMap;

use chiron_model::component::{Component, Origin};
use chiron_model::location::Location;
use chiron_model::report::Note;

use super::Evidence;

/// Property by which a generator says, on the component of a system's package, which paths that package owns.
pub(crate) const OWNS_PATH: &str = "chiron:owns-path";

/// Property by which the host says which component owns this one.
pub(crate) const OWNED_BY: &str = "chiron:owned-by";

/// Owners by step, subject and path.
type Owners = BTreeMap<Origin, BTreeMap<String, String>>;

/// Marks what is owned, and takes the lists of paths out again.
///
/// A list counts only for what the same step found: one plugin cannot take another's components out of judgement. And only
/// what `is_file` (asked for subject and path) says is a regular file: lists name folders too, and whoever ships an empty
/// `usr/local/lib/python3.11/dist-packages` does not own what pip puts into it.
pub(crate) fn join(evidence: &mut Evidence, is_file: impl Fn(&str, &str) -> bool) {
    let owners = take_owners(&mut evidence.components, is_file);
    let mut owned = 0_u64;
    let mut apart = Vec::new();
    for component in &mut evidence.components {
        // Nobody but the host says so.
        component.properties.retain(|(key, _)| key != OWNED_BY);
        let Some(paths) = owners.get(&component.origin) else { continue };
        let (mine, free): (Vec<_>, Vec<_>) = std::mem::take(&mut component.locations)
            .into_iter()
            .map(|location| (owner_of(&location.path, paths).map(str::to_owned), location))
            .partition(|(owner, _)| owner.is_some());
        let mut by_owner: BTreeMap<String, Vec<Location>> = BTreeMap::new();
        for (owner, location) in mine {
            by_owner.entry(owner.unwrap_or_default()).or_default().push(location);
        }
        component.locations = free.into_iter().map(|(_, location)| location).collect();
        // What lies elsewhere as well is judged for those places, and a component of its own.
        for (owner, locations) in by_owner {
            owned += 1;
            let mark = (OWNED_BY.to_owned(), owner);
            if component.locations.is_empty() {
                component.locations = locations;
                component.properties.push(mark);
            } else {
                let mut other = Component { locations, ..component.clone() };
                other.properties.retain(|(key, _)| key != OWNED_BY);
                other.properties.push(mark);
                apart.push(other);
            }
        }
    }
    for mut component in apart {
        component.id = evidence.fresh_id(&component);
        evidence.components.push(component);
    }
    let message = match owned {
        0 => return,
        1 => "1 component lies where a package of the system put it; that package is judged instead".to_owned(),
        _ => format!("{owned} components lie where packages of the system put them; those packages are judged instead"),
    };
    evidence.notes.push(Note { code: "owned-by-system".to_owned(), message });
}

fn take_owners(components: &mut [Component], is_file: impl Fn(&str, &str) -> bool) -> Owners {
    let mut owners = Owners::new();
    for component in components {
        let name = component.purl.as_ref().map_or_else(|| component.id.clone(), |purl| purl.as_str().to_owned());
        let paths = component.properties.extract_if(.., |(key, _)| key == OWNS_PATH);
        let paths: Vec<_> = paths.map(|(_, path)| path).collect();
        if !paths.is_empty() {
            let files = paths.into_iter().filter(|path| is_file(&component.origin.subject, path));
            let known = owners.entry(component.origin.clone()).or_default();
            known.extend(files.map(|path| (path, name.clone())));
        }
    }
    owners
}

/// The owner of a path, or of the archive that it lies in.
fn owner_of<'a>(path: &str, paths: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let mut path = path;
    loop {
        if let Some(owner) = paths.get(path) {
            return Some(owner);
        }
        path = path.rsplit_once('/')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(step: &str, name: &str, places: &[&str], properties: &[(&str, &str)]) -> Component {
        Component {
            id: name.to_owned(),
            kind: "library".to_owned(),
            name: name.to_owned(),
            version: None,
            purl: None,
            scope: "runtime".to_owned(),
            licenses: Vec::new(),
            digests: Vec::new(),
            locations: places.iter().map(|place| Location::file(*place)).collect(),
            origin: Origin { step: step.to_owned(), subject: "image.tar".to_owned() },
            properties: properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn what_lies_where_a_package_put_it_is_that_packages() {
        let owns = [(OWNS_PATH, "usr/lib/six.egg-info"), (OWNS_PATH, "usr/share/a.jar"), (OWNS_PATH, "opt")];
        let mut evidence = Evidence {
            components: vec![
                component("sbom", "python3-six", &["var/lib/dpkg/status"], &owns),
                component("sbom", "six", &["usr/lib/six.egg-info"], &[]),
                component("sbom", "in-jar", &["usr/share/a.jar/META-INF/x"], &[]),
                component("sbom", "both", &["usr/lib/six.egg-info", "opt/six.egg-info"], &[]),
                component("sbom", "free", &["opt/six.egg-info"], &[(OWNED_BY, "its own word")]),
                component("other", "six", &["usr/lib/six.egg-info"], &[]),
            ],
            ..Evidence::default()
        };
        // `opt` is a folder.
        join(&mut evidence, |_, path| path != "opt");
        let owners: Vec<_> =
            evidence.components.iter().map(|c| chiron_model::property(&c.properties, OWNED_BY)).collect();
        let six = Some("python3-six");
        assert_eq!(owners, [None, six, six, None, None, None, six]);
        // One that also lies where nobody owns it is two.
        let (both, apart) = (&evidence.components[3], &evidence.components[6]);
        assert_eq!((both.locations[0].path.as_str(), both.locations.len()), ("opt/six.egg-info", 1));
        assert_eq!((apart.locations[0].path.as_str(), apart.id.as_str()), ("usr/lib/six.egg-info", "both"));
        assert!(evidence.components.iter().flat_map(|c| &c.properties).all(|(key, _)| key != OWNS_PATH));
        assert_eq!(
            evidence.notes[0].message,
            "3 components lie where packages of the system put them; those packages are judged instead"
        );
    }
}

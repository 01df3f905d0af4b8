//! NuGet's older `packages.config`.

use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::text::one_line;
use crate::xml::Element;

/// Lists of packages of a project that was made before 2017.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "NuGet packages.config",
    media_types: &[],
    globs: &["packages.config"],
    read: |_, blob| lockfile::read(blob, parse),
};

fn parse(text: &Text) -> Result<Listing, String> {
    let top = Element::parse(text.as_str())?;
    if top.name != "packages" {
        return Err("no `packages`: not NuGet's list".to_owned());
    }
    let mut listing = Listing::default();
    for element in top.children.iter().filter(|child| child.name == "package") {
        let (id, version) = (element.attribute("id"), element.attribute("version"));
        let (Some(id), Some(version)) =
            (id.filter(|id| super::is_word(id)), version.filter(|text| super::is_word(text)))
        else {
            listing.drop_entry(&format!("line {}: a package without id or version", element.line));
            continue;
        };
        let mut package = Package::new(id, Some(version), Some(super::purl(id, version)));
        package.line = Some(element.line);
        if element.attribute("developmentDependency").is_some_and(|flag| flag.eq_ignore_ascii_case("true")) {
            package.scope = "development";
        }
        if let Some(framework) = element.attribute("targetFramework") {
            package.properties.push(("chiron:framework".to_owned(), one_line(framework, 100)));
        }
        listing.add(package);
    }
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, outcomes, property};

    #[test]
    fn packages_are_listed_with_their_frameworks() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<packages>\n  <package id=\"NUnit\" version=\"3.12.0\" targetFramework=\"net45\" />\n  <package id=\"Tool\" version=\"1.0\" developmentDependency=\"true\" />\n</packages>\n";
        let inventory = inventory("packages.config", text);
        assert_eq!(listed(&inventory), ["pkg:nuget/NUnit@3.12.0 runtime", "pkg:nuget/Tool@1.0 development"]);
        assert_eq!(property(&inventory, "pkg:nuget/NUnit@3.12.0", "chiron:framework"), ["net45"]);
        assert_eq!(inventory.components[1].locations[0].line, Some(4));
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        outcomes(
            "packages.config",
            &[
                ("", "failed 0 0: not XML: no element"),
                ("<configuration/>", "failed 0 0: no `packages`"),
                ("<packages><package id=\"a\"", "failed 0 0: line 1"),
                (
                    "<packages>\n<package id=\"a\"/>\n<package id=\"a b\" version=\"1\"/></packages>",
                    "partly 0 2: line 2: a package without",
                ),
                ("<packages/>", "read 0 0"),
            ],
        );
    }
}

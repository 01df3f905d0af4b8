//! The orders against their judges: pairs of versions, and what the program that an ecosystem trusts said of each.
//!
//! The tables in `judged/` were made by running the judge that each names in its first lines, over all pairs of lists written
//! for this test, of which the table keeps a part chosen by chance. A line is: left, `<`, `=` or `>`, right; or a text
//! and `!`, where the judge takes it for no version.

use chiron_model::ecosystem::Ecosystem;

use super::compare;

/// Holds an order against a table; `least` guards against a table that was lost.
fn hold(ecosystem: Ecosystem, table: &str, least: usize) {
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<_> = line.split('\t').collect();
        let said = match fields.as_slice() {
            [left, _, right] => compare(ecosystem, left, right).map_or("!", |order| match order {
                std::cmp::Ordering::Less => "<",
                std::cmp::Ordering::Equal => "=",
                std::cmp::Ordering::Greater => ">",
            }),
            [text, _] => compare(ecosystem, text, text).map_or("!", |_| "a version"),
            _ => panic!("not a line of a table: {line:?}"),
        };
        pairs += 1;
        if said != fields[1] {
            wrong.push(format!("{line:?}: said {said}"));
        }
    }
    assert!(pairs >= least, "{pairs} pairs");
    assert!(wrong.is_empty(), "{} of {pairs} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn debian_versions_are_ordered_as_dpkg_does() {
    hold(Ecosystem::Debian, include_str!("judged/dpkg.tsv"), 400);
    hold(Ecosystem::Ubuntu, include_str!("judged/dpkg.tsv"), 400);
}

#[test]
fn rpm_versions_are_ordered_as_rpm_does() {
    for ecosystem in [Ecosystem::RedHat, Ecosystem::Suse, Ecosystem::OpenSuse, Ecosystem::RockyLinux] {
        hold(ecosystem, include_str!("judged/rpm.tsv"), 400);
    }
}

#[test]
fn gems_are_ordered_as_gem_version_does() {
    hold(Ecosystem::RubyGems, include_str!("judged/gem.tsv"), 400);
}

#[test]
fn maven_versions_are_ordered_as_maven_does() {
    hold(Ecosystem::Maven, include_str!("judged/maven.tsv"), 400);
}

#[test]
fn php_packages_are_ordered_as_composer_does() {
    hold(Ecosystem::Packagist, include_str!("judged/composer.tsv"), 400);
}

#[test]
fn go_modules_are_ordered_as_go_does() {
    hold(Ecosystem::Go, include_str!("judged/go.tsv"), 300);
}

#[test]
fn alpine_versions_are_ordered_as_apk_does() {
    hold(Ecosystem::Alpine, include_str!("judged/apk.tsv"), 30);
}

#[test]
fn nuget_versions_are_ordered_as_nuget_does() {
    hold(Ecosystem::NuGet, include_str!("judged/nuget.tsv"), 30);
}

//! Gradle's `gradle.lockfile` and `buildscript-gradle.lockfile`: `group:artifact:version=configuration,configuration`; before
//! Gradle 7 a file for each configuration, `gradle/dependency-locks/CONFIGURATION.lockfile`, with `group:artifact:version`.

use crate::catalogers::Cataloger;
use crate::listing::{Listing, Package};
use crate::lockfile::{self, Text};
use crate::purl;

/// Gradle's lock files.
pub(crate) const CATALOGER: Cataloger = Cataloger {
    name: "gradle.lockfile",
    media_types: &[],
    globs: &["gradle.lockfile", "buildscript-gradle.lockfile", "**/dependency-locks/*.lockfile"],
    read: |subject, blob| lockfile::read(blob, |text| parse(text, configuration(&subject.name))),
};

/// The one configuration that a file is about, where it is named after it.
fn configuration(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_old = folder == "dependency-locks" || folder.ends_with("/dependency-locks");
    name.strip_suffix(".lockfile").filter(|_| is_old)
}

fn parse(text: &Text, configuration: Option<&str>) -> Result<Listing, String> {
    let mut listing = Listing::default();
    let mut is_lock = text.as_str().trim().is_empty();
    for (line, content) in text.lines() {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            is_lock |= content.contains("Gradle");
            continue;
        }
        // Configurations without any package.
        if content.starts_with("empty=") {
            is_lock = true;
            continue;
        }
        match package(content, configuration) {
            Some(package) => {
                listing.add(Package { line: Some(line), ..package });
            }
            None => listing.drop_entry(&format!("line {line}: not group:artifact:version=configurations")),
        }
    }
    if is_lock || listing.len() > 0 {
        Ok(listing)
    } else {
        Err("no line has group:artifact:version=configurations".to_owned())
    }
}

fn package(line: &str, configuration: Option<&str>) -> Option<Package> {
    let (coordinates, configurations) = line.split_once('=').or(configuration.map(|named| (line, named)))?;
    let parts: Vec<&str> = coordinates.split(':').collect();
    let [group, artifact, version] = parts.as_slice() else { return None };
    let is_word = |word: &&str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control());
    if !parts.iter().all(is_word) {
        return None;
    }
    let purl = purl::of("maven", group, artifact, Some(version), &[]);
    let mut package = Package::new(&format!("{group}:{artifact}"), Some(version), Some(purl));
    if configurations.split(',').all(is_development) {
        package.scope = "development";
    }
    Some(package)
}

/// Configurations of tests, and of the build itself (`classpath`, processors of annotations); by Gradle's own names.
fn is_development(configuration: &str) -> bool {
    configuration.starts_with("test")
        || configuration.contains("Test")
        || configuration == "classpath"
        || configuration.to_ascii_lowercase().ends_with("annotationprocessor")
}

#[cfg(test)]
mod tests {
    use crate::lockfile::tests::{inventory, listed, outcome, outcomes};

    #[test]
    fn coordinates_and_configurations_are_read() {
        let text = "# This is a Gradle generated file for dependency locking.\ncom.google.guava:guava:31.1-jre=compileClasspath,runtimeClasspath\norg.junit:junit:5.0=testCompileClasspath,integrationTestRuntimeClasspath\nempty=annotationProcessor\n";
        let inventory = inventory("gradle.lockfile", text);
        assert_eq!(
            listed(&inventory),
            ["pkg:maven/com.google.guava/guava@31.1-jre runtime", "pkg:maven/org.junit/junit@5.0 development"]
        );
        assert_eq!(inventory.components[0].name, "com.google.guava:guava");
        assert_eq!((inventory.components[1].locations[0].line, outcome(&inventory).as_str()), (Some(3), "read 2 0"));
    }

    #[test]
    fn a_file_named_after_its_configuration_is_about_that_one() {
        let of = |name: &str| listed(&inventory(&format!("app/gradle/dependency-locks/{name}.lockfile"), "a:b:1\n"));
        assert_eq!(of("compileClasspath"), ["pkg:maven/a/b@1 runtime"]);
        assert_eq!(of("testRuntimeClasspath"), ["pkg:maven/a/b@1 development"]);
    }

    #[test]
    fn what_is_malformed_is_named_and_counted() {
        let table = [
            ("", "read 0 0"),
            ("empty=\n", "read 0 0"),
            ("hello\n", "failed 0 0: no line has group:artifact:version"),
            ("a:b:1=c\na:b=c\na::1=c\n", "partly 1 2: line 2: not group:artifact:version"),
        ];
        outcomes("gradle.lockfile", &table);
    }
}

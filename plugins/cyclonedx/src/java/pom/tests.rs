use crate::lockfile::tests::{inventory, listed, needs, outcome, outcomes, property};

const POM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.p</groupId><artifactId>parent</artifactId><version>7</version></parent>
  <artifactId>app</artifactId>
  <properties><slf4j.version>2.0.9</slf4j.version></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.m</groupId><artifactId>managed</artifactId><version>3.0</version><scope>test</scope></dependency>
    <dependency><groupId>org.bom</groupId><artifactId>bom</artifactId><version>1</version><type>pom</type><scope>import</scope></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>${slf4j.version}</version></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>sibling</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>org.m</groupId><artifactId>managed</artifactId></dependency>
    <dependency><groupId>org.x</groupId><artifactId>elsewhere</artifactId></dependency>
    <dependency><groupId>org.x</groupId><artifactId>range</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>org.x</groupId><artifactId>exact</artifactId><version>[1.5]</version><optional>true</optional></dependency>
    <dependency><groupId>org.x</groupId><artifactId>unset</artifactId><version>${unset}</version></dependency>
    <dependency><groupId>sun</groupId><artifactId>tools</artifactId><version>1.8</version><scope>system</scope><systemPath>lib/tools.jar</systemPath></dependency>
    <dependency><groupId>org.x</groupId></dependency>
  </dependencies>
  <profiles><profile><id>extra</id><dependencies>
    <dependency><groupId>org.x</groupId><artifactId>extra</artifactId><version>1</version></dependency>
  </dependencies></profile></profiles>
</project>
"#;

#[test]
fn direct_dependencies_have_the_versions_that_the_file_gives() {
    let inventory = inventory("pom.xml", POM);
    assert_eq!(
        listed(&inventory),
        [
            "org.p:app@7 runtime",
            "pkg:maven/org.slf4j/slf4j-api@2.0.9 runtime",
            "pkg:maven/org.p/sibling@7 runtime",
            "pkg:maven/org.m/managed@3.0 development",
            "pkg:maven/org.x/elsewhere runtime",
            "pkg:maven/org.x/range runtime",
            "pkg:maven/org.x/exact@1.5 optional",
            "pkg:maven/org.x/unset runtime",
            "sun:tools@1.8 runtime",
            "pkg:maven/org.x/extra@1 optional",
        ]
    );
    assert_eq!((needs(&inventory).len(), inventory.components[1].locations[0].line), (9, Some(11)));
}

#[test]
fn what_needs_a_repository_is_named_and_counted() {
    let inventory = inventory("pom.xml", POM);
    let unresolved = |name: &str| property(&inventory, &format!("pkg:maven/org.x/{name}"), "chiron:unresolved")[0];
    assert!(unresolved("elsewhere").starts_with("its version is given by the parent or an imported list"));
    assert_eq!(unresolved("range"), "[1.0,2.0)");
    assert_eq!(unresolved("unset"), "${unset}, which this file does not set");
    assert_eq!(property(&inventory, "sun:tools@1.8", "chiron:source"), ["lib/tools.jar"]);
    assert_eq!(property(&inventory, "pkg:maven/org.x/extra@1", "chiron:note"), ["only in the profile `extra`"]);
    assert_eq!(
        outcome(&inventory),
        "partly 10 4: the parent `org.p:parent:7` stands in a repository: what it adds is not known; \
         line 8: the imported list `org.bom:bom:1` stands in a repository; line 19: a dependency without artifactId; \
         what its 9 dependencies need in turn stands in repositories; 3 of 10 packages are not pinned to a version"
    );
}

#[test]
fn what_is_malformed_is_named_and_counted() {
    let many = format!(
        "<project><artifactId>a</artifactId><dependencies>{}</dependencies></project>",
        "<dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency>".repeat(100_000)
    );
    outcomes(
        "pom.xml",
        &[
            ("", "failed 0 0: not XML: no element"),
            ("<project>", "failed 0 0: the document ends within `project`"),
            ("<settings/>", "failed 0 0: no `project`: not a pom.xml"),
            ("<project/>", "failed 0 0: no artifactId: not a pom.xml"),
            (
                "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><project>&b;</project>",
                "failed 0 0: line 1: a DTD",
            ),
            ("<project><artifactId>a</artifactId></project>", "read 1 0"),
            ("<project><artifactId>../a</artifactId></project>", "failed 0 0: no artifactId"),
            (
                "<project><artifactId>a</artifactId><properties><v>${v}</v></properties><dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId><version>${v}</version></dependency></dependencies></project>",
                "partly 2 1: what its 1 dependencies need in turn stands in repositories; 1 of 2 packages are not pinned",
            ),
            (&many, "partly 2 1"),
        ],
    );
}

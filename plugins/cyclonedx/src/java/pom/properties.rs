//! `${name}` in a pom.xml: what the file itself sets, and what it says of the project.

use crate::xml::Element;

/// Properties in properties. Real files have two or three.
const DEPTH_MAX: u8 = 16;

/// Longest value, in bytes: properties that double each other grow no further.
const VALUE_BYTES_MAX: usize = 4096;

/// Most properties looked into for one value, for the same reason.
const STEPS_MAX: u32 = 256;

/// What a file sets.
pub(super) struct Properties<'e> {
    project: &'e Element,
    set: std::collections::BTreeMap<&'e str, &'e str>,
}

/// A text with its properties put in.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// All of them.
    Known(String),
    /// With what could not be: not set here, or set by itself.
    Unknown(String),
}

impl Value {
    /// What it is, whether it is known or not.
    pub(super) fn text(&self) -> &str {
        let (Self::Known(text) | Self::Unknown(text)) = self;
        text
    }

    /// The text, where it is known.
    pub(super) fn known(self) -> Option<String> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown(_) => None,
        }
    }
}

impl<'e> Properties<'e> {
    /// Those of a project.
    pub(super) fn of(project: &'e Element) -> Self {
        let list = project.child("properties").map(|list| list.children.as_slice()).unwrap_or_default();
        Self { project, set: list.iter().map(|property| (property.name.as_str(), property.own_text())).collect() }
    }

    /// The project's `groupId`, `artifactId` or `version`; the first and the last may be its parent's.
    pub(super) fn of_project(&self, name: &str) -> Option<Value> {
        self.raw(name).map(|text| self.resolve(text))
    }

    fn raw(&self, name: &str) -> Option<&'e str> {
        let inherited = matches!(name, "groupId" | "version");
        let parent = || self.project.child("parent").filter(|_| inherited).and_then(|parent| parent.text(name));
        self.project.text(name).or_else(parent)
    }

    /// A text with its properties put in, as far as they are known.
    pub(super) fn resolve(&self, text: &str) -> Value {
        let mut steps = 0;
        let mut out = String::new();
        if self.expand(text, 0, &mut steps, &mut out) && out.len() <= VALUE_BYTES_MAX {
            Value::Known(out)
        } else {
            Value::Unknown(text.to_owned())
        }
    }

    fn expand(&self, text: &str, depth: u8, steps: &mut u32, out: &mut String) -> bool {
        *steps += 1;
        if depth > DEPTH_MAX || *steps > STEPS_MAX || out.len() > VALUE_BYTES_MAX {
            return false;
        }
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else { return false };
            let Some(value) = self.value(name) else { return false };
            if !self.expand(value, depth + 1, steps, out) {
                return false;
            }
            rest = after;
        }
        out.push_str(rest);
        true
    }

    fn value(&self, name: &str) -> Option<&'e str> {
        if let Some(value) = self.set.get(name) {
            return Some(value);
        }
        let of_parent = name.strip_prefix("project.parent.").or_else(|| name.strip_prefix("parent."));
        if let Some(name) = of_parent {
            return self.project.child("parent").and_then(|parent| parent.text(name));
        }
        // `pom.version` and `version` are older spellings.
        let name = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name);
        matches!(name, "groupId" | "artifactId" | "version").then(|| self.raw(name)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(properties: &str, text: &str) -> Value {
        let parent = "<parent><groupId>org.p</groupId><version>7</version></parent>";
        let text_of =
            format!("<project>{parent}<artifactId>a</artifactId><properties>{properties}</properties></project>");
        Properties::of(&Element::parse(&text_of).unwrap()).resolve(text)
    }

    #[test]
    fn properties_are_put_in_and_those_unknown_stay() {
        let known = |text: &str| Value::Known(text.to_owned());
        assert_eq!(resolve("<a>1</a><b>${a}.2</b>", "v${b}-${a}"), known("v1.2-1"));
        assert_eq!(resolve("", "${project.version} ${project.parent.groupId} ${artifactId}"), known("7 org.p a"));
        for text in ["${x}", "${", "${project.x}", "${env.HOME}"] {
            assert_eq!(resolve("", text), Value::Unknown(text.to_owned()));
        }
    }

    #[test]
    fn properties_that_name_themselves_or_grow_without_end_are_unknown() {
        assert_eq!(resolve("<a>${a}</a>", "${a}").known(), None);
        assert_eq!(resolve("<a>${b}</a><b>${a}</b>", "${a}").known(), None);
        let doubling: String = (0..30).map(|n| format!("<p{}>${{p{n}}}${{p{n}}}</p{}>", n + 1, n + 1)).collect();
        assert_eq!(resolve(&format!("<p0>x</p0>{doubling}"), "${p14}").known(), None);
    }
}

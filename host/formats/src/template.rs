//! A report through somebody's own template (minijinja, the syntax of Jinja2).
//!
//! The template sees what `-o json` writes, under the same names. It is the user's, and what it shows is not: a value that is
//! missing is an error and not an empty text, and what goes into HTML, XML, JSON or YAML (by the file's suffix, `.j2` left
//! out) is escaped. A template may include and extend others that its loader gives; it has no other way out.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use chiron_model::report::Report;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

/// Steps that one rendering may take. A page of 20,000 findings takes about two million.
const FUEL: u64 = 100_000_000;

/// Largest result, in bytes.
const OUTPUT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A template that was read and understood.
#[derive(Clone)]
pub struct Template {
    name: String,
    environment: Arc<Environment<'static>>,
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct TemplateError {
    /// The file, and the line where that is known.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

impl Template {
    /// Reads the template of this name. `load` gives its text and those of others that it names: `None` where there is none
    /// of that name, or why it may not be had.
    ///
    /// # Errors
    /// When it is not there or is no template.
    pub fn new(
        name: &str,
        load: impl Fn(&str) -> Result<Option<String>, String> + Send + Sync + 'static,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_loader(move |name: &str| {
            load(name).map_err(|reason| minijinja::Error::new(ErrorKind::InvalidOperation, reason))
        });
        environment.get_template(name).map_err(|error| explain(name, &error))?;
        Ok(Self { name: name.to_owned(), environment: Arc::new(environment) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes the report.
    ///
    /// # Errors
    /// When the template asks for what is not there, takes too long, or writes too much.
    pub fn render(&self, report: &Report) -> Result<Vec<u8>, TemplateError> {
        let failed = |error: &minijinja::Error| explain(&self.name, error);
        let template = self.environment.get_template(&self.name).map_err(|error| failed(&error))?;
        let mut output = Bounded(Vec::new());
        let context = Value::from(Serde(crate::json::Report::from(report)));
        template.render_captured_to(context, &mut output).map_err(|error| failed(&error))?;
        Ok(output.0)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.name).finish()
    }
}

/// File and line first, as compilers say it; then the innermost cause, which is what the line did.
fn explain(template: &str, error: &minijinja::Error) -> TemplateError {
    let mut cause = error;
    while let Some(inner) = std::error::Error::source(cause).and_then(|inner| inner.downcast_ref::<minijinja::Error>())
    {
        cause = inner;
    }
    let name = cause.name().or(error.name()).unwrap_or(template);
    let place = match cause.line().or(error.line()) {
        Some(line) => format!("{name}:{line}"),
        None => name.to_owned(),
    };
    let reason = match (cause.kind(), cause.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes more steps than a template may".to_owned(),
        (ErrorKind::WriteFailure, _) => format!("it writes more than {OUTPUT_BYTES_MAX} bytes"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    TemplateError { place, reason }
}

/// A result that stops growing.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > OUTPUT_BYTES_MAX {
            return Err(io::Error::other("too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn template(name: &str, text: &str) -> Result<Template, TemplateError> {
        let (own, text) = (name.to_owned(), text.to_owned());
        Template::new(name, move |name| match name {
            "part.txt" => Ok(Some("part {{ nothing }}".to_owned())),
            "row.txt" => Ok(Some("{{ finding.id }};".to_owned())),
            "../x" => Err("outside of the folder".to_owned()),
            name => Ok((name == own).then(|| text.clone())),
        })
    }

    fn render(name: &str, text: &str) -> Result<String, String> {
        let rendered = template(name, text).and_then(|template| template.render(&sample::report()));
        rendered.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_template_sees_what_json_says() {
        let text =
            "{% for finding in findings %}{% include 'row.txt' %}{% endfor %} {{ schema }} {{ verdict.decision }}";
        let ids = "CVE-2024-45230;GHSA-m9g8-fxxm-xg86;CVE-2023-4863;PYSEC-2024-1;OSV-2023-77;";
        assert_eq!(render("a.txt", text), Ok(format!("{ids} chiron-report/0.1 deny")));
        assert_eq!(render("a.json", "{{ findings[0].id }}"), Ok("\"CVE-2024-45230\"".to_owned()));
    }

    #[test]
    fn texts_are_escaped_by_the_suffix() {
        let nasty = sample::with_text("<script>");
        for (name, expected) in [("a.html", "&lt;script&gt;"), ("a.xml.j2", "&lt;script&gt;"), ("a.txt", "<script>")] {
            let template = template(name, "{{ findings[0].id }}").unwrap();
            assert_eq!(template.render(&nasty).unwrap(), expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        assert!(render("a.txt", "\n\n{% if %}").unwrap_err().starts_with("a.txt:3: syntax error: "));
        assert!(render("a.txt", "\n{{ nothing }}").unwrap_err().starts_with("a.txt:2: undefined value"));
        assert!(render("a.txt", "{{ findings[0].nothing }}").unwrap_err().starts_with("a.txt:1: undefined value"));
        assert!(render("a.txt", "{% include 'part.txt' %}").unwrap_err().starts_with("part.txt:1: undefined value"));
        assert!(render("a.txt", "{% include '../x' %}").unwrap_err().contains("outside of the folder"));
        assert!(render("a.txt", "{% include 'no.txt' %}").unwrap_err().contains("no.txt"));
        assert!(template("b.txt", "").is_ok());
    }

    #[test]
    fn a_template_that_does_not_end_is_stopped() {
        let forever = "{% macro f(x) %}{% for a in range(10000) %}{% for b in range(10000) %}{{ x }}{% endfor %}{% endfor %}\
                       {% endmacro %}{% for a in range(10000) %}{% set b = f('') %}{% endfor %}";
        assert_eq!(render("a.txt", forever).unwrap_err(), "a.txt:1: it takes more steps than a template may");
    }
}

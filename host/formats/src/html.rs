//! One self-contained page: nothing is fetched, nothing is sent, and it works without its script.
//!
//! Every text that came from somebody else goes through the template's escaping, and the page forbids itself, by a content
//! security policy with the hashes of its own style and script, to run or load anything else.

mod chart;
mod page;

use base64::Engine as _;
use chiron_model::digest::Digest;
use chiron_model::report::Report;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

use page::Page;

const TEMPLATE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Draws the page. It ends in a line feed.
///
/// # Errors
/// When the template engine fails, which no report is known to cause.
pub fn render(report: &Report) -> Result<String, minijinja::Error> {
    let mut engine = Environment::new();
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    engine.add_template("page", TEMPLATE)?;
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    );
    let mut text = engine.get_template("page")?.render(context! {
        page => Value::from(Serde(Page::from(report))),
        policy,
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
    })?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The hash source of an inline text (CSP Level 3, section 2.3.1).
fn source(text: &str) -> String {
    let bytes = hex_bytes(Digest::sha256_of(text.as_bytes()).hex());
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

fn hex_bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or_default();
    hex.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, &next| byte << 4 | digit(next))).collect()
}

#[cfg(test)]
mod tests;

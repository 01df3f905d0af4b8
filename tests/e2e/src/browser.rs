//! A real browser, where one is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use serde_json::Value;

/// Names of Chromium on different systems.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The browser; None, and a word about it, where there is none.
#[must_use]
pub fn path() -> Option<PathBuf> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&search).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        crate::outside::missing(NAMES[0]);
    }
    found
}

/// What a script says of a page. The page stands in a frame as it is, with its own content security policy, and is driven
/// from outside; the script is the body of a function of `frame`, `page` (its document) and `view` (its window).
///
/// # Panics
/// When the browser fails, or the script throws.
#[must_use]
pub fn ask(page: &str, script: &str) -> Option<Value> {
    let browser = path()?;
    let folder = tempfile::tempdir().unwrap();
    let harness = folder.path().join("harness.html");
    // `<` never stands in the script as it is, so that nothing of the page ends it.
    let text = serde_json::to_string(page).unwrap().replace('<', "\\u003c");
    let html = format!(
        "<!doctype html><meta charset=utf-8><body><script>\n\
         const frame = document.createElement('iframe');\n\
         frame.style.cssText = 'width: 1200px; height: 900px; border: 0';\n\
         const say = (value) => {{ const bytes = new TextEncoder().encode(JSON.stringify(value));\n\
           document.title = 'said:' + btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) + ':said'; }};\n\
         frame.onload = () => {{ try {{ const page = frame.contentDocument, view = frame.contentWindow;\n\
           say((() => {{ {script} }})()); }} catch (error) {{ say({{ error: String(error) }}); }} }};\n\
         frame.srcdoc = {text};\n\
         document.body.append(frame);\n</script>"
    );
    std::fs::write(&harness, html).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .env("HOME", folder.path())
        .arg("--dump-dom")
        .arg(format!("file://{}", harness.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let said = dom.split("said:").nth(1).and_then(|rest| rest.split(":said").next());
    let said = said.unwrap_or_else(|| panic!("the page said nothing:\n{}", String::from_utf8_lossy(&output.stderr)));
    let bytes = base64::engine::general_purpose::STANDARD.decode(said).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(value.get("error").is_none(), "{value}");
    Some(value)
}

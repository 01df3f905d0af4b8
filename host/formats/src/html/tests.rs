use proptest::prelude::*;

use super::*;
use crate::sample;

fn page(report: &Report) -> String {
    render(report).unwrap()
}

/// Names of the elements, in order.
fn elements(html: &str) -> Vec<&str> {
    let name = |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    html.split('<')
        .skip(1)
        .map(|rest| &rest[..name(rest.trim_start_matches('/')) + usize::from(rest.starts_with('/'))])
        .collect()
}

#[test]
fn the_page_says_what_was_decided_and_what_to_do() {
    let html = page(&sample::report());
    for part in [
        "<strong>Denied</strong>",
        "GHSA-m9g8-fxxm-xg86",
        "upgrade to 4.2.17",
        "we never parse SQL from users",
        "no fix known; last affected 9.5.0",
    ] {
        assert!(html.contains(part), "{part}");
    }
    let link = r#"href="https://example.com/advisory" rel="noreferrer noopener""#;
    assert!(html.replace("&#x2f;", "/").contains(link));
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"), "{}", &html[..80]);
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let html = page(&sample::report());
    for part in ["src=", "@import", "url(", "<link", "<iframe", "<object", "fetch(", "XMLHttp"] {
        assert!(!html.contains(part), "{part}");
    }
    assert!(html.contains("default-src &#x27;none&#x27;"), "the policy is there");
}

#[test]
fn texts_of_others_make_no_element_and_no_attribute() {
    let calm = elements(&page(&sample::with_text("calm"))).join(" ");
    let nasty = [
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style><style>*{display:none}",
        "<!--",
        "]]>",
        "{{ 7*7 }}{% raw %}",
        "javascript:alert(1)",
        "\u{1b}[31m\u{202e}",
    ];
    for text in nasty {
        let html = page(&sample::with_text(text));
        assert_eq!(elements(&html).join(" "), calm, "{text}");
        assert!(!html.contains("onerror=alert(1)>") && !html.contains("{{ 49") && !html.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn only_https_becomes_a_link() {
    let mut report = sample::report();
    for uri in [
        "javascript:alert(1)",
        "http://example.com/",
        "https://example.com/\"x",
        "https://exa mple.com/",
        "data:text/html,x",
    ] {
        report.findings[1].proofs = vec![chiron_model::finding::Proof::Uri(uri.to_owned())];
        assert!(!page(&report).contains("<a href=\"h"), "{uri}");
    }
}

#[test]
fn a_page_of_nothing_and_a_page_of_much_are_drawn() {
    assert!(page(&sample::empty()).contains("Nothing is known to affect"));
    let mut report = sample::report();
    let one = report.findings[0].clone();
    report.findings =
        (0..5_000).map(|number| chiron_model::finding::Finding { id: format!("X-{number}"), ..one.clone() }).collect();
    assert!(page(&report).matches("class=\"finding\"").count() == 5_000);
}

#[test]
fn hashes_of_style_and_script_are_those_of_the_policy() {
    // RFC 4648 over FIPS 180-4's digest of the empty text.
    assert_eq!(source(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

/// Relative luminance of a colour such as `#1b1f24` (WCAG 2.2, "relative luminance").
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn every_text_stands_out_in_both_themes() {
    // Light, then dark.
    let themes: Vec<&str> = STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(themes.len(), 2);
    let on_paper =
        ["ink", "faint", "link", "critical", "high", "medium", "low", "none", "unknown", "deny", "warn", "allow"];
    let pairs = on_paper.iter().flat_map(|text| [(*text, "paper"), (*text, "soft")]);
    let on_badges = on_paper[3..].iter().map(|badge| ("on", *badge));
    for (text, ground) in pairs.chain(on_badges) {
        for theme in &themes {
            let colour = |name: &str| {
                let rest = theme.split(&format!("--{name}: ")).nth(1).unwrap();
                luminance(rest.split(';').next().unwrap())
            };
            let (text_light, ground_light) = (colour(text), colour(ground));
            let ratio = (text_light.max(ground_light) + 0.05) / (text_light.min(ground_light) + 0.05);
            // WCAG 2.2, 1.4.3: 4.5 to 1.
            assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_leaves_the_page_whole(text in "\\PC{0,40}|[<>\"'&`=/{}%-]{0,40}") {
        let calm = elements(&page(&sample::with_text("calm"))).join(" ");
        // An empty text takes its element with it.
        prop_assume!(!text.trim().is_empty());
        let html = page(&sample::with_text(&text));
        prop_assert_eq!(elements(&html).join(" "), calm);
    }
}

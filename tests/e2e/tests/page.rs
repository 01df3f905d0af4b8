//! The HTML page, in a real browser where one is installed.

use chiron_e2e::{Folder, bom, browser, osv};

/// Two components with findings, one of them with two; and one without.
fn page() -> String {
    let work = Folder::new();
    let records = [
        osv::record("PYSEC-2024-1", "demo", "2.0", "HIGH"),
        osv::record("PYSEC-2024-2", "demo", "1.5", "LOW"),
        osv::record("PYSEC-2024-3", "other", "3.0", "CRITICAL"),
    ];
    work.database(&records.map(|record| record.to_string()))
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:pypi/other@1.0", "pkg:pypi/fine@1.0"]));
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "html=page.html"]).with_code(0);
    work.read("page.html")
}

#[test]
fn the_filters_filter_and_say_what_is_shown() {
    let script = r#"
        const text = page.getElementById('text'), count = page.getElementById('count');
        const boxes = Array.from(page.querySelectorAll('input[type=checkbox]'));
        const shown = () => Array.from(page.querySelectorAll('.finding')).filter((row) => row.offsetParent !== null).length;
        const state = () => [shown(), count.textContent, !page.getElementById('nothing').hidden];
        const input = (element) => element.dispatchEvent(new view.Event('input', { bubbles: true }));
        const all = state();
        text.value = 'DEMO'; input(text); const demo = state();
        boxes.find((box) => box.value === 'high').click(); const low = state();
        text.value = 'nothing of that name'; input(text); const none = state();
        text.dispatchEvent(new view.KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
        page.activeElement?.blur();
        text.focus(); text.dispatchEvent(new view.KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
        return { all, demo, low, none, cleared: state(), live: count.getAttribute('aria-live') };
    "#;
    let Some(said) = browser::ask(&page(), script) else { return };
    assert_eq!(said["all"], serde_json::json!([3, "3 findings", false]), "{said}");
    assert_eq!(said["demo"], serde_json::json!([2, "2 of 3 findings", false]), "{said}");
    assert_eq!(said["low"], serde_json::json!([1, "1 of 3 findings", false]), "{said}");
    assert_eq!(said["none"], serde_json::json!([0, "0 of 3 findings", true]), "{said}");
    assert_eq!(said["cleared"], serde_json::json!([2, "2 of 3 findings", false]), "{said}");
    assert_eq!(said["live"], "polite");
}

#[test]
fn every_control_has_a_name_and_a_visible_focus_and_nothing_runs_off_the_side() {
    let script = r#"
        page.querySelectorAll('details').forEach((details) => { details.open = true; });
        const wide = [1200, 768, 390, 320].filter((width) => {
            frame.style.width = width + 'px';
            return page.documentElement.scrollWidth > page.documentElement.clientWidth;
        });
        frame.style.width = '1200px';
        const controls = Array.from(page.querySelectorAll('a[href], input, button, summary, [tabindex="0"]'));
        const name = (element) => element.getAttribute('aria-label') || element.closest('label')?.textContent || element.textContent;
        const unnamed = controls.filter((element) => !name(element).trim()).map((element) => element.outerHTML);
        const unseen = controls.filter((element) => {
            element.focus({ focusVisible: true });
            return page.activeElement !== element || view.getComputedStyle(element).outlineStyle === 'none';
        }).map((element) => element.outerHTML);
        const order = controls.filter((element) => element.tabIndex > 0).length;
        const levels = Array.from(page.querySelectorAll('h1, h2, h3, h4')).map((heading) => Number(heading.tagName[1]));
        const jumps = levels.filter((level, at) => at > 0 && level > levels[at - 1] + 1).length;
        const heads = Array.from(page.querySelectorAll('th')).filter((head) => !head.scope).length;
        const ids = Array.from(page.querySelectorAll('[id]')).map((element) => element.id);
        return { wide, unnamed, unseen, order, first: levels[0], jumps, heads, doubled: ids.length - new Set(ids).size,
            controls: controls.length, language: page.documentElement.lang };
    "#;
    let Some(said) = browser::ask(&page(), script) else { return };
    for empty in ["wide", "unnamed", "unseen"] {
        assert_eq!(said[empty], serde_json::json!([]), "{empty}: {said}");
    }
    for zero in ["order", "jumps", "heads", "doubled"] {
        assert_eq!(said[zero], 0, "{zero}: {said}");
    }
    assert_eq!((&said["first"], &said["language"]), (&1.into(), &"en".into()));
    assert!(said["controls"].as_u64().unwrap() > 10, "{said}");
}

#[test]
fn without_its_script_everything_is_there() {
    let page = page();
    let begin = page.find("<script>").unwrap();
    let without = format!("{}</body></html>", &page[..begin]);
    let script = r#"
        const rows = Array.from(page.querySelectorAll('.finding')).filter((row) => row.offsetParent !== null).length;
        return { rows, form: page.getElementById('filter').offsetParent !== null };
    "#;
    let Some(said) = browser::ask(&without, script) else { return };
    assert_eq!(said, serde_json::json!({ "rows": 3, "form": false }));
}

use proptest::prelude::*;

use super::*;

type Draft = (Edge, String);

fn introduced(text: &str) -> Draft {
    (Edge::Introduced, text.to_owned())
}

fn fixed(text: &str) -> Draft {
    (Edge::Fixed, text.to_owned())
}

fn last(text: &str) -> Draft {
    (Edge::LastAffected, text.to_owned())
}

struct DraftRange {
    place: u32,
    events: Vec<Draft>,
    defect: Option<&'static str>,
}

fn range(place: u32, events: Vec<Draft>) -> DraftRange {
    DraftRange { place, events, defect: None }
}

fn entry(ecosystem: Ecosystem, ranges: Vec<DraftRange>, versions: &[&str]) -> Entry<String> {
    let ranges = ranges.iter().map(|range| {
        let events: Vec<_> = range.events.iter().map(|(edge, text)| (*edge, text.as_str())).collect();
        Range::new(ecosystem, range.place, &events, range.defect)
    });
    Entry::new(ecosystem, 0, ranges.collect(), versions.iter().copied(), false)
}

fn asking(ecosystem: Ecosystem, entries: &[Entry<String>], version: Option<&str>) -> Evaluation {
    evaluate(&Asked::new(ecosystem, version), entries)
}

fn npm(ranges: Vec<DraftRange>, versions: &[&str], version: &str) -> Evaluation {
    asking(Ecosystem::Npm, &[entry(Ecosystem::Npm, ranges, versions)], Some(version))
}

fn affected(evaluation: Evaluation) -> Match {
    let Evaluation::Affected(found) = evaluation else {
        panic!("not affected: {evaluation:?}");
    };
    found
}

const CLEAR: Evaluation = Evaluation::Unaffected { note: None };

#[test]
fn the_fixes_shown_are_those_of_the_range_that_applied() {
    let ranges = || {
        vec![
            range(0, vec![introduced("1.0.0"), fixed("1.0.2"), introduced("3.0.0"), fixed("3.2.5")]),
            range(1, vec![introduced("5.0.0"), fixed("5.0.1")]),
        ]
    };
    let found = affected(npm(ranges(), &[], "1.0.1"));
    assert_eq!(found.fixed, ["1.0.2", "3.2.5"]);
    assert_eq!(found.matched_by, "range affected[0].ranges[0]");
    let found = affected(npm(ranges(), &[], "5.0.0"));
    assert_eq!((found.fixed, found.matched_by.as_str()), (vec!["5.0.1".to_owned()], "range affected[0].ranges[1]"));
    for version in ["0.9.0", "1.0.2", "3.2.5", "4.0.0", "5.0.1"] {
        assert_eq!(npm(ranges(), &[], version), CLEAR, "{version}");
    }
}

#[test]
fn a_listed_version_gets_the_smallest_fix_above_it() {
    let ranges = vec![range(0, vec![introduced("9.0.0"), fixed("9.0.1"), introduced("8.0.0"), fixed("8.0.1")])];
    let found = affected(npm(ranges, &["2.0.0", "1.0.0"], "2.0.0+build"));
    assert_eq!(found.fixed, ["8.0.1"]);
    assert_eq!(found.matched_by, "versions affected[0]");
}

#[test]
fn a_last_affected_version_is_named_only_where_no_fix_is_known() {
    let found = affected(npm(vec![range(0, vec![introduced("0"), last("2.1.214")])], &[], "2.0.0"));
    assert_eq!((found.fixed.len(), found.last_affected.as_deref()), (0, Some("2.1.214")));
}

#[test]
fn a_defect_makes_it_unknown_unless_another_range_decides() {
    let broken = || DraftRange {
        defect: Some("it has both fixed and last_affected events"),
        ..range(0, vec![introduced("0"), fixed("2.0.0"), last("1.5.0")])
    };
    assert!(matches!(npm(vec![broken()], &[], "1.0.0"), Evaluation::Unknown(_)));
    assert!(matches!(npm(vec![broken()], &[], "3.0.0"), Evaluation::Unknown(_)));
    let sound = range(1, vec![introduced("0"), fixed("2.0.0")]);
    assert_eq!(affected(npm(vec![broken(), sound], &[], "1.0.0")).fixed, ["2.0.0"]);
}

#[test]
fn a_bound_without_order_makes_it_unknown() {
    let evaluation = npm(vec![range(0, vec![introduced("0"), fixed("2.x")])], &[], "1.0.0");
    assert_eq!(
        evaluation,
        Evaluation::Unknown("range affected[0].ranges[0]: `2.x` is not a version of npm".to_owned())
    );
}

#[test]
fn a_version_without_order_is_affected_only_by_its_spelling_or_as_every_version() {
    let pypi = |ranges, versions: &[&str], text| {
        asking(Ecosystem::PyPi, &[entry(Ecosystem::PyPi, ranges, versions)], Some(text))
    };
    let some = || vec![range(0, vec![introduced("0"), fixed("2.0")])];
    let found = affected(pypi(some(), &["0.1-bulbasaur", "0.2"], "0.1-bulbasaur"));
    assert_eq!(found.matched_by, "versions affected[0]");
    assert!(matches!(pypi(some(), &["0.2"], "0.1-bulbasaur"), Evaluation::Unknown(_)));
    let every = vec![range(0, vec![introduced("0")])];
    assert_eq!(affected(pypi(every, &[], "0.1-bulbasaur")).matched_by, "range affected[0].ranges[0]");
}

#[test]
fn no_version_and_no_data_are_unknown() {
    let entries = [entry(Ecosystem::Npm, vec![range(0, vec![introduced("0")])], &[])];
    for version in [None, Some(""), Some("  ")] {
        assert_eq!(asking(Ecosystem::Npm, &entries, version), Evaluation::Unknown("no version".to_owned()));
    }
    assert_eq!(
        npm(Vec::new(), &[], "1.0.0"),
        Evaluation::Unknown("affected[0] has neither versions nor ranges".to_owned())
    );
    let mut commits = entry(Ecosystem::Npm, Vec::new(), &[]);
    commits.has_commits = true;
    assert_eq!(
        asking(Ecosystem::Npm, &[commits], Some("1.0.0")),
        Evaluation::Unknown("affected[0] has only commit ranges, which need the repository".to_owned())
    );
}

#[test]
fn a_local_label_that_keeps_a_version_out_is_noted() {
    let entries = [entry(Ecosystem::PyPi, vec![range(0, vec![introduced("0"), last("2.2.0")])], &["2.1.0"])];
    let note = |version| {
        let evaluation = asking(Ecosystem::PyPi, &entries, Some(version));
        let Evaluation::Unaffected { note } = evaluation else {
            panic!("{version}: {evaluation:?}");
        };
        note
    };
    assert!(note("2.2.0+cu118").unwrap().contains("2.2.0+cu118"));
    assert_eq!(note("2.2.1+cu118"), None);
    assert_eq!(note("2.2.1"), None);
    affected(asking(Ecosystem::PyPi, &entries, Some("2.1.0+cpu")));
}

#[test]
fn contains_follows_the_schema() {
    let event = |text: &str| {
        let (kind, version) = text.split_once(' ').unwrap();
        let version = version.to_owned();
        match kind {
            "introduced" => Event::Introduced(version),
            "fixed" => Event::Fixed(version),
            "last" => Event::LastAffected(version),
            _ => Event::Limit(version),
        }
    };
    let table: &[(&[&str], &str, bool)] = &[
        (&["introduced 0"], "0.0.0-0", true),
        (&["introduced 0.0.0"], "0.0.0-0", false),
        (&["introduced 0.0.0-0"], "0.0.0-0", true),
        (&["fixed 1.0.2", "introduced 0"], "1.0.1", true),
        (&["fixed 3.2.5", "introduced 3.0.0", "fixed 1.0.2", "introduced 1.0.0"], "2.0.0", false),
        (&["introduced 1.0.0", "fixed 2.0.0", "introduced 2.0.0", "fixed 3.0.0"], "2.0.0", true),
        (&["introduced 1.0.0", "fixed 1.0.0"], "1.0.0", false),
        (&["introduced 1.0.0", "last 1.0.0"], "1.0.0", true),
        (&["introduced 1.0.0", "last 1.0.0"], "1.0.1", false),
        (&["introduced 0", "fixed 0"], "1.0.0", false),
        (&["introduced 0", "limit 2.0.0"], "2.0.0", false),
        (&["introduced 0", "limit 2.0.0"], "1.9.9", true),
        (&["introduced 0", "limit 2.0.0", "limit *"], "9.0.0", true),
        (&["introduced 0", "limit 1.0.0", "limit 3.0.0"], "2.0.0", true),
        (&["fixed 1.0.0"], "0.5.0", false),
        (&[], "1.0.0", false),
    ];
    for (events, version, expected) in table {
        let events: Vec<_> = events.iter().map(|text| event(text)).collect();
        assert_eq!(contains(Ecosystem::CratesIo, version, &events), Ok(*expected), "{events:?} {version}");
    }
    assert!(contains(Ecosystem::Npm, "1.0.0", &[event("introduced x")]).is_err());
}

fn any_event() -> impl Strategy<Value = Draft> {
    let text = prop_oneof!["[0-2](\\.[0-2]){0,2}(-[a1])?", "\\PC{0,8}", Just("0".to_owned()), Just("*".to_owned())];
    (0_u8..4, text).prop_map(|(kind, text)| match kind {
        0 => (Edge::Introduced, text),
        1 => (Edge::Fixed, text),
        2 => (Edge::LastAffected, text),
        _ => (Edge::Limit, text),
    })
}

proptest! {
    #[test]
    fn no_events_make_it_panic(
        events in prop::collection::vec(any_event(), 0..8),
        versions in prop::collection::vec("\\PC{0,8}", 0..4),
        version in prop_oneof!["[0-2](\\.[0-2]){0,3}(\\+[a1])?", "\\PC{0,8}"],
        number in 0_usize..3,
    ) {
        let ecosystem = Ecosystem::ALL[number];
        let versions: Vec<_> = versions.iter().map(String::as_str).collect();
        let entries = [entry(ecosystem, vec![range(0, events)], &versions)];
        if let Evaluation::Affected(found) = asking(ecosystem, &entries, Some(&version)) {
            // A fix is always an upgrade.
            for fix in found.fixed {
                prop_assert!(crate::version::compare(ecosystem, &version, &fix).unwrap().is_lt());
            }
        }
    }

    #[test]
    fn a_listed_version_is_affected_whether_its_range_or_its_list_says_so(
        events in prop::collection::vec(any_event(), 0..6),
        versions in prop::collection::vec("[0-2](\\.[0-2]){0,2}(-?[a1])?|\\PC{1,8}", 1..5),
        turn in any::<prop::sample::Index>(),
        number in 0_usize..3,
    ) {
        let ecosystem = Ecosystem::ALL[number];
        let texts: Vec<_> = versions.iter().map(String::as_str).collect();
        let entries = [entry(ecosystem, vec![range(0, events)], &texts)];
        let version = texts[turn.index(texts.len())];
        prop_assume!(version == version.trim() && !version.is_empty());
        affected(asking(ecosystem, &entries, Some(version)));
    }

    #[test]
    fn the_order_of_distinct_events_does_not_matter(
        cuts in prop::collection::btree_set(0_u8..20, 0..8), probe in 0_u8..20, turn in 0_usize..8,
    ) {
        let mut events: Vec<_> = cuts.iter().enumerate().map(|(i, cut)| {
            let version = format!("1.{cut}.0");
            if i % 2 == 0 { Event::Introduced(version) } else { Event::Fixed(version) }
        }).collect();
        let probe = format!("1.{probe}.0");
        let sorted = contains(Ecosystem::Npm, &probe, &events);
        let turn = turn % events.len().max(1);
        events.rotate_left(turn);
        prop_assert_eq!(contains(Ecosystem::Npm, &probe, &events), sorted);
    }
}

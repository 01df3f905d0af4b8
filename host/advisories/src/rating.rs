//! Base scores of CVSS vectors.

use cvss::{Cvss, v3};

/// The base score of a CVSS vector, v2.0 to v4.0; None for anything else, also for a vector that lacks a base metric.
pub(crate) fn score(vector: &str) -> Option<f64> {
    // NVD writes v2 vectors in parentheses.
    let vector = vector.trim().trim_start_matches('(').trim_end_matches(')');
    let cvss: Cvss = vector.parse().ok()?;
    // The crate takes a missing v3 metric for zero (it refuses one in v2 and v4): that would rate as harmless what
    // was only cut short.
    let whole = match &cvss {
        Cvss::CvssV30(vector) | Cvss::CvssV31(vector) => has_base_metrics(vector),
        Cvss::CvssV20(_) | Cvss::CvssV40(_) => true,
        // A version of CVSS that the crate learned later: its own checks are not known here.
        _ => false,
    };
    // The crate leaves binary dust such as 7.499999; scores have one digit (CVSS v3.1, section 7.1).
    whole.then(|| (cvss.score() * 10.0).round() / 10.0)
}

fn has_base_metrics(vector: &v3::Vector) -> bool {
    let exploitability = vector.av.is_some() && vector.ac.is_some() && vector.pr.is_some() && vector.ui.is_some();
    let impact = vector.s.is_some() && vector.c.is_some() && vector.i.is_some() && vector.a.is_some();
    exploitability && impact
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_vectors_get_their_published_scores() {
        for (vector, expected) in [
            // CVSS v2 guide, section 3.3: CVE-2002-0392, CVE-2003-0818, CVE-2003-0062.
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8),
            ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", 10.0),
            ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2),
            // CVSS v3.1 examples: CVE-2014-0160, CVE-2012-5568; log4shell; a v3.0 one.
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", 5.3),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
            ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
            // CVSS v4.0 examples.
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3),
        ] {
            assert_eq!(score(vector), Some(expected), "{vector}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_score() {
        for vector in
            ["", "MODERATE", "7.5", "CVSS:3.1/AV:N", "CVSS:3.1/", "CVSS:9.0/AV:N", "AV:N/AC:L", "CVSS:4.0/AV:N"]
        {
            assert_eq!(score(vector), None, "{vector}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", tail in "(/[A-Z]{1,3}:[A-Z]){0,20}") {
            let _ = score(&text);
            for version in ["CVSS:3.0", "CVSS:3.1", "CVSS:4.0"] {
                let _ = score(&format!("{version}{tail}"));
            }
        }

        #[test]
        fn every_v4_vector_has_a_score(
            metrics in "/AV:[NALP]/AC:[LH]/AT:[NP]/PR:[NLH]/UI:[NPA]/VC:[HLN]/VI:[HLN]/VA:[HLN]/SC:[HLN]/SI:[HLN]/SA:[HLN](/E:[XAPU])?(/CR:[XHML])?(/MSI:[XNLHS])?",
        ) {
            let value = score(&format!("CVSS:4.0{metrics}"));
            prop_assert!(value.is_some_and(|value| (0.0..=10.0).contains(&value)), "{metrics}: {value:?}");
        }
    }
}

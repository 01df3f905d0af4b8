//! Adapters: what a program writes is told in a report as what a plugin made up.

use crate::hostile::active::ACTIVE;
use crate::hostile::behaviours::Adapter;
use crate::hostile::bench::Bench;
use crate::running::{heard, run, succeeded};

#[test]
fn texts_of_a_program_reach_nobody_alive() {
    let bench = Bench::new(Adapter::Honest, "deadline = \"60s\"", "");
    bench.work.write("tree/active", ACTIVE);
    bench.edit("profiles.list = [\"list\", \"{input}\"]", "profiles.list = [\"read\", \"{input}/active\"]");
    let (report, ended) = run(&bench.work);
    if ended.code == 3 && ended.stderr.contains("not-confined") {
        return eprintln!("SKIPPED texts_of_a_program_reach_nobody_alive: this machine confines no programs");
    }
    succeeded(&report, "hostile");
    heard(&bench.work, &["json", "cyclonedx-json", "cyclonedx-xml", "spdx-json", "spdx-json-3", "html"]);
}

//! A policy that misbehaves as its configuration says.

use std::cell::Cell;
use std::hint::black_box;

use chiron_sdk::log::{self, Level};
use chiron_sdk::policy::{Decision, Evidence, Input, Policy, Reason, Verdict};
use chiron_sdk::{Description, Plugin, PluginError, config, progress};

#[path = "../../act.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod act;
#[path = "../../behaviours.rs"]
#[allow(dead_code, reason = "each kind uses its own")]
mod behaviours;

use behaviours::Policy as Behaviour;

struct Hostile(Behaviour);

#[derive(serde::Deserialize)]
struct Config {
    behaviour: String,
}

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

impl Plugin for Hostile {
    fn describe() -> Description {
        Description::new("hostile-policy", "0.1.0", "misbehaves").config_schema("{}")
    }

    fn configure(text: &str) -> Result<Self, PluginError> {
        let word = config::parse::<Config>(text)?.behaviour;
        let behaviour = Behaviour::from_word(&word).ok_or_else(|| config::bad("/behaviour", "no such behaviour"))?;
        match behaviour {
            Behaviour::SpinInConfigure => act::spin(),
            Behaviour::PanicInConfigure => panic!("configured to panic"),
            _ => Ok(Self(behaviour)),
        }
    }
}

impl Policy for Hostile {
    fn needs() -> Evidence {
        Evidence::COMPONENTS
    }

    fn evaluate(&self, _: Input) -> Result<Verdict, PluginError> {
        let verdict = Verdict::allow("nothing speaks against it");
        match self.0 {
            Behaviour::Honest => {}
            Behaviour::Spin | Behaviour::SpinInConfigure => act::spin(),
            Behaviour::SpinAroundLog => loop {
                let _ = log::enabled(Level::Trace);
            },
            Behaviour::Recurse => {
                black_box(recurse(black_box(0)));
            }
            Behaviour::GrowAtOnce => {
                black_box(vec![1_u8; 1 << 30]);
            }
            Behaviour::GrowStepwise => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
            Behaviour::LargeText => return Ok(Verdict::allow("x".repeat(12 << 20))),
            Behaviour::ManyReasons => {
                return Ok((0..200_000).fold(verdict, |verdict, _| verdict.reason(Reason::new("r", ""))));
            }
            Behaviour::FloodLog => {
                for line in 0..5_000 {
                    log::warn(&format!("line {line}"));
                }
            }
            Behaviour::LongLine => log::warn(&"\u{1}".repeat(900_000)),
            Behaviour::ForgeLines => log::warn(act::ACTIVE),
            Behaviour::Panic | Behaviour::PanicInConfigure => panic!("the policy's own words"),
            Behaviour::PanicEscapes => panic!("{}", act::ACTIVE),
            Behaviour::Escapes => {
                let mut verdict = Verdict::new(Decision::Deny, act::ACTIVE).reason(
                    Reason::new(act::ACTIVE, act::ACTIVE).remedy(act::ACTIVE).property(act::ACTIVE, act::ACTIVE),
                );
                verdict.properties.push((act::ACTIVE.to_owned(), act::ACTIVE.to_owned()));
                return Ok(verdict);
            }
            Behaviour::UnknownComponent => return Ok(verdict.reason(Reason::new("r", "m").component("nobody"))),
            Behaviour::LongTexts => {
                let long = "x".repeat(100_000);
                return Ok(Verdict::deny(long.clone()).reason(Reason::new(&long, long.clone()).remedy(long.clone())));
            }
            Behaviour::Remember => {
                let calls = CALLS.with(|calls| calls.replace(calls.get() + 1) + 1);
                return Ok(Verdict::allow(format!("call {calls}, at {:p}", Box::new(calls))));
            }
            Behaviour::AskCancelled => {
                act::work_until_cancelled();
                return Ok(Verdict::allow("stopped when asked to"));
            }
            Behaviour::IgnoreCancelled => {
                log::warn(act::BEGUN);
                progress::report(0, None, act::BEGUN);
                act::spin()
            }
            Behaviour::LieCancelled => return Err(PluginError::Cancelled),
            Behaviour::ErrorEscapes => return Err(PluginError::Unavailable(act::ACTIVE.to_owned())),
        }
        Ok(verdict)
    }
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn recurse(depth: u64) -> u64 {
    black_box(recurse(black_box(depth + 1))) + 1
}

chiron_sdk::export!(Hostile as policy);

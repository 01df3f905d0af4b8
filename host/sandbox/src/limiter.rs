//! What a guest may grow: memory, tables, parts. What was refused is remembered: for a guest, refused memory looks like a crash.

use wasmtime::ResourceLimiter;

use crate::error::CallError;
use crate::limits::Limits;

/// Refuses growth beyond the limits.
pub(crate) struct Limiter {
    memory_max: u64,
    table_max: u64,
    instances_max: u32,
    /// Bytes of all memories.
    pub(crate) memory: u64,
    /// Elements of all tables.
    table: u64,
    pub(crate) refused: Option<CallError>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory_max: limits.memory_bytes,
            table_max: limits.table_elements,
            instances_max: limits.instances,
            memory: 0,
            table: 0,
            refused: None,
        }
    }

    /// The guest went on after a refusal: a later trap has another reason. A growth that succeeds does not tell, since
    /// a guest that panics may need a little memory for its last words.
    pub(crate) fn survived(&mut self) {
        self.refused = None;
    }
}

/// What the host says to one memory or table that wants to grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growth {
    /// It may, and all of its kind are this large then.
    Granted { total: u64 },
    /// It declared a maximum, which it meets before any limit of the host's: nothing grows, nothing is charged, and no key
    /// would change that.
    BeyondItsOwn,
    /// All of its kind would be larger than the limit.
    Refused { wanted: u64 },
}

/// The runtime asks before it looks at the memory's own maximum, and does not take back what was granted: so it is looked at here.
/// What the system fails to give after it was granted stays charged: that errs on the safe side.
fn growth(total: u64, limit: u64, current: usize, desired: usize, maximum: Option<usize>) -> Growth {
    let others = total.saturating_sub(current as u64);
    // A memory with 64-bit addresses can ask for all there is.
    let with = |size: usize| others.saturating_add(size as u64);
    if maximum.is_some_and(|maximum| desired > maximum && with(maximum) <= limit) {
        return Growth::BeyondItsOwn;
    }
    let wanted = with(desired);
    if wanted > limit { Growth::Refused { wanted } } else { Growth::Granted { total: wanted } }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(match growth(self.memory, self.memory_max, current, desired, maximum) {
            Growth::Granted { total } => {
                self.memory = total;
                true
            }
            Growth::BeyondItsOwn => false,
            Growth::Refused { wanted } => {
                self.refused = Some(CallError::Memory { wanted, limit: self.memory_max });
                false
            }
        })
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(match growth(self.table, self.table_max, current, desired, maximum) {
            Growth::Granted { total } => {
                self.table = total;
                true
            }
            Growth::BeyondItsOwn => false,
            Growth::Refused { wanted } => {
                self.refused = Some(CallError::Table { wanted, limit: self.table_max });
                false
            }
        })
    }

    fn instances(&self) -> usize {
        self.instances_max as usize
    }

    fn tables(&self) -> usize {
        self.instances_max as usize
    }

    fn memories(&self) -> usize {
        self.instances_max as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_met_first_is_what_refuses() {
        let of = |current, desired, maximum| growth(300, 1000, current, desired, maximum);
        assert_eq!(of(100, 200, None), Growth::Granted { total: 400 });
        assert_eq!(of(100, 200, Some(200)), Growth::Granted { total: 400 });
        assert_eq!(of(100, 201, Some(200)), Growth::BeyondItsOwn);
        assert_eq!(of(100, 5000, Some(200)), Growth::BeyondItsOwn);
        assert_eq!(of(100, 801, Some(800)), Growth::BeyondItsOwn);
        assert_eq!(of(100, 801, Some(801)), Growth::Refused { wanted: 1001 });
        assert_eq!(of(100, 5000, Some(801)), Growth::Refused { wanted: 5200 });
        assert_eq!(of(100, 801, None), Growth::Refused { wanted: 1001 });
    }

    #[test]
    fn asking_for_all_there_is_is_refused_and_charges_nothing() {
        assert_eq!(growth(300, 1000, 100, usize::MAX, None), Growth::Refused { wanted: u64::MAX });
        assert_eq!(growth(300, 1000, 100, usize::MAX, Some(usize::MAX)), Growth::Refused { wanted: u64::MAX });
    }
}

//! How far the clocks of services are off.

use crate::model::{Event, Symbol, Time};
use rustc_hash::FxHashMap;

/// What is known of one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockOffset {
    /// The clock minus the common clock, in nanoseconds, at [`Clocks::middle`].
    pub offset: i64,
    /// How much that grows in time, in parts per million.
    pub drift: f64,
    /// Half the width of the interval that the evidence leaves, in nanoseconds.
    pub uncertainty: i64,
}

/// The clocks of a run. Empty where they agree, as far as can be told.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    /// By service and instance.
    pub offsets: FxHashMap<(Symbol, Symbol), ClockOffset>,
    /// The time to which the offsets belong.
    pub middle: Time,
}

impl Clocks {
    /// Whether all clocks agree.
    pub fn agree(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The offset of the clock of a service's instance.
    pub fn offset(&self, service: Symbol, instance: Symbol) -> Option<&ClockOffset> {
        self.offsets.get(&(service, instance))
    }

    /// The time of an event on the common clock.
    pub fn time(&self, event: &Event) -> Time {
        self.common(event.service, event.instance, event.time)
    }

    /// A time that a service's instance logged, on the common clock.
    pub fn common(&self, service: Symbol, instance: Symbol, time: Time) -> Time {
        match self.offset(service, instance) {
            None => time,
            Some(known) => {
                let since = time.0.saturating_sub(self.middle.0) as f64;
                let moved = time.0.saturating_sub(known.offset);
                Time(moved.saturating_sub((since * known.drift / 1e6) as i64))
            }
        }
    }
}

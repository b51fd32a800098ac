//! In which unit a service writes durations that name none.
//!
//! `"duration":0.0277` of zap and Caddy counts seconds, `"duration":27.7` of Rails milliseconds, `"Duration":27757123` of Go's
//! slog and Traefik nanoseconds. How large the numbers of a service mostly are, and whether they have fractions, tells.

use crate::model::{Batch, Detail, Event, OF_NO_UNIT as ONE, Symbol, TOO_LONG, flag};
use rustc_hash::FxHashMap;

/// Mostly less than this, with fractions: seconds.
const SECONDS_BELOW: u64 = ONE / 2;
/// Mostly as much as this, with fractions: milliseconds.
const MILLISECONDS_FROM: u64 = 2 * ONE;
/// Mostly as much as this, without fractions: nanoseconds.
const NANOSECONDS_FROM: u64 = 100_000 * ONE;

/// The numbers of a service.
#[derive(Clone, Debug)]
struct Numbers {
    /// By how many bits they take, how many there are.
    sizes: [u32; 65],
    any_fraction: bool,
}

impl Numbers {
    /// A number that half of them reach; without those that were rounded down to nothing.
    fn middle(&self) -> u64 {
        let all: u32 = self.sizes[1..].iter().sum();
        let mut below = 0;
        let reached = self.sizes[1..].iter().position(|count| {
            below += count;
            below * 2 > all
        });
        reached.map_or(0, |bits| 1 << bits)
    }

    /// What one of them counts, in nanoseconds.
    fn unit(&self) -> Option<u64> {
        match self.middle() {
            0 => None,
            middle if self.any_fraction && middle < SECONDS_BELOW => Some(1_000_000_000),
            middle if self.any_fraction && middle >= MILLISECONDS_FROM => Some(1_000_000),
            middle if !self.any_fraction && middle >= NANOSECONDS_FROM => Some(1),
            _ => None,
        }
    }
}

/// The numbers of a run, by service.
#[derive(Clone, Debug, Default)]
pub struct Durations(FxHashMap<Symbol, Numbers>);

impl Durations {
    /// Takes in what an event without a unit tells.
    pub fn see(&mut self, event: &Event, number: u64) {
        let new = Numbers { sizes: [0; 65], any_fraction: false };
        let numbers = self.0.entry(event.service).or_insert(new);
        numbers.sizes[(u64::BITS - number.leading_zeros()) as usize] += 1;
        numbers.any_fraction |= !number.is_multiple_of(ONE);
    }

    /// Adds those of another part of the run.
    pub fn merge(&mut self, other: Durations) {
        for (service, other) in other.0 {
            match self.0.get_mut(&service) {
                Some(numbers) => {
                    numbers.sizes.iter_mut().zip(other.sizes).for_each(|(count, more)| *count += more);
                    numbers.any_fraction |= other.any_fraction;
                }
                None => {
                    self.0.insert(service, other);
                }
            }
        }
    }

    /// Gives a duration without a unit the one of its service, or takes it away.
    pub fn complete(&self, batch: &mut Batch, at: usize) {
        let event = &mut batch.events[at];
        if !event.is(flag::NO_UNIT) {
            return;
        }
        event.flags &= !flag::NO_UNIT;
        let unit = self.0.get(&event.service).and_then(Numbers::unit);
        let nanos = |number: u64| {
            let nanos = u128::from(number) * u128::from(unit?) / u128::from(ONE);
            u64::try_from(nanos).ok().filter(|nanos| *nanos < TOO_LONG)
        };
        let start = event.details_start as usize;
        let details = &mut batch.details[start..start + usize::from(event.details_len)];
        let told = details.iter().enumerate().find_map(|(place, detail)| match *detail {
            Detail::Duration(number) => Some((place, nanos(number))),
            _ => None,
        });
        match told {
            Some((place, Some(nanos))) => details[place] = Detail::Duration(nanos),
            Some((place, None)) => {
                details[place..].rotate_left(1);
                event.details_len -= 1;
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Place, Prefix, Shape};

    /// What becomes of the last of some numbers of a service: nanoseconds.
    fn last(numbers: &[f64]) -> Option<u64> {
        let mut durations = Durations::default();
        let mut batch = Batch::default();
        for number in numbers {
            let mut event = Event::at(Place::default());
            let number = (number * ONE as f64).round() as u64;
            (event.flags, event.details_start) = (flag::NO_UNIT, batch.details.len() as u32);
            event.details_len = 2;
            durations.see(&event, number);
            batch.details.push(Detail::Duration(number));
            let (name, value) = (Symbol(1), Symbol(2));
            batch.details.push(Detail::Key { name, value, shape: Shape::Mixed, prefix: Prefix::default() });
            batch.events.push(event);
        }
        let at = numbers.len() - 1;
        durations.complete(&mut batch, at);
        let event = &batch.events[at];
        let details = batch.details(event);
        assert!(matches!(details[details.len() - 1], Detail::Key { .. }) && !event.is(flag::NO_UNIT));
        details.iter().find_map(|detail| match detail {
            Detail::Duration(nanos) => Some(*nanos),
            _ => None,
        })
    }

    #[test]
    fn the_size_of_the_numbers_of_a_service_tells_their_unit() {
        assert_eq!(last(&[0.0277, 0.1, 0.004, 2.5]), Some(2_500_000_000));
        assert_eq!(last(&[27.75, 3.25, 110.0]), Some(110_000_000));
        assert_eq!(last(&[27_757_123.0, 3_000_100.0, 1_000.0]), Some(1_000));
        // months, minutes, pieces
        assert_eq!(last(&[3.0, 12.0, 30.0]), None);
        assert_eq!(last(&[0.0, 0.0]), None);
        // nginx writes thousandths of a second
        assert_eq!(last(&[0.0, 0.0, 0.0, 0.002, 0.001]), Some(1_000_000));
        assert_eq!(last(&[0.8, 1.2, 0.9]), None);
        // a century
        assert_eq!(last(&[0.0277, 0.1, 3.2e9]), None);
    }
}

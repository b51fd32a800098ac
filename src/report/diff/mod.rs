//! Two runs against each other, in the formats that are not for terminals.

pub mod json;
pub mod markdown;

use crate::analyze::compare::{Change, Difference};
use crate::gather::Store;
use crate::model::Coverage;
use crate::model::units::duration;
use crate::report::units::counted;

/// A run that is compared.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// What it is called: the path that was given.
    pub name: &'r str,
    /// Transactions.
    pub transactions: usize,
    /// What was read.
    pub coverage: &'r Coverage,
}

/// What is told of a comparison.
#[derive(Debug)]
pub struct Compared<'c> {
    /// Names, of both runs.
    pub stores: [&'c Store; 2],
    /// The run before and the run after.
    pub runs: [Run<'c>; 2],
    /// The differences, those that are worse first.
    pub differences: &'c [Difference],
}

impl Compared<'_> {
    /// How many differences are worse.
    pub fn worse(&self) -> usize {
        self.differences.iter().filter(|difference| difference.is_worse()).count()
    }

    /// The service of a difference.
    pub fn service(&self, difference: &Difference) -> &str {
        let texts = self.stores.iter().map(|store| store.symbols.text(difference.service));
        texts.max_by_key(|text| text.len()).unwrap_or_default()
    }
}

/// A share in percent, with a digit where it is small.
fn share(share: f64) -> String {
    let percent = share * 100.0;
    if share > 0.0 && percent < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// What changed, in words.
pub fn words(difference: &Difference) -> String {
    let time = |nanos: u64| duration(nanos.try_into().unwrap_or(i64::MAX));
    let (before, after) = difference.counts;
    match difference.change {
        Change::New => format!("new, {}", counted(after, "time")),
        Change::Gone => format!("gone, {} before", counted(before, "time")),
        Change::Share(before, after) => {
            format!("in {} of the transactions, {} before", share(after), share(before))
        }
        Change::Failures(before, after) => format!("{} fail, {} before", share(after), share(before)),
        Change::ContextLost(before, after) => {
            format!("the trace ends at {}, {} before", share(after), share(before))
        }
        Change::Duration(before, after) => {
            let times = after as f64 / before.max(1) as f64;
            format!("takes {}, {} before ({times:.2} times)", time(after), time(before))
        }
    }
}

/// The chance of a difference, in words; empty where there is no doubt.
pub fn odds(difference: &Difference) -> String {
    match difference.chance {
        None => String::new(),
        Some(chance) if chance < 0.0001 => "by chance: <0.01%".to_owned(),
        Some(chance) => format!("by chance: {:.2}%", chance * 100.0),
    }
}

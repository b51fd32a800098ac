//! What is known of a run as a whole before any transaction is looked at: what its templates tell, and its services' times.

use super::kinds;
use crate::gather::Store;
use crate::model::{Level, Sample, Symbol};
use crate::weave::words::{Act, words};
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known of a run as a whole.
#[derive(Debug)]
pub struct Frame {
    /// What the templates tell.
    pub(super) acts: FxHashMap<Symbol, Act>,
    /// What the templates name.
    pub(super) names: FxHashMap<Symbol, Box<[Symbol]>>,
    /// The templates that say that something was there before.
    pub(super) again: FxHashSet<Symbol>,
    /// The templates that name a level in capitals.
    pub(super) loud: FxHashMap<Symbol, Level>,
    /// The templates that are one kind of step with another one.
    pub(super) merged: FxHashMap<Symbol, Symbol>,
    /// How many records of the run have the wording of each template.
    pub(super) records: FxHashMap<Symbol, u64>,
    /// When the first and last record of each service was logged.
    pub(super) windows: FxHashMap<Symbol, (i64, i64)>,
    /// When the first and last record of all was logged.
    pub(super) window: (i64, i64),
    /// How fine the times of each service are, in nanoseconds.
    pub(super) grains: FxHashMap<Symbol, i64>,
    /// How far the corrected clocks of each service may still be off, in nanoseconds.
    pub(super) blurs: FxHashMap<Symbol, i64>,
}

/// Whether a template says that a message was there before, as those who handle it and brokers' libraries word it.
fn says_again(template: &str) -> bool {
    const WORDS: [&str; 12] = [
        "seen before",
        "already seen",
        "already processed",
        "already handled",
        "already consumed",
        "processed before",
        "handled before",
        "redelivered",
        "duplicate message",
        "duplicate event",
        "duplicate delivery",
        "ignoring duplicate",
    ];
    // "will be redelivered": it has not happened yet
    const LATER: [&str; 3] = ["be ", "gets ", "get "];
    let lower = template.to_ascii_lowercase();
    let said = |word: &&str| {
        lower.find(*word).is_some_and(|at| !LATER.iter().any(|later| lower[..at].ends_with(later)))
    };
    WORDS.iter().any(said)
}

/// What a template says without the mark at its end that something is there again, if it has one: consumers put it behind what
/// they say of each message.
fn marked_again(template: &str) -> Option<&str> {
    let marked = template.trim_end_matches([')', ']', '.', '!']);
    let plain = ["again", "redelivery"].iter().find_map(|mark| marked.strip_suffix(mark))?;
    Some(plain.trim_end_matches(['(', '[', ',', ' ']))
}

/// The level that a template names in capitals among other words: where a layout has no place for one, messages say it.
fn named_level(template: &str) -> Option<Level> {
    let mut words = template.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.find_map(|word| match word {
        "FATAL" | "PANIC" => Some(Level::Fatal),
        "ERROR" => Some(Level::Error),
        "WARN" | "WARNING" => Some(Level::Warn),
        _ => None,
    })
}

/// The level that a template begins with in small letters: syslog's headers have no place for one, so messages say it first.
fn leading_level(template: &str) -> Option<Level> {
    let (word, rest) = template.split_once(' ')?;
    let level = match word {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" | "warning" => Level::Warn,
        "err" | "error" => Level::Error,
        "crit" | "critical" | "fatal" => Level::Fatal,
        _ => return None,
    };
    rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '[').then_some(level)
}

impl Frame {
    /// Looks over a run.
    pub fn of(store: &Store) -> Frame {
        let mut run = Frame {
            acts: FxHashMap::default(),
            names: FxHashMap::default(),
            again: FxHashSet::default(),
            loud: FxHashMap::default(),
            merged: kinds::merged(store),
            records: FxHashMap::default(),
            windows: FxHashMap::default(),
            window: (i64::MAX, i64::MIN),
            grains: FxHashMap::default(),
            blurs: FxHashMap::default(),
        };
        // that some begin with a level at which nothing is wrong tells that the word is one
        let texts = || store.census.templates.keys().map(|template| store.symbols.text(*template));
        let levels: FxHashSet<Level> = texts().filter_map(leading_level).collect();
        let leading = levels.len() > 1 && levels.iter().any(|level| *level < Level::Warn);
        let all: FxHashSet<&str> = texts().collect();
        let known = |plain: &str| all.contains(plain);
        for &template in store.census.templates.keys() {
            let text = store.symbols.text(template);
            let told = words(text);
            run.acts.insert(template, told.act);
            if says_again(text) || marked_again(text).is_some_and(known) {
                run.again.insert(template);
            }
            let level = leading.then(|| leading_level(text)).flatten().or_else(|| named_level(text));
            run.loud.extend(level.map(|level| (template, level)));
            if !told.names.is_empty() {
                run.names.insert(template, told.names.into());
            }
        }
        for (template, records) in &store.census.templates {
            *run.records.entry(run.wording(*template)).or_default() += records;
        }
        for (service, window) in store.census.of_services(&store.clocks) {
            run.windows.insert(service, (window.low.0, window.high.0));
            run.grains.insert(service, window.grain);
        }
        for ((service, _), clock) in &store.clocks.offsets {
            let blur = run.blurs.entry(*service).or_default();
            *blur = (*blur).max(clock.uncertainty);
        }
        for window in run.windows.values() {
            run.window = (run.window.0.min(window.0), run.window.1.max(window.1));
        }
        run
    }

    /// The template that stands for all those of one kind of step.
    pub(super) fn wording(&self, template: Symbol) -> Symbol {
        self.merged.get(&template).copied().unwrap_or(template)
    }

    /// Whether two records are about the same topic or kind of event.
    pub fn share_a_name(&self, one: &Sample, other: &Sample) -> bool {
        let names = |of: &Sample| self.names.get(&of.template).map_or(&[][..], |names| names);
        !one.topic.is_none() && one.topic == other.topic
            || names(one).iter().any(|name| names(other).contains(name))
    }

    /// What a record's template tells.
    pub fn act(&self, record: &Sample) -> Act {
        self.acts.get(&record.template).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::says_again;

    #[test]
    fn what_will_come_again_has_not_done_so() {
        assert!(says_again("message <*> was handled before, skipped") && says_again("redelivered: true"));
        assert!(!says_again("not executed; will be redelivered") && !says_again("order received"));
    }
}

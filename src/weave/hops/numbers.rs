//! What speaks for a record beginning a hop, and for its going on with one, as numbers around 1.

use super::super::handed::Handed;
use super::super::roles::{ASKS, AT_END, TAKES_IN, TOLD};
use super::super::words::Act;
use super::lines::{Line, Names};
use super::sequences::{Sequences, Share, scaled};
use super::weights::{BEGIN, ON};
use crate::model::{Level, Symbol, Time};
use rustc_hash::FxHashMap;

/// Numbers of a record that would begin a hop.
pub type Begin = [f32; BEGIN];
/// Numbers of a record that would go on with one.
pub type On = [f32; ON];

/// A hop on its way.
#[derive(Debug)]
pub(super) struct Hop {
    /// Indices of its records.
    pub lines: Vec<usize>,
    pub values: Vec<Symbol>,
    names: Names,
    thread: Symbol,
    /// Of its first record.
    pub first: Symbol,
    start: Time,
    topic: Symbol,
    route: Symbol,
    /// The kinds of its records.
    whats: Vec<Symbol>,
}

/// More values and kinds of a hop than this are not looked at: it is no step of a transaction but a dump.
const MAX_HELD: usize = 256;

impl Hop {
    pub fn begun(line: &Line) -> Hop {
        Hop {
            lines: Vec::new(),
            values: Vec::new(),
            names: Names::default(),
            thread: line.thread,
            first: line.what,
            start: line.time,
            topic: line.topic,
            route: line.route,
            whats: Vec::new(),
        }
    }

    pub fn add(&mut self, at: usize, line: &Line) {
        self.lines.push(at);
        for value in &line.values {
            if self.values.len() < MAX_HELD && !self.values.contains(value) {
                self.values.push(*value);
            }
        }
        self.names.merge(&line.names);
        if self.topic.is_none() {
            self.topic = line.topic;
        }
        if self.route.is_none() {
            self.route = line.route;
        }
        if self.whats.len() < MAX_HELD && !self.whats.contains(&line.what) {
            self.whats.push(line.what);
        }
    }

    /// Its record that came last.
    pub fn last<'l>(&self, lines: &'l [Line]) -> &'l Line {
        &lines[self.lines[self.lines.len() - 1]]
    }
}

/// Values of a place, each with whether all its records that hold it tell of sending.
pub(super) type Sent = FxHashMap<Symbol, bool>;

/// A record that is to begin a hop or to go on with one.
pub(super) struct Moment<'m> {
    pub lines: &'m [Line],
    pub line: &'m Line,
    /// The hops of its place that may go on; the one that logged last is the last.
    pub open: &'m [&'m Hop],
    sequences: &'m Sequences,
    held: &'m Handed,
    sent: &'m Sent,
    /// For each of its values a bit for each open hop that holds it.
    holders: Vec<u64>,
    /// For each open hop, see [`compared`].
    compared: Vec<(f32, f32)>,
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// Numbers that are put down one after the other.
struct Row<const N: usize> {
    numbers: [f32; N],
    at: usize,
}

impl<const N: usize> Row<N> {
    fn new() -> Row<N> {
        Row { numbers: [0.0; N], at: 0 }
    }

    fn add(&mut self, number: f32) {
        self.numbers[self.at] = number;
        self.at += 1;
    }

    fn flags(&mut self, flags: &[bool]) {
        flags.iter().for_each(|is| self.add(flag(*is)));
    }

    /// All of them are put down.
    fn full(self) -> [f32; N] {
        debug_assert_eq!(self.at, N);
        self.numbers
    }

    /// A share, and how sure it is.
    fn share(&mut self, share: Share, usual: f32) {
        self.add(share.of(usual));
        self.add(share.all.min(8) as f32 / 8.0);
    }
}

/// A gap in decades of microseconds, around 0.
fn decades(gap: i64) -> f32 {
    (scaled(gap) as f32 / 16.0) / 10.0 - 1.0
}

/// What the values of a record and of a hop tell of one another: whether names that usually stay the same differ, and whether
/// names that usually do not stay the same are equal.
fn compared(sequences: &Sequences, line: &Line, hop: &Hop) -> (f32, f32) {
    let (mut conflict, mut agreement) = (0.0f32, 0.0f32);
    for (name, equal) in hop.names.compared(&line.names) {
        let same = sequences.is_same(line.service, name);
        if equal {
            agreement = agreement.max(1.0 - same);
        } else {
            conflict = conflict.max(same);
        }
    }
    (conflict, agreement)
}

/// What the words of a record tell, around 1.
fn told(line: &Line, part: usize) -> f32 {
    line.told[part].clamp(-4.0, 4.0) / 4.0
}

/// Whether a record says that something is over.
fn ended(line: &Line) -> bool {
    line.act == Act::End || line.closes || line.answer
}

/// Whether a record says that another service is asked.
fn asks(line: &Line) -> bool {
    line.act == Act::Call || line.told[ASKS] > 1.0
}

impl<'m> Moment<'m> {
    /// Of a record; `open`: at most 64 hops.
    pub fn new(
        (lines, line): (&'m [Line], &'m Line),
        open: &'m [&'m Hop],
        (sequences, held, sent): (&'m Sequences, &'m Handed, &'m Sent),
    ) -> Moment<'m> {
        let holds = |value: &Symbol| {
            open.iter().rev().fold(0, |bits, hop| bits << 1 | u64::from(hop.values.contains(value)))
        };
        Moment {
            lines,
            line,
            open,
            sequences,
            held,
            sent,
            holders: line.values.iter().map(holds).collect(),
            compared: open.iter().map(|hop| compared(sequences, line, hop)).collect(),
        }
    }

    /// What speaks for beginning a hop, where others are open.
    pub fn begin(&self) -> Begin {
        let Moment { line, open, sequences, .. } = *self;
        let mut row = Row::<BEGIN>::new();
        let act = |act| line.act == act;
        row.flags(&[true, act(Act::Receive), act(Act::Send), act(Act::Call), act(Act::Answer)]);
        row.flags(&[act(Act::Start), act(Act::End), act(Act::Other)]);
        (0..TOLD).for_each(|part| row.add(told(line, part)));
        let is_debug = matches!(line.level, Some(Level::Trace | Level::Debug));
        row.flags(&[line.closes, line.answer, is_debug, line.level >= Some(Level::Warn)]);
        row.flags(&[!line.topic.is_none(), !line.route.is_none(), line.sender.is_some()]);
        row.flags(&[line.duration.is_some(), line.values.is_empty(), !line.thread.is_none()]);
        // how its kind usually stands
        row.share(sequences.first(line), 0.2);
        row.share(sequences.comes_in(line), 0.3);
        row.share(sequences.began(line), 0.3);
        row.add((sequences.times(line) - 1.0).clamp(0.0, 4.0) / 4.0);
        self.of_values(&mut row);
        // what happened since the place logged last
        let latest = open[open.len() - 1];
        let last = latest.last(self.lines);
        let gap = line.time.0.saturating_sub(last.time.0);
        let (usual, others) = sequences.usual_gaps(last.what, line);
        row.add(decades(gap));
        row.add((usual.unwrap_or(others) as f32 - others as f32) / 64.0);
        row.add((scaled(gap) as f32 - usual.unwrap_or(others) as f32).clamp(-128.0, 128.0) / 64.0);
        let between = line.others.saturating_sub(last.others);
        row.add(flag(between > 0));
        row.add((between as f32 + 1.0).ln().min(4.0) / 4.0);
        row.flags(&[
            matches!(line.cue, Some(Act::Send)),
            matches!(line.cue, Some(Act::Call)),
            line.cue.is_some() && line.cue_shares,
        ]);
        // how the hops stand
        row.add((open.len() as f32).ln() / 3.0);
        row.flags(&[
            latest.whats.contains(&line.what),
            open.iter().any(|hop| hop.whats.contains(&line.what)),
        ]);
        let known = !line.thread.is_none();
        let same = known && open.iter().any(|hop| hop.thread == line.thread);
        row.flags(&[same, known && !same, ended(last), last.answer]);
        row.add(told(last, AT_END));
        row.add(sequences.last(line.service, last.what));
        row.share(sequences.went_on(last.what, line), 0.7);
        row.add(sequences.has(latest.first, line).of(0.3));
        row.flags(&[self.tells_another(last), asks(last), last.act == Act::Send, last.act.begins()]);
        row.full()
    }

    /// What its values tell of a record that would begin a hop.
    fn of_values(&self, row: &mut Row<BEGIN>) {
        let Moment { line, held, .. } = *self;
        let (mut later, mut first, mut handed) = (false, false, false);
        for value in &line.messages {
            match held.handed_over(*value, line.service, line.id) {
                Some(true) => later = true,
                Some(false) => first = true,
                None => {}
            }
            handed |= self.was_sent(*value);
        }
        row.flags(&[later, first, !line.messages.is_empty(), handed]);
        let count = self.holders.iter().filter(|holders| **holders != 0).count();
        row.flags(&[count > 0, count > 0 && count == line.values.len()]);
        let conflicts = || self.compared.iter().map(|(conflict, _)| *conflict);
        row.add(conflicts().fold(1.0, f32::min));
        row.add(conflicts().next_back().unwrap_or(0.0));
    }

    /// Whether a value was held by nothing in the place but records that tell of sending.
    fn was_sent(&self, value: Symbol) -> bool {
        self.sent.get(&value).copied().unwrap_or(false)
    }

    /// Whether it tells of a whole request, as the one before it did of another one.
    fn tells_another(&self, last: &Line) -> bool {
        let line = self.line;
        let sent = line.sender.is_some() && last.sender.is_some() && line.sender != last.sender;
        line.answer && !matches!(line.act, Act::Call | Act::Send) && (last.what == line.what || sent)
    }

    /// What speaks for going on with one of the open hops.
    pub fn on(&self, at: usize) -> On {
        let Moment { line, open, sequences, .. } = *self;
        let hop = open[at];
        let last = hop.last(self.lines);
        let mut row = Row::<ON>::new();
        let gap = line.time.0.saturating_sub(last.time.0);
        let (usual, others) = sequences.usual_gaps(last.what, line);
        row.add(1.0);
        row.add(sequences.follows(last.what, line) / 4.0);
        row.flags(&[usual.is_some()]);
        row.add(decades(gap));
        row.add((scaled(gap) as f32 - usual.unwrap_or(others) as f32).clamp(-128.0, 128.0) / 64.0);
        let known = !line.thread.is_none() && !hop.thread.is_none();
        row.flags(&[known && line.thread == hop.thread, known && line.thread != hop.thread]);
        self.of_shared(at, &mut row);
        // where the hop stands
        row.add(((open.len() - at) as f32).ln() / 3.0);
        row.flags(&[at + 1 == open.len(), hop.whats.contains(&line.what), ended(last), last.answer]);
        row.add(told(last, AT_END));
        row.add(sequences.last(line.service, last.what));
        row.add((hop.lines.len() as f32).ln() / 3.0);
        // how the two stand to each other
        let asked = asks(last);
        row.flags(&[asked && line.act == Act::Answer, last.act.begins() && ended(line)]);
        row.flags(&[ended(last) && line.act.begins(), last.act == Act::Send, asked]);
        let between = line.others.saturating_sub(last.others);
        row.add(flag(between > 0));
        row.add((between as f32 + 1.0).ln().min(4.0) / 4.0);
        let both = |one: Symbol, other: Symbol| !one.is_none() && !other.is_none();
        row.flags(&[both(line.topic, hop.topic) && line.topic != hop.topic]);
        row.flags(&[both(line.route, hop.route) && line.route != hop.route]);
        row.flags(&[
            both(line.route, hop.route) && line.route == hop.route,
            both(line.topic, hop.topic) && line.topic == hop.topic,
        ]);
        self.of_duration(hop, &mut row);
        row.share(sequences.went_on(last.what, line), 0.7);
        row.share(sequences.has(hop.first, line), 0.3);
        row.add(sequences.began(line).of(0.3));
        row.flags(&[line.act == Act::Receive, line.act == Act::Start, line.act == Act::End]);
        row.add(told(line, TAKES_IN));
        row.add(told(line, AT_END));
        row.full()
    }

    /// What the values of a record and of a hop have in common.
    fn of_shared(&self, at: usize, row: &mut Row<ON>) {
        let Moment { line, open, .. } = *self;
        let shared = line.values.iter().zip(&self.holders).filter(|(_, holders)| **holders >> at & 1 == 1);
        let message = shared.clone().any(|(value, _)| line.messages.contains(value));
        // what not all hops hold tells them apart, the better the fewer hold it
        let telling = shared.clone().map(|(_, holders)| {
            let holders = holders.count_ones() as usize;
            if holders < open.len() { 1.0 / holders as f32 } else { 0.0 }
        });
        let telling = telling.fold(0.0, f32::max);
        let count = shared.count();
        let (conflict, agreement) = self.compared[at];
        row.flags(&[message]);
        row.add(telling);
        row.add(count as f32 / line.values.len().max(1) as f32);
        row.flags(&[count < line.values.len()]);
        row.add(conflict);
        row.add(agreement);
        row.flags(&[message && line.messages.iter().all(|value| self.was_sent(*value))]);
    }

    /// Whether the time that a record says something took is the age of the hop, shorter, or longer.
    fn of_duration(&self, hop: &Hop, row: &mut Row<ON>) {
        let age = self.line.time.0.saturating_sub(hop.start.0);
        let Some(took) = self.line.duration else {
            row.flags(&[false, false]);
            return;
        };
        let slack = 3_000_000 + age.max(took) / 20;
        row.flags(&[(took - age).abs() <= slack, took > age + slack]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::line;
    use super::*;

    /// What speaks for a record going on with each of some hops, given by their records.
    fn on(lines: &[Line], hops: &[&[usize]]) -> Vec<On> {
        let (sequences, held, sent) = (Sequences::default(), Handed::default(), Sent::default());
        let hops: Vec<Hop> = hops
            .iter()
            .map(|records| {
                let mut hop = Hop::begun(&lines[records[0]]);
                records.iter().for_each(|at| hop.add(*at, &lines[*at]));
                hop
            })
            .collect();
        let open: Vec<&Hop> = hops.iter().collect();
        let moment = Moment::new((lines, lines.last().unwrap()), &open, (&sequences, &held, &sent));
        moment.begin();
        (0..open.len()).map(|at| moment.on(at)).collect()
    }

    #[test]
    fn a_hop_that_differs_in_a_value_of_one_name_is_told_from_one_that_has_it() {
        let lines = [line(0, &[(1, 10)]), line(1, &[(1, 11)]), line(2, &[(1, 10)])];
        let on = on(&lines, &[&[0], &[1]]);
        let differ: Vec<usize> = (0..ON).filter(|number| on[0][*number] != on[1][*number]).collect();
        assert!(!differ.is_empty());
        let shared = on[0].iter().zip(&on[1]).filter(|(one, other)| one > other).count();
        assert!(shared >= 3, "{on:?}");
    }

    #[test]
    fn what_took_as_long_as_a_hop_is_old_tells_of_it() {
        let mut lines = [line(0, &[]), line(50, &[]), line(100, &[])];
        lines[2].duration = Some(100_000_000);
        let of_all = on(&lines, &[&[0], &[1]]);
        lines[2].duration = None;
        let of_none = on(&lines, &[&[0], &[1]]);
        let added = |hop: usize| (0..ON).filter(|at| of_all[hop][*at] != of_none[hop][*at]).count();
        assert_eq!((added(0), added(1)), (1, 1));
        let at = |hop: usize| (0..ON).find(|at| of_all[hop][*at] != of_none[hop][*at]);
        assert_ne!(at(0), at(1), "one fits, the other is too young");
    }
}

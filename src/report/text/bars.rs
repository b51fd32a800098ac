//! Bars, sparklines, and the common scale of a transaction.

use super::Style;
use super::paint::Paint;
use super::row::{Row, width};
use crate::report::units;

/// A bar of a share (0 to 1) of `cells` columns; what is more than nothing is seen.
pub(super) fn share_bar(share: f64, cells: usize, style: &Style) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    if share <= 0.0 {
        return String::new();
    }
    if !style.unicode {
        return "#".repeat(((share * cells as f64).round() as usize).max(1));
    }
    let halves = ((share * cells as f64 * 2.0).round() as usize).max(1);
    "━".repeat(halves / 2) + if halves % 2 == 1 { "╸" } else { "" }
}

/// One column a count, as high as its share of the greatest.
pub(super) fn sparkline(counts: &[u64], style: &Style) -> String {
    const UNICODE: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const ASCII: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '%', '#'];
    let glyphs = if style.unicode { UNICODE } else { ASCII };
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|&count| {
            let height = (count as f64 / most as f64 * 8.0).round() as usize;
            glyphs[if count > 0 { height.max(1) } else { 0 }]
        })
        .collect()
}

/// How counts fall into equal parts of a range; `position` is where each stands, from 0 to 1.
pub(super) fn histogram(positions: impl Iterator<Item = f64>, parts: usize) -> Vec<u64> {
    let mut counts = vec![0; parts.max(1)];
    for position in positions {
        let at = (position.clamp(0.0, 1.0) * counts.len() as f64) as usize;
        let last = counts.len() - 1;
        counts[at.min(last)] += 1;
    }
    counts
}

/// What a part of a time bar shows; of two in one place the greater one is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Mark {
    /// Nothing.
    Empty,
    /// A span that was never logged.
    Missing,
    /// Waiting in a queue.
    Wait,
    /// Work.
    Work,
    /// Work that the transaction waited for.
    Critical,
}

/// The scale that all time bars of a transaction share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The first time, in nanoseconds since the epoch.
    pub(super) low: i64,
    /// The last time.
    pub(super) high: i64,
    /// Columns.
    pub(super) cells: usize,
}

/// Blank columns between a tick's label and the next tick.
const TICK_GAP: usize = 3;

impl Scale {
    fn length(&self) -> u64 {
        self.high.saturating_sub(self.low).max(1) as u64
    }

    /// Draws ticks with their labels: time since the start.
    pub(super) fn ticks(&self, style: &Style, row: &mut Row) {
        let start = row.at();
        let label = |time| super::ascii_units(units::round_duration(time), style);
        let column = |time: u64| (time as f64 / self.length() as f64 * self.cells as f64) as usize;
        let fits = |step: u64| {
            let widest = [1, 2, 3].map(|times| width(&label(step.saturating_mul(times)))).into_iter().max();
            column(step) > widest.unwrap_or(0) + TICK_GAP
        };
        let Some(step) = steps().find(|&step| fits(step)) else { return };
        let mut time = 0;
        while time <= self.length() {
            let text = label(time);
            if column(time) + 1 + width(&text) > self.cells {
                return;
            }
            row.to(start + column(time)).glyph(Paint::Faint, "╷", "|").put(Paint::Faint, &text);
            time = time.saturating_add(step);
        }
    }

    /// The half columns from one time to another: the first and one past the last, at least one.
    fn halves(&self, from: i64, to: i64) -> (usize, usize) {
        let most = self.cells * 2;
        let place = |time: i64| {
            let since = time.saturating_sub(self.low).max(0) as f64;
            (since / self.length() as f64 * most as f64).min(most as f64)
        };
        let first = (place(from) as usize).min(most.saturating_sub(1));
        (first, (place(to).round() as usize).clamp(first + 1, most))
    }
}

/// A time bar: what is drawn in each half column.
#[derive(Debug)]
pub(super) struct TimeBar {
    halves: Vec<Mark>,
}

impl TimeBar {
    /// An empty bar.
    pub(super) fn new(scale: &Scale) -> TimeBar {
        TimeBar { halves: vec![Mark::Empty; scale.cells * 2] }
    }

    /// Marks the time between two points; at least half a column.
    pub(super) fn mark(&mut self, scale: &Scale, from: i64, to: i64, mark: Mark) {
        if self.halves.is_empty() {
            return;
        }
        let (first, end) = scale.halves(from, to);
        for half in &mut self.halves[first..end] {
            *half = mark.max(*half);
        }
    }

    /// Draws the bar; waiting is fainter than work.
    pub(super) fn draw(&self, paint: Paint, style: &Style, row: &mut Row) {
        let mut run = String::new();
        let mut run_paint = Paint::Plain;
        for pair in self.halves.chunks(2) {
            let (left, right) = (pair[0], pair[1]);
            let glyph = if style.unicode { unicode(left, right) } else { ascii(left.max(right)) };
            let faint = left.max(right) < Mark::Work;
            let next = if faint && paint != Paint::Error { Paint::Faint } else { paint };
            if next != run_paint || glyph == ' ' {
                row.put(run_paint, &run);
                run.clear();
                run_paint = next;
            }
            if glyph == ' ' {
                row.gap(1);
            } else {
                run.push(glyph);
            }
        }
        row.put(run_paint, &run);
    }
}

fn unicode(left: Mark, right: Mark) -> char {
    use Mark::{Critical, Empty, Missing, Wait, Work};
    match (left, right) {
        (Empty, Empty) => ' ',
        (Critical, Empty | Missing | Wait) => '▖',
        (Empty | Missing | Wait, Critical) => '▗',
        (Critical, _) | (_, Critical) => '▄',
        (Work, Work) => '━',
        (Work, Empty | Missing) => '╸',
        (Empty | Missing, Work) => '╺',
        (Wait, Work) => '╼',
        (Work, Wait) => '╾',
        (Wait, Wait) => '─',
        (Wait, Empty | Missing) => '╴',
        (Empty | Missing, Wait) => '╶',
        (Missing, _) | (_, Missing) => '╌',
    }
}

fn ascii(mark: Mark) -> char {
    match mark {
        Mark::Empty => ' ',
        Mark::Missing => '.',
        Mark::Wait => '-',
        Mark::Work => '=',
        Mark::Critical => '#',
    }
}

/// The usual steps of rulers and clocks, in nanoseconds, shortest first.
fn steps() -> impl Iterator<Item = u64> {
    const SECOND: u64 = 1_000_000_000;
    const LONG: [u64; 20] = [
        10,
        20,
        30,
        60,
        120,
        300,
        600,
        1_200,
        1_800,
        3_600,
        7_200,
        10_800,
        21_600,
        43_200,
        86_400,
        172_800,
        604_800,
        2_592_000,
        31_536_000,
        315_360_000,
    ];
    let short = (0..10).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)));
    short.chain(LONG.map(|seconds| seconds * SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: Style = Style { color: false, unicode: true, width: 120, terminal: true };
    const ASCII: Style = Style { unicode: false, ..UNICODE };

    fn text(row: &mut Row) -> String {
        let mut out = Vec::new();
        row.write(&mut out).expect("memory");
        String::from_utf8_lossy(&out).trim_end().to_owned()
    }

    #[track_caller]
    fn drawn(marks: &[(i64, i64, Mark)], unicode: &str, ascii: &str) {
        let scale = Scale { low: 0, high: 1000, cells: 10 };
        let mut bar = TimeBar::new(&scale);
        for &(from, to, mark) in marks {
            bar.mark(&scale, from, to, mark);
        }
        for (style, expected) in [(UNICODE, unicode), (ASCII, ascii)] {
            let mut row = Row::new(&style);
            bar.draw(Paint::Plain, &style, &mut row);
            assert_eq!(text(&mut row), expected, "{marks:?}");
        }
    }

    #[test]
    fn time_bars_stand_where_and_as_long_as_the_span() {
        drawn(&[(0, 1000, Mark::Work)], "━━━━━━━━━━", "==========");
        drawn(&[(250, 500, Mark::Work)], "  ╺━━", "  ===");
        drawn(&[(500, 650, Mark::Work)], "     ━╸", "     ==");
    }

    #[test]
    fn the_shortest_span_is_seen_at_both_ends_of_the_scale() {
        drawn(&[(0, 0, Mark::Work)], "╸", "=");
        drawn(&[(1000, 1000, Mark::Work)], "         ╺", "         =");
        drawn(&[(-50, 5000, Mark::Work)], "━━━━━━━━━━", "==========");
    }

    #[test]
    fn waiting_leads_into_work_and_the_critical_part_stands_out() {
        drawn(&[(100, 350, Mark::Wait), (350, 600, Mark::Work)], " ──╼━━", " --===");
        drawn(&[(0, 1000, Mark::Work), (400, 600, Mark::Critical)], "━━━━▄▄━━━━", "====##====");
    }

    #[test]
    fn ticks_are_round_and_never_overlap() {
        let ticks = |high: i64, cells: usize| {
            let mut row = Row::new(&UNICODE);
            Scale { low: 0, high, cells }.ticks(&UNICODE, &mut row);
            text(&mut row)
        };
        assert_eq!(ticks(1_488_394_000, 50), "╷0              ╷500 ms          ╷1 s");
        assert_eq!(ticks(200_000_000_000, 40), "╷0          ╷1m         ╷2m         ╷3m");
        assert_eq!(ticks(1_100_000_000, 24), "╷0        ╷500 ms");
        assert_eq!(ticks(1, 10), "╷0");
        assert_eq!(ticks(0, 3), "╷0");
    }

    #[test]
    fn small_shares_are_seen() {
        assert_eq!(share_bar(0.0001, 8, &UNICODE), "╸");
        assert_eq!(share_bar(0.55, 8, &UNICODE), "━━━━╸");
        assert_eq!(share_bar(1.0, 8, &ASCII), "########");
        assert_eq!(share_bar(0.0, 8, &UNICODE), "");
        assert_eq!(share_bar(f64::NAN, 8, &UNICODE), "");
    }

    #[test]
    fn sparklines_show_every_count_that_is_not_zero() {
        assert_eq!(sparkline(&[0, 1, 50, 100], &UNICODE), " ▁▄█");
        assert_eq!(sparkline(&[0, 1, 50, 100], &ASCII), " .=#");
        assert_eq!(histogram([0.0, 0.1, 0.5, 1.0].into_iter(), 4), [2, 0, 1, 1]);
    }
}

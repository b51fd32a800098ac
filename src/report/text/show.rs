//! One transaction: its tree with time bars on one scale, its log lines, and why each span stands where it stands.

use super::bars::{Mark, Scale, TimeBar};
use super::lines::Lines;
use super::paint::Paint;
use super::row::Row;
use super::tree::{Guides, Node, inferred, nodes};
use super::{Show, Style, coverage, has_time, header, id_text, why};
use crate::model::{Link, PathKind, PathPart, Span, Symbol, Time, Trace};
use crate::report::units::{counted, percent};
use crate::report::{Report, TextOf};
use std::io::{self, Write};

/// Columns of a duration.
const DURATION: usize = 9;
/// The least width at which the time in queues has a column.
const WAIT_FROM: usize = 72;
/// The least width at which the time of a span's own work has a column.
const SELF_FROM: usize = 110;
/// Columns of a label that guides leave to the name where they can.
const NAME: usize = 24;
/// Share of the free columns that labels may take, in tenths.
const LABEL_TENTHS: usize = 6;

/// Writes each transaction of the report, with a rule between two.
pub fn show(
    report: &Report<'_>,
    texts: &mut TextOf<'_>,
    style: Style,
    show: Show,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, trace) in report.traces.iter().enumerate() {
        if index > 0 {
            let rule = if style.unicode { "─" } else { "-" }.repeat(style.width);
            let mut row = Row::new(&style);
            row.write(out)?;
            row.put(Paint::Faint, &rule).write(out)?;
            row.write(out)?;
        }
        header::write(report, trace, texts, &style, out)?;
        Row::new(&style).write(out)?;
        Picture::new(report, trace, style, show).draw(texts, out)?;
    }
    if !report.traces.is_empty() {
        Row::new(&style).write(out)?;
    }
    coverage::line(report.coverage, &style, out)
}

/// The tree of one transaction.
pub(super) struct Picture<'p> {
    pub(super) report: &'p Report<'p>,
    pub(super) trace: &'p Trace,
    pub(super) style: Style,
    show: Show,
    pub(super) nodes: Vec<Node>,
    columns: Columns,
    scale: Scale,
    /// The critical path, by span.
    critical: Vec<PathPart>,
}

/// Where things stand.
struct Columns {
    /// Marks of failures are drawn before the tree.
    marks: bool,
    label: usize,
    /// Time in queues.
    wait: bool,
    /// Time of a span's own work.
    own: bool,
}

impl Columns {
    fn label_start(&self) -> usize {
        if self.marks { 2 } else { 0 }
    }

    fn numbers_start(&self) -> usize {
        self.label_start() + self.label
    }

    fn bar_start(&self) -> usize {
        self.numbers_start() + DURATION * (1 + usize::from(self.wait) + usize::from(self.own)) + 2
    }
}

impl<'p> Picture<'p> {
    fn new(report: &'p Report<'p>, trace: &'p Trace, style: Style, show: Show) -> Picture<'p> {
        let nodes = nodes(trace, !show.all);
        let spans = &trace.spans;
        let columns = Columns {
            marks: spans.iter().any(|span| span.failed || span.errors > 0),
            label: 0,
            wait: style.width >= WAIT_FROM && spans.iter().any(|span| span.queue_time.is_some()),
            own: style.width >= SELF_FROM && spans.iter().any(|span| span.self_time.is_some()),
        };
        let mut critical = trace.critical_path.clone();
        critical.sort_by_key(|part| part.span);
        let mut picture =
            Picture { report, trace, style, show, nodes, columns, scale: scale(trace), critical };
        picture.columns.label = picture.label_width();
        picture.scale.cells = style.width.saturating_sub(picture.columns.bar_start());
        picture
    }

    fn draw(&self, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
        if !self.nodes.is_empty() {
            self.scale_row(out)?;
        }
        let mut guides = Guides::default();
        for node in &self.nodes {
            guides.enter(node);
            self.row(node, &guides, out)?;
            self.below(node, &guides, texts, out)?;
        }
        self.loose(texts, out)?;
        self.legend(out)
    }

    /// The most that a label may take, guides included: what is needed, up to a share of the width.
    fn label_width(&self) -> usize {
        let free = self.style.width.saturating_sub(self.columns.bar_start());
        let most = (free * LABEL_TENTHS / 10).max(12).min(free);
        let mut needed = 0;
        for node in &self.nodes {
            let label = self.label(node);
            let guides = if node.depth == 0 { 0 } else { node.depth * 2 + 1 };
            needed = needed.max(guides.min(self.guides_most(most)) + label.width(&self.style));
            if needed >= most {
                return most;
            }
        }
        needed.max(12).min(most)
    }

    /// Columns that guides may take of a label.
    fn guides_most(&self, label: usize) -> usize {
        label.saturating_sub(NAME).max(label / 3).max(6)
    }

    fn scale_row(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut row = Row::new(&self.style);
        row.to(self.columns.numbers_start());
        for (name, there) in [("queued", self.columns.wait), ("self", self.columns.own), ("time", true)] {
            if there {
                row.right(Paint::Faint, name, DURATION);
            }
        }
        row.to(self.columns.bar_start());
        if self.scale.high > self.scale.low {
            self.scale.ticks(&self.style, &mut row);
        }
        row.write(out)
    }

    fn row(&self, node: &Node, guides: &Guides, out: &mut dyn Write) -> io::Result<()> {
        let style = &self.style;
        let spans: Vec<&Span> = node.spans.iter().map(|&span| &self.trace.spans[span as usize]).collect();
        let first = spans[0];
        let mut row = Row::new(style);
        if first.failed {
            row.glyph(Paint::Error, "✗", "X");
        } else if spans.iter().any(|span| span.errors > 0) {
            row.put(Paint::Warning, "!");
        }
        row.to(self.columns.label_start());
        let most = self.guides_most(self.columns.label);
        row.put(Paint::Faint, &guides.branch(inferred(first), most, style.unicode));
        self.label(node).draw(&mut row, self.columns.numbers_start(), style);
        row.to(self.columns.numbers_start());
        if first.missing {
            row.to(self.columns.bar_start());
        } else {
            self.numbers(&spans, &mut row);
        }
        let mut bar = TimeBar::new(&self.scale);
        for (&index, span) in node.spans.iter().zip(&spans) {
            self.mark(index, span, &mut bar);
        }
        let paint = if first.failed { Paint::Error } else { Paint::Service(first.service) };
        bar.draw(paint, style, &mut row);
        row.write(out)
    }

    fn numbers(&self, spans: &[&Span], row: &mut Row) {
        let sum = |of: fn(&Span) -> Option<u64>| {
            spans
                .iter()
                .filter_map(|span| of(span))
                .reduce(u64::saturating_add)
                .map(|sum| self.style.duration(sum))
        };
        if self.columns.wait {
            row.right(Paint::Faint, &sum(|span| span.queue_time).unwrap_or_default(), DURATION);
        }
        if self.columns.own {
            row.right(Paint::Faint, &sum(|span| span.self_time).unwrap_or_default(), DURATION);
        }
        // one record tells no duration
        let duration = sum(|span| Some(length(span)).filter(|&nanos| nanos > 0));
        row.right(Paint::Plain, &duration.unwrap_or_else(|| "-".to_owned()), DURATION).gap(2);
    }

    fn mark(&self, index: u32, span: &Span, bar: &mut TimeBar) {
        if span.start.0 == 0 {
            return;
        }
        let work = if span.missing { Mark::Missing } else { Mark::Work };
        bar.mark(&self.scale, span.start.0, span.end.0, work);
        if let Some(wait) = span.queue_time.filter(|&wait| wait > 0) {
            let from = span.start.0.saturating_sub(wait.try_into().unwrap_or(i64::MAX));
            bar.mark(&self.scale, from, span.start.0, Mark::Wait);
        }
        let first = self.critical.partition_point(|part| part.span < index);
        for part in self.critical[first..].iter().take_while(|part| part.span == index) {
            let mark = match part.kind {
                PathKind::Work => Mark::Critical,
                PathKind::Network | PathKind::Queue | PathKind::Unlogged => Mark::Wait,
            };
            bar.mark(&self.scale, part.start.0, part.end.0, mark);
        }
    }

    /// What stands below a row: links, reasons, log lines.
    fn below(
        &self,
        node: &Node,
        guides: &Guides,
        texts: &mut TextOf<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let first = &self.trace.spans[node.spans[0] as usize];
        let unusual = self.unusual(node);
        if first.links.is_empty() && unusual.is_none() && !self.show.lines && !self.show.why {
            return Ok(());
        }
        let guide = " ".repeat(self.columns.label_start())
            + &guides.below(node, self.guides_most(self.columns.label), self.style.unicode);
        if let Some((times, usual)) = unusual {
            let text = format!("{times:.0} times the usual {}", self.style.duration(usual));
            Row::new(&self.style).put(Paint::Faint, &guide).put(Paint::Warning, &text).write(out)?;
        }
        for link in &first.links {
            let mut row = Row::new(&self.style);
            row.put(Paint::Faint, &guide).put(Paint::Faint, "also caused by ");
            self.link(link, &mut row);
            row.write(out)?;
        }
        if self.show.why && !first.missing {
            if node.spans.len() > 1 {
                Row::new(&self.style)
                    .put(Paint::Faint, &guide)
                    .put(Paint::Faint, "the first of these:")
                    .write(out)?;
            }
            why::write(self.report, self.trace, first, &guide, texts, &self.style, out)?;
        }
        if !self.show.lines {
            return Ok(());
        }
        if node.spans.len() > 1 {
            let spans = node.spans.iter().map(|&span| &self.trace.spans[span as usize]);
            let records = spans.map(|span| span.events.len()).sum::<usize>();
            let text = format!("{} in these spans: --all shows them", counted(records as u64, "record"));
            return Row::new(&self.style).put(Paint::Faint, &guide).put(Paint::Faint, &text).write(out);
        }
        let shift = first.raw.map_or(0, |(raw, _)| first.start.0.saturating_sub(raw.0));
        self.lines(&guide, first.service, shift).write(&first.events, texts, out)
    }

    /// How much longer than usual the one span of a row took, and how long is usual.
    fn unusual(&self, node: &Node) -> Option<(f64, u64)> {
        let [span] = node.spans[..] else { return None };
        self.report.operations?.unusual(&self.trace.spans[span as usize])
    }

    fn lines<'a>(&'a self, guide: &'a str, service: Symbol, shift: i64) -> Lines<'a> {
        let zero = Time(self.scale.low);
        Lines { report: self.report, style: &self.style, show: self.show, guide, service, zero, shift }
    }

    fn link(&self, link: &Link, row: &mut Row) {
        let store = self.report.store;
        let target = self
            .trace
            .spans
            .iter()
            .find(|span| span.id == link.span && span.trace.is_none_or(|trace| trace == link.trace));
        match target {
            Some(span) => {
                row.put(Paint::Service(span.service), store.symbols.text(span.service)).gap(1);
                row.put(Paint::Plain, store.symbols.text(span.name));
            }
            None => {
                row.put(Paint::Plain, &format!("span {} of trace {}", link.span, id_text(store, link.trace)));
            }
        }
        let mut words = link.basis.name().to_owned();
        if link.confidence < 0.995 {
            words = format!("{words} {}", percent(f64::from(link.confidence)));
        }
        row.put(Paint::Faint, &format!(" ({words})"));
    }

    /// Records that belong to no span.
    fn loose(&self, texts: &mut TextOf<'_>, out: &mut dyn Write) -> io::Result<()> {
        let loose = &self.trace.loose;
        if loose.is_empty() {
            return Ok(());
        }
        let mut row = Row::new(&self.style);
        let number = counted(loose.len() as u64, "record");
        if !self.show.lines {
            return row.put(Paint::Faint, &format!("{number} of no span: --lines shows them")).write(out);
        }
        row.put(Paint::Faint, &format!("{number} of no span")).write(out)?;
        self.lines("  ", Symbol::NONE, 0).write(loose, texts, out)
    }
}

/// How long a span took; nothing if it is not known when it was.
pub(super) fn length(span: &Span) -> u64 {
    if span.start.0 == 0 {
        return 0;
    }
    span.end.0.saturating_sub(span.start.0).max(0) as u64
}

/// From the first thing that is drawn to the last.
fn scale(trace: &Trace) -> Scale {
    let timed = || trace.spans.iter().filter(|span| span.start.0 != 0);
    let whole = Some(trace).filter(|trace| has_time(trace));
    let queued = |span: &Span| {
        span.start.0.saturating_sub(span.queue_time.unwrap_or(0).try_into().unwrap_or(i64::MAX))
    };
    let low = timed().map(queued).chain(whole.map(|trace| trace.start.0)).min().unwrap_or(0);
    let high = timed().map(|span| span.end.0).chain(whole.map(|trace| trace.end.0)).max().unwrap_or(0);
    Scale { low, high: high.max(low), cells: 0 }
}

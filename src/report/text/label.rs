//! What a row of the tree says of its spans in words, and what the marks mean.

use super::Style;
use super::paint::Paint;
use super::row::{Row, clean_width, cut, cut_name, width};
use super::show::{Picture, length};
use super::tree::{Node, inferred};
use crate::model::Span;
use crate::report::units::{count, percent};
use std::io::{self, Write};

/// From here on the dotted line says enough of an inferred place.
const SURE: f32 = 0.95;

/// Stands before spans that begin when their parent is over.
fn after(style: &Style) -> &'static str {
    if style.unicode { "»" } else { ">" }
}

/// The share of an inferred place that is not as good as certain, with a blank before it.
fn doubt(span: &Span) -> String {
    let edge = span.edge.as_ref().filter(|edge| inferred(span) && edge.confidence < SURE);
    edge.map(|edge| format!(" {}", percent(f64::from(edge.confidence)))).unwrap_or_default()
}

/// The name of a row, in parts.
pub(super) struct Label<'t> {
    parts: Vec<(Paint, String)>,
    name: &'t str,
    paint: Paint,
    suffix: String,
    /// In place of the suffix where the name needs its room.
    short: String,
}

impl Label<'_> {
    pub(super) fn width(&self, style: &Style) -> usize {
        let parts: usize = self.parts.iter().map(|(_, text)| clean_width(text, style)).sum();
        parts + clean_width(self.name, style) + width(&self.suffix)
    }

    /// Draws it up to a column; a long name gives way to what stands behind it.
    pub(super) fn draw(&self, row: &mut Row, end: usize, style: &Style) {
        for (paint, text) in &self.parts {
            let room = end.saturating_sub(row.at());
            let text = super::clean::clean(text, style.terminal);
            row.put(*paint, &cut(&text, room, style));
        }
        let room = end.saturating_sub(row.at());
        let name = super::clean::clean(self.name, style.terminal);
        let needed = width(&name);
        let beside = |suffix: &&str, name: usize| width(suffix) + name <= room;
        let suffixes = [self.suffix.as_str(), self.short.as_str()];
        let suffix = suffixes.into_iter().find(|suffix| beside(suffix, needed));
        let suffix =
            suffix.or_else(|| Some(suffixes[1]).filter(|suffix| beside(suffix, 4))).unwrap_or_default();
        row.put(self.paint, &cut_name(&name, room - width(suffix), style)).put(Paint::Faint, suffix);
    }
}

/// Blanks between two marks that are told.
const GAP: usize = 3;

impl<'p> Picture<'p> {
    pub(super) fn label(&self, node: &Node) -> Label<'p> {
        let store = self.report.store;
        let first = &self.trace.spans[node.spans[0] as usize];
        let mut parts = Vec::new();
        if first.missing {
            let id = store.span_text(first.id, first.opaque);
            parts.push((Paint::Faint, format!("not logged {id}{}", doubt(first))));
            return Label {
                parts,
                name: "",
                paint: Paint::Faint,
                suffix: String::new(),
                short: String::new(),
            };
        }
        let (mut suffix, mut short) = (String::new(), String::new());
        if node.spans.len() > 1 {
            let times = format!("{}{} ", self.style.times(), count(node.spans.len() as u64));
            parts.push((Paint::Strong, times));
            (suffix, short) = self.spread(node);
        }
        if self.is_after(node) {
            parts.push((Paint::Faint, format!("{} ", after(&self.style))));
        }
        let service = store.symbols.text(first.service);
        if !service.is_empty() {
            parts.push((Paint::Service(first.service), format!("{service} ")));
        }
        let name = match store.symbols.text(first.name) {
            "" => "(no name)",
            name => name,
        };
        for text in [&mut suffix, &mut short] {
            if first.synthetic {
                text.push('*');
            }
            text.push_str(&doubt(first));
        }
        let paint = if first.failed { Paint::Error } else { Paint::Plain };
        Label { parts, name, paint, suffix, short }
    }

    /// Median and longest of folded spans, in many words and in few.
    fn spread(&self, node: &Node) -> (String, String) {
        let mut lengths: Vec<u64> =
            node.spans.iter().map(|&span| length(&self.trace.spans[span as usize])).collect();
        lengths.sort_unstable();
        let most = lengths[lengths.len() - 1];
        if most == 0 {
            return Default::default();
        }
        let most = self.style.duration(most);
        let median = self.style.duration(lengths[lengths.len() / 2]);
        (format!(" median {median}, max {most}"), format!(" max {most}"))
    }

    /// Whether a span begins when its parent is over: nobody waits for it.
    fn is_after(&self, node: &Node) -> bool {
        let span = &self.trace.spans[node.spans[0] as usize];
        let parent = span.parent.and_then(|parent| self.trace.spans.get(parent as usize));
        parent.is_some_and(|parent| !parent.missing && parent.end > parent.start && span.start > parent.end)
    }

    /// What the marks mean that were used.
    pub(super) fn legend(&self, out: &mut dyn Write) -> io::Result<()> {
        let spans = &self.trace.spans;
        let any = |test: fn(&Span) -> bool| spans.iter().any(test);
        let unicode = self.style.unicode;
        let pick = |with: &'static str, without: &'static str| if unicode { with } else { without };
        let mut marks = Vec::new();
        let mut add = |used: bool, text: String| {
            if used {
                marks.push(text);
            }
        };
        add(any(|span| span.failed), format!("{} failed", pick("✗", "X")));
        add(any(|span| !span.failed && span.errors > 0), "! errors that did not fail it".to_owned());
        add(
            any(inferred),
            format!("{} inferred, confidence shown if below {}", pick("├╌", "|~"), percent(f64::from(SURE))),
        );
        add(any(|span| span.synthetic), "* no span id is logged".to_owned());
        add(
            self.nodes.iter().any(|node| self.is_after(node)),
            format!("{} after its parent's end", after(&self.style)),
        );
        add(any(|span| span.queue_time.is_some_and(|wait| wait > 0)), format!("{} queued", pick("──", "--")));
        add(!self.trace.critical_path.is_empty(), format!("{} critical path", pick("▄▄", "##")));
        if marks.is_empty() {
            return Ok(());
        }
        Row::new(&self.style).write(out)?;
        let mut row = Row::new(&self.style);
        for mark in marks {
            if row.at() > 0 && row.room() < GAP + width(&mark) {
                row.write(out)?;
            }
            row.gap(if row.at() > 0 { GAP } else { 0 }).put(Paint::Faint, &mark);
        }
        row.write(out)
    }
}

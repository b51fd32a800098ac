//! Why a span stands where it stands: basis, confidence, proofs and the next best place.

use super::Style;
use super::keys::value_text;
use super::paint::Paint;
use super::row::{Row, wrap};
use crate::model::{Basis, EventId, Proof, Span, Symbol, Trace};
use crate::report::units::{counted, percent};
use crate::report::{Report, TextOf};
use std::io::{self, Write};

/// Columns of a quoted message.
const QUOTE: usize = 60;

/// Writes the reasons of a span's edge, each row behind `guide`.
pub(super) fn write(
    report: &Report<'_>,
    trace: &Trace,
    span: &Span,
    guide: &str,
    texts: &mut TextOf<'_>,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut say = |indent: usize, text: &str| {
        let mut row = Row::new(style);
        let text = super::clean::clean(text, style.terminal);
        let room = if style.terminal {
            style.width.saturating_sub(super::row::width(guide) + indent + 2)
        } else {
            usize::MAX
        };
        for (index, line) in wrap(&text, room).into_iter().enumerate() {
            row.put(Paint::Faint, guide).gap(indent + usize::from(index > 0) * 2);
            if !style.terminal {
                row.without_limit();
            }
            row.put(Paint::Faint, line).write(out)?;
        }
        io::Result::Ok(())
    };
    let Some(edge) = &span.edge else { return say(0, "why: a root, no parent is stated or likely") };
    say(0, &format!("why: {}, {}", basis(edge.basis), percent(f64::from(edge.confidence))))?;
    for proof in &edge.proofs {
        let words = Words { report, child: span, texts: &mut *texts, style }.proof(proof);
        say(2, &format!("- {words}"))?;
    }
    let next = edge.runner_up.and_then(|(other, share)| Some((trace.spans.get(other as usize)?, share)));
    if let Some((span, share)) = next {
        let text = |symbol| report.store.symbols.text(symbol);
        let share = percent(f64::from(share));
        say(2, &format!("- next best: below {} {}, {share}", text(span.service), text(span.name)))?;
    }
    Ok(())
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Stated => "the parent is stated",
        Basis::Header => "the propagation header that was received names the parent",
        Basis::Link => "a span link names the parent",
        Basis::Message => "both handle one message",
        Basis::Call => "a call and its handler agree",
        Basis::Nesting => "it ran inside or right behind the parent",
        Basis::Key => "both hold one key",
        Basis::Learned => "other transactions go this way",
    }
}

/// Proofs in words, with the records that show them.
struct Words<'a, 'r, 't> {
    report: &'a Report<'r>,
    child: &'a Span,
    texts: &'a mut TextOf<'t>,
    style: &'a Style,
}

impl Words<'_, '_, '_> {
    fn proof(&mut self, proof: &Proof) -> String {
        match *proof {
            Proof::ParentId(event) => format!("the parent's id stands in {}", self.record(event)),
            Proof::SharedSpan => "one span id on both sides of the call".to_owned(),
            Proof::Header(event) => format!("the header stands in {}", self.record(event)),
            Proof::Link(event) => format!("the link stands in {}", self.record(event)),
            Proof::Message { name, value, sent, received } => {
                let pair = self.pair(name, value, &[received, sent]);
                format!("{pair} sent in {}, received in {}", self.record(sent), self.record(received))
            }
            Proof::Key { name, value } => format!("{} in both", self.pair(name, value, &self.child.events)),
            Proof::Call => "method, route, status or peer agree".to_owned(),
            Proof::Encloses => "the parent was open all the while".to_owned(),
            Proof::Follows { before, delay } => {
                format!("{} after {}", self.style.offset(delay).trim_start_matches('+'), self.record(before))
            }
            Proof::Usual { times } => {
                format!("caused like this in {}", counted(u64::from(times), "other transaction"))
            }
            Proof::OnlyCandidate => "nothing else could have caused it".to_owned(),
        }
    }

    /// Name and value of a key, as far as they can be had.
    fn pair(&mut self, name: Symbol, value: Symbol, events: &[EventId]) -> String {
        let named = self.report.store.symbols.text(name);
        match value_text(self.report, events.iter().copied(), name, value, self.texts) {
            Some(value) => format!("{named} {value}"),
            None => format!("the same {named}"),
        }
    }

    /// `logs/orders.log:12 "order placed"`.
    fn record(&mut self, id: EventId) -> String {
        let place = self.report.store.event(id).place;
        let at = format!("{}:{}", self.report.store.source(place.source).name, place.line);
        let Some(text) = (self.texts)(place) else { return at };
        let message = text.message.lines().next().unwrap_or_default();
        if message.is_empty() {
            return at;
        }
        let message = super::clean::clean(message, self.style.terminal);
        format!("{at} \"{}\"", super::row::cut(&message, QUOTE, self.style))
    }
}

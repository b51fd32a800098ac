//! Whole reports of small runs, from log lines to text.

mod explains;
mod folding;
mod harm;
mod lists;
mod overviews;
mod shows;

use spanloom::analyze::map::Map;
use spanloom::engine::load::{Loaded, load};
use spanloom::engine::read::Settings;
use spanloom::engine::run::{Selection, Woven, run};
use spanloom::engine::texts::Texts;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::{SpanId, Status, Symbol, Time, Trace};
use spanloom::report::text::{Listed, Show, Style, list, map, overview, show};
use spanloom::report::{Report, TextOf};
use std::io::Write;
use tempfile::TempDir;
use unicode_width::UnicodeWidthChar;

/// A terminal that can do everything but colours.
const TERMINAL: Style = Style { color: false, unicode: true, width: 100, terminal: true };
/// A pipe.
const PIPE: Style = Style { color: false, unicode: false, width: 120, terminal: false };

/// One thread, and defaults.
fn settings() -> Settings {
    Settings { keep_text: true, ..Settings::default() }
}

/// Logs that were read and woven.
struct Run {
    _folder: TempDir,
    loaded: Loaded,
    woven: Woven,
}

impl Run {
    /// Reads files, given by name and content, as if they lay in `logs`.
    fn of(files: &[(&str, &str)]) -> Run {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).expect("written");
        }
        let discovery = discover(&[Input::Path(folder.path().to_owned())], &DiscoverOptions::default());
        let mut loaded = load(&discovery, &settings(), Time(0)).expect("all fits into memory");
        let base = format!("{}/", folder.path().display());
        for source in &mut loaded.store.sources {
            source.name = source.name.replace(&base, "logs/").into();
        }
        for skip in loaded.store.coverage.skipped.values_mut() {
            skip.file = skip.file.replace(&base, "logs/");
        }
        let woven = run(&mut loaded.store, &Selection::default(), &Default::default(), loaded.threads)
            .expect("all fits into memory");
        Run { _folder: folder, loaded, woven }.with(plain)
    }

    /// The same run after a change to what was woven.
    fn with(mut self, change: impl FnOnce(&mut Woven)) -> Run {
        change(&mut self.woven);
        self
    }

    /// A report of some of the transactions.
    fn text(
        &self,
        traces: &[Trace],
        write: impl FnOnce(&Report<'_>, &mut TextOf<'_>, &mut dyn Write) -> std::io::Result<()>,
    ) -> String {
        let report = Report {
            store: &self.loaded.store,
            traces,
            transactions: self.woven.traces.len(),
            coverage: &self.woven.coverage,
            services: self.woven.services.clone(),
            map: None,
            findings: &self.woven.findings,
            operations: None,
        };
        let mut texts = Texts::new(&self.loaded.sources);
        let mut out = Vec::new();
        write(&report, &mut |place| texts.get(place), &mut out).expect("memory");
        String::from_utf8(out).expect("text")
    }

    /// `list`.
    fn list(&self, style: Style) -> String {
        self.first(self.woven.traces.len(), style)
    }

    /// `list` of the first transactions.
    fn first(&self, number: usize, style: Style) -> String {
        let listed = |trace: &Trace| Listed::of(&self.loaded.store, trace);
        let rows: Vec<Listed> = self.woven.traces[..number].iter().map(listed).collect();
        self.text(&[], |report, texts, out| list(report, &rows, texts, style, out))
    }

    /// `show` of all transactions.
    fn show(&self, what: Show, style: Style) -> String {
        self.text(&self.woven.traces, |report, texts, out| show(report, texts, style, what, out))
    }

    /// `show` of the first transaction.
    fn first_shown(&self, what: Show, style: Style) -> String {
        self.text(&self.woven.traces[..1], |report, texts, out| show(report, texts, style, what, out))
    }

    /// `report`.
    fn overview(&self, style: Style) -> String {
        self.text(&self.woven.traces, |report, texts, out| overview(report, texts, style, out))
    }

    /// `map`.
    fn map(&self, style: Style) -> String {
        let drawn = Map::of(&self.loaded.store, &self.woven.traces);
        self.text(&self.woven.traces, |report, _, out| map(report, &drawn, style, out))
    }

    /// All that text reports can show, one behind the other.
    fn everything(&self, style: Style) -> String {
        let all = Show { lines: true, why: true, all: true };
        [
            self.list(style),
            self.show(Show::default(), style),
            self.show(all, style),
            self.overview(style),
            self.map(style),
        ]
        .concat()
    }
}

/// Takes off what analysis tells: tests that draw it say themselves what there is.
fn plain(woven: &mut Woven) {
    woven.findings.clear();
    woven.services.iter_mut().for_each(|service| service.clock = None);
    for trace in &mut woven.traces {
        trace.keys.clear();
        trace.critical_path.clear();
        let failed = trace.root.is_some_and(|root| trace.spans[root as usize].failed);
        trace.status = if failed { Status::Error } else { Status::Ok };
        for span in &mut trace.spans {
            (span.self_time, span.queue_time) = (None, None);
        }
    }
}

/// A shop: an order that is paid and shipped, with a declined card, and a second one that fails. What called shipping is
/// not known but by its id.
fn shop() -> Run {
    let run = Run::of(&[
        (
            "storefront.log",
            "\
2026-11-22T08:01:22.398Z INFO checkout started trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000a1
2026-11-22T08:01:22.420Z DEBUG validating cart trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000a2 parent_span_id=00000000000000a1
2026-11-22T08:01:22.450Z DEBUG cart is valid trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000a2 parent_span_id=00000000000000a1
2026-11-22T08:01:22.900Z INFO checkout accepted trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000a1
2026-11-22T08:01:24.000Z INFO checkout started trace_id=945341f852f91b32490f531fc0dcabb6 span_id=00000000000000f1
2026-11-22T08:01:24.250Z ERROR checkout failed: no stock trace_id=945341f852f91b32490f531fc0dcabb6 span_id=00000000000000f1
",
        ),
        (
            "orders.log",
            "\
2026-11-22T08:01:22.480Z INFO received POST /orders trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000b1 parent_span_id=00000000000000a1
2026-11-22T08:01:22.700Z INFO order ORD-230686 created trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000b1 parent_span_id=00000000000000a1
2026-11-22T08:01:23.000Z INFO orders service is healthy
",
        ),
        (
            "payments.log",
            "\
2026-11-22T08:01:22.950Z INFO received order.placed order=ORD-230686 trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000c1 parent_span_id=00000000000000b1
2026-11-22T08:01:23.100Z ERROR card declined
java.io.IOException: gateway said 402
\tat Gateway.charge(Gateway.java:41)
2026-11-22T08:01:23.398Z INFO card charged order=ORD-230686 trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000c1 parent_span_id=00000000000000b1
",
        ),
        (
            "shipping.log",
            "\
2026-11-22T08:01:23.300Z INFO shipment begun trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000e1 parent_span_id=00000000000000c1
2026-11-22T08:01:23.300Z INFO label made order=ORD-230686 trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000d1 parent_span_id=00000000000000e1
2026-11-22T08:01:23.500Z INFO shipped order=ORD-230686 trace_id=18f6cc3639f5207b5f035afcae968990 span_id=00000000000000d1 parent_span_id=00000000000000e1
",
        ),
    ]);
    run.with(|woven| {
        let spans = &mut woven.traces[0].spans;
        let shipment = SpanId::new(0xe1);
        let begun = spans.iter_mut().find(|span| Some(span.id) == shipment).expect("it is logged");
        (begun.missing, begun.parent, begun.edge) = (true, None, None);
        (begun.service, begun.name) = (Symbol::NONE, Symbol::NONE);
        begun.end = Time(begun.start.0 + 200_000_000);
        begun.events.clear();
    })
}

/// Columns that a character takes on a terminal.
fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Columns that a row takes on a terminal.
fn width(row: &str) -> usize {
    row.chars().map(char_width).sum()
}

/// Compares whole outputs; the expected one may begin with a line end.
#[track_caller]
fn same(got: &str, expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    assert!(got == expected, "got:\n{got}\nexpected:\n{expected}");
}

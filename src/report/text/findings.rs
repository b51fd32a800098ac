//! What is wrong: one row a cause, however many transactions it hit.

use super::clean::clean;
use super::paint::Paint;
use super::row::{Row, clean_width, wrap};
use super::{Style, id_text};
use crate::model::{Finding, Severity, TraceId};
use crate::report::Report;
use crate::report::units::{count, counted};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use std::io::{self, Write};

/// Groups of findings that are shown.
const MAX_GROUPS: usize = 15;
/// Columns of a service.
const MAX_SERVICE: usize = 20;
/// Columns that a sentence needs beside the rest of its row.
const MIN_SENTENCE: usize = 28;

/// Findings of one cause.
#[derive(Debug)]
pub(super) struct Group {
    /// The one that stands for all: among the worst, one that is worded as most are.
    pub(super) first: Finding,
    pub(super) count: u64,
    pub(super) example: Option<TraceId>,
    /// How often each wording occurs, and the first finding with it.
    wordings: IndexMap<String, (u64, Finding), FxBuildHasher>,
}

/// Wordings of one cause that are told apart.
const MAX_WORDINGS: usize = 100;

/// Findings by cause.
#[derive(Debug, Default)]
pub(super) struct Groups(IndexMap<u64, Group, FxBuildHasher>);

impl Groups {
    /// Takes in a finding.
    pub(super) fn add(&mut self, finding: &Finding) {
        let group = self.0.entry(finding.group).or_insert_with(|| Group {
            first: finding.clone(),
            count: 0,
            example: None,
            wordings: IndexMap::default(),
        });
        group.count += 1;
        if finding.severity > group.first.severity {
            group.first = finding.clone();
        }
        let full = group.wordings.len() >= MAX_WORDINGS;
        match group.wordings.get_mut(finding.summary.as_str()) {
            Some(wording) => {
                wording.0 += 1;
                if finding.severity > wording.1.severity {
                    wording.1 = finding.clone();
                }
            }
            None if full => {}
            None => {
                group.wordings.insert(finding.summary.clone(), (1, finding.clone()));
            }
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The groups, worst and most frequent first.
    pub(super) fn sorted(self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.0.into_values().collect();
        for group in &mut groups {
            let worst = group.first.severity;
            let fit =
                group.wordings.values().enumerate().filter(|(_, (_, finding))| finding.severity == worst);
            let usual = fit.max_by_key(|(at, (times, _))| (*times, std::cmp::Reverse(*at)));
            if let Some((_, (_, finding))) = usual {
                group.first = finding.clone();
            }
            group.example = group.first.trace;
        }
        groups.sort_by_key(|group| std::cmp::Reverse((group.first.severity, group.count)));
        groups
    }
}

/// Writes the groups, worst first; `id` is the length of short ids.
pub(super) fn write(
    report: &Report<'_>,
    groups: &[Group],
    id: usize,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (groups, more) = groups.split_at(groups.len().min(MAX_GROUPS));
    let table = Table::new(report, id, style, groups);
    for group in groups {
        table.row(group, out)?;
    }
    if more.is_empty() {
        return Ok(());
    }
    let findings: u64 = more.iter().map(|group| group.count).sum();
    let mut text =
        format!("and {} of {}", counted(findings, "finding"), counted(more.len() as u64, "other kind"));
    let harmless = more.iter().filter(|group| group.first.severity == Severity::Info);
    let harmless: u64 = harmless.map(|group| group.count).sum();
    match harmless {
        0 => {}
        all if all == findings => text.push_str(", handled or harmless"),
        some => text.push_str(&format!(", {} of them handled or harmless", count(some))),
    }
    Row::new(style).gap(2).put(Paint::Faint, &text).write(out)
}

/// Columns that the groups share.
struct Table<'r> {
    report: &'r Report<'r>,
    style: &'r Style,
    id: usize,
    number: usize,
    kind: usize,
    service: usize,
}

impl<'r> Table<'r> {
    fn new(report: &'r Report<'r>, id: usize, style: &'r Style, groups: &[Group]) -> Table<'r> {
        let most = |of: &dyn Fn(&Group) -> usize| groups.iter().map(of).max().unwrap_or(0);
        let service = most(&|group| clean_width(report.store.symbols.text(group.first.service), style))
            .min(MAX_SERVICE);
        Table {
            report,
            style,
            id,
            number: most(&|group| count(group.count).len()) + 1,
            kind: most(&|group| group.first.kind.name().len()),
            service,
        }
    }

    fn row(&self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        let finding = &group.first;
        let store = self.report.store;
        let mut row = Row::new(self.style);
        match finding.severity {
            Severity::Critical => row.glyph(Paint::Error, "✗", "X"),
            Severity::Warning => row.put(Paint::Warning, "!"),
            Severity::Info => row.glyph(Paint::Faint, "·", "."),
        };
        let id = group.example.map(|trace| id_text(store, trace)).unwrap_or_default();
        row.to(2).left(Paint::Faint, id.get(..self.id).unwrap_or(&id), self.id).gap(1);
        let times = format!("{}{}", self.style.times(), count(group.count));
        row.right(Paint::Plain, &times, self.number).gap(2);
        let kind = finding.kind.name().replace('_', " ");
        row.left(Paint::of_severity(finding.severity), &kind, self.kind).gap(2);
        if self.service > 0 {
            row.left(Paint::Service(finding.service), store.symbols.text(finding.service), self.service)
                .gap(2);
        }
        let mut start = row.at();
        if row.room() < MIN_SENTENCE {
            // the sentence needs rows of its own
            row.write(out)?;
            start = 4;
        }
        let others = group.wordings.len().saturating_sub(1) as u64;
        // the column before it has named the service
        let service = store.symbols.text(finding.service);
        let told = finding.summary.strip_prefix(service).and_then(|rest| rest.strip_prefix(' '));
        let mut summary = clean(told.unwrap_or(&finding.summary), self.style.terminal).into_owned();
        if others > 0 {
            summary.push_str(&format!(" (and {} like it)", counted(others, "other")));
        }
        if let Some(place) = finding.evidence.first() {
            let file = clean(&store.source(place.source).name, self.style.terminal);
            summary.push_str(&format!(" {file}:{}", place.line));
        }
        for line in wrap(&summary, self.style.width.saturating_sub(start)) {
            row.to(start).put(Paint::Plain, line).write(out)?;
        }
        Ok(())
    }
}

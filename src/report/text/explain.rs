//! How lines were read, and why, for people.

use super::Style;
use super::clean::clean;
use super::paint::Paint;
use super::row::{Row, clean_width, wrap};
use crate::report::explain::{ExplainedId, ExplainedLayer, ExplainedRecord, ExplainedSource, Named, Stated};
use crate::report::units::{count, counted};
use std::io::{self, Write};

/// Column where values begin.
const LABEL: usize = 12;
/// Rows of a record's text.
const MAX_TEXT: usize = 6;
/// Fields of a layer that are listed.
const MAX_FIELDS: usize = 24;
/// Columns of a field's name and value.
const FIELD: (usize, usize) = (24, 44);

/// Writes sources and their records one after the other.
pub fn explain(sources: &[ExplainedSource], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let style = &style;
    for (index, source) in sources.iter().enumerate() {
        let mut sheet = Sheet { row: Row::new(style), style, out };
        if index > 0 {
            sheet.row.write(sheet.out)?;
        }
        sheet.source(source)?;
        for record in &source.records {
            sheet.row.write(sheet.out)?;
            sheet.record(record)?;
        }
    }
    Sheet { row: Row::new(style), style, out }.verdict(sources)
}

struct Sheet<'a> {
    row: Row,
    style: &'a Style,
    out: &'a mut dyn Write,
}

impl Sheet<'_> {
    /// A value behind its label, and where it came from; on as many rows as it needs.
    fn fact(&mut self, label: &str, paint: Paint, value: &str, from: &str) -> io::Result<()> {
        let value = clean(value, self.style.terminal);
        let lines = wrap(&value, self.style.width.saturating_sub(LABEL));
        let shown = lines.len().min(MAX_TEXT);
        for (index, line) in lines[..shown].iter().enumerate() {
            if index > 0 {
                self.row.write(self.out)?;
            }
            self.row.gap(2).put(Paint::Faint, if index == 0 { label } else { "" }).to(LABEL).put(paint, line);
        }
        if shown < lines.len() {
            self.row.write(self.out)?;
            self.more(LABEL, lines.len() - shown);
        }
        if !from.is_empty() {
            if self.row.room() < clean_width(from, self.style) + 2 {
                self.row.write(self.out)?;
                self.row.to(LABEL);
            } else {
                self.row.gap(2);
            }
            self.row.put(Paint::Faint, from);
        }
        self.row.write(self.out)
    }

    fn stated(&mut self, label: &str, paint: Paint, stated: &Option<Stated>) -> io::Result<()> {
        match stated {
            Some(stated) => self.fact(label, paint, &stated.value, &stated.from),
            None => Ok(()),
        }
    }

    fn source(&mut self, source: &ExplainedSource) -> io::Result<()> {
        self.row.put(Paint::Strong, &source.file).write(self.out)?;
        self.stated("service", Paint::Plain, &source.service)?;
        self.stated("instance", Paint::Plain, &source.instance)?;
        let mut times = vec![format!("read as {} where no zone is written", source.zone)];
        if source.day_order == "day first" {
            times.push("03/04 is the 3rd of April".to_owned());
        }
        if source.newest_first {
            times.push("newest first".to_owned());
        }
        self.row.gap(2).put(Paint::Faint, "times").facts(Paint::Plain, &times, LABEL, self.out)?;
        if !source.columns.is_empty() {
            self.fact("columns", Paint::Plain, &source.columns.join(", "), "")?;
        }
        if !source.tail_names.is_empty() {
            let from = "behind most messages: context, not part of the message";
            self.fact("pairs", Paint::Plain, &source.tail_names.join(", "), from)?;
        }
        if source.patterns > 0 {
            let patterns = counted(source.patterns as u64, "pattern");
            self.fact("patterns", Paint::Plain, &format!("{patterns} of the settings file"), "")?;
        }
        for skip in &source.skipped {
            let first = skip.line.map(|line| format!("first at line {line}")).unwrap_or_default();
            let what = format!("{}{} {}", count(skip.count), self.style.times(), skip.reason);
            self.fact("skipped", Paint::Plain, &what, &first)?;
        }
        if !source.remark.is_empty() {
            self.fact("", Paint::Warning, &source.remark, "")?;
        }
        if source.records.is_empty() && source.remark.is_empty() {
            self.fact("", Paint::Warning, "no record in it", "")?;
        }
        Ok(())
    }

    fn record(&mut self, record: &ExplainedRecord) -> io::Result<()> {
        self.head(record)?;
        self.text(&record.text)?;
        self.time(record)?;
        let none = Stated { value: "none".to_owned(), from: String::new() };
        self.stated("level", Paint::Plain, &record.level.clone().or_else(|| Some(none.clone())))?;
        self.stated("service", Paint::Plain, &record.service.clone().or(Some(none)))?;
        self.stated("instance", Paint::Plain, &record.instance)?;
        self.stated("thread", Paint::Plain, &record.thread)?;
        self.stated("logger", Paint::Plain, &record.logger)?;
        self.stated("message", Paint::Plain, &record.message)?;
        if record.message.as_ref().is_some_and(|message| message.value != record.template) {
            self.fact("template", Paint::Faint, &record.template, "")?;
        }
        self.ids(record)?;
        let facts: Vec<String> = record.facts.iter().map(pair).collect();
        if !facts.is_empty() {
            self.row.gap(2).put(Paint::Faint, "also").facts(Paint::Plain, &facts, LABEL, self.out)?;
        }
        self.fact("begins", Paint::Plain, &record.begins, "")?;
        if !record.goes_on.is_empty() {
            self.fact("", Paint::Plain, &record.goes_on, "")?;
        }
        record.layers.iter().try_for_each(|layer| self.layer(layer))
    }

    /// `line 12  docker > json`.
    fn head(&mut self, record: &ExplainedRecord) -> io::Result<()> {
        let mut line = format!("line {}", count(record.line));
        if record.lines > 1 {
            line.push_str(&format!(", {}", counted(record.lines, "line")));
        }
        if record.part > 0 {
            line.push_str(&format!(", record {} in it", record.part + 1));
        }
        let mut formats: Vec<&str> = record.layers.iter().map(|layer| layer.format.as_str()).collect();
        formats.dedup();
        let around = if self.style.unicode { " › " } else { " > " };
        self.row.put(Paint::Strong, &line).gap(2).put(Paint::Faint, &formats.join(around)).write(self.out)
    }

    /// The record as written.
    fn text(&mut self, text: &str) -> io::Result<()> {
        let guide = if self.style.unicode { "│ " } else { "| " };
        let room = self.style.width.saturating_sub(2);
        let lines: Vec<String> = text
            .lines()
            .flat_map(|line| {
                let line = clean(line, self.style.terminal);
                wrap(&line, room).into_iter().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect();
        let shown = lines.len().min(MAX_TEXT);
        for line in &lines[..shown] {
            self.row.put(Paint::Faint, guide).put(Paint::Plain, line).write(self.out)?;
        }
        if shown == lines.len() {
            return Ok(());
        }
        self.row.put(Paint::Faint, guide);
        self.more(2, lines.len() - shown);
        self.row.write(self.out)
    }

    /// Says how many rows are left out.
    fn more(&mut self, column: usize, rows: usize) {
        let more = format!("{} {}", self.style.ellipsis(), counted(rows as u64, "more row"));
        self.row.to(column).put(Paint::Faint, &more);
    }

    /// Format, header and fields of a layer.
    fn layer(&mut self, layer: &ExplainedLayer) -> io::Result<()> {
        let what = if layer.what == layer.format { "" } else { layer.what.as_str() };
        self.fact("format", Paint::Plain, &layer.format, what)?;
        if !layer.header.is_empty() {
            let parts: Vec<String> = layer.header.iter().map(pair).collect();
            self.row.gap(2).put(Paint::Faint, "header").facts(Paint::Plain, &parts, LABEL, self.out)?;
        }
        let fields: Vec<&Named> =
            layer.fields.iter().filter(|field| !field.name.is_empty() || !field.value.is_empty()).collect();
        let shown = &fields[..fields.len().min(MAX_FIELDS)];
        let most = |of: fn(&Named) -> &str, most: usize| {
            shown.iter().map(|field| clean_width(of(field), self.style)).max().unwrap_or(0).min(most)
        };
        let narrow = self.style.width.saturating_sub(LABEL + 4) / 3;
        let name = most(|field| &field.name, FIELD.0.min(narrow));
        let value = most(|field| &field.value, FIELD.1.max(narrow).min(narrow * 3 / 2));
        for (index, field) in shown.iter().enumerate() {
            self.row.gap(2).put(Paint::Faint, if index == 0 { "fields" } else { "" }).to(LABEL);
            let paint = if field.role.is_empty() { Paint::Faint } else { Paint::Plain };
            self.row.left(paint, &field.name, name).gap(2).left(paint, &field.value, value);
            self.row.gap(2).put(Paint::Faint, &field.role).write(self.out)?;
        }
        match fields.len() - shown.len() + layer.more_fields {
            0 => Ok(()),
            more => self.fact("", Paint::Faint, &format!("and {}", counted(more as u64, "more field")), ""),
        }
    }

    fn time(&mut self, record: &ExplainedRecord) -> io::Result<()> {
        let Some(time) = &record.time else {
            return self.fact("time", Paint::Warning, "none: nothing in it reads as a time", "");
        };
        let utc = trim_fraction(&time.utc);
        let arrow = if self.style.unicode { "→" } else { "->" };
        if time.written.is_empty() || trim_fraction(&time.written) == utc {
            self.fact("time", Paint::Plain, &utc, &time.from)?;
        } else {
            self.fact("time", Paint::Plain, &format!("{} {arrow} {utc}", time.written), &time.from)?;
        }
        for how in &time.completed {
            self.fact("", Paint::Plain, how, "")?;
        }
        Ok(())
    }

    /// Trace context and keys, and what was taken for neither.
    fn ids(&mut self, record: &ExplainedRecord) -> io::Result<()> {
        match &record.trace_id {
            Some(id) => self.id("trace id", id, &record.scheme)?,
            None => self.fact("trace id", Paint::Warning, "none", "")?,
        }
        if let Some(id) = &record.span_id {
            self.id("span id", id, "")?;
        }
        if let Some(id) = &record.parent_span_id {
            self.id("parent", id, "")?;
        }
        for header in &record.headers {
            let role = if header.role == "unknown" { "received or sent" } else { &header.role };
            let ids = [header.trace_id.as_str(), header.span_id.as_str()].join(" ");
            self.fact(
                "header",
                Paint::Plain,
                ids.trim_end(),
                &format!("{}, {role}, {}", header.scheme, header.from),
            )?;
        }
        let pairs = |list: &[Named]| {
            list.iter().map(|named| format!("{}={}", named.name, named.value)).collect::<Vec<_>>()
        };
        for (label, list) in [("ids", pairs(&record.ids)), ("keys", pairs(&record.keys))] {
            if !list.is_empty() {
                self.row.gap(2).put(Paint::Faint, label).facts(Paint::Plain, &list, LABEL, self.out)?;
            }
        }
        for (index, doubt) in record.doubts.iter().enumerate() {
            let label = if index == 0 { "not taken" } else { "" };
            let value = if doubt.value.is_empty() { "\"\"" } else { doubt.value.as_str() };
            self.fact(label, Paint::Warning, value, &format!("{}: {}", doubt.name, doubt.role))?;
        }
        Ok(())
    }

    fn id(&mut self, label: &str, id: &ExplainedId, scheme: &str) -> io::Result<()> {
        let mut from = id.from.clone();
        if !scheme.is_empty() && scheme != "plain" {
            from = format!("{scheme}, {from}");
        }
        if !id.written.is_empty() {
            from = format!("{from}, written {}", id.written);
        }
        self.fact(label, Paint::Strong, &id.id, &from)
    }

    /// How many of the records have trace context; what to do if none has.
    fn verdict(&mut self, sources: &[ExplainedSource]) -> io::Result<()> {
        let records = || sources.iter().flat_map(|source| &source.records);
        let all = records().count() as u64;
        if all == 0 {
            return Ok(());
        }
        let traced = records().filter(|record| record.trace_id.is_some()).count() as u64;
        let tied =
            records().filter(|record| !record.ids.is_empty() || !record.keys.is_empty()).count() as u64;
        self.row.write(self.out)?;
        let facts = [
            format!("{} of {} with a trace id", count(traced), counted(all, "record")),
            format!("{} with other ids or keys", count(tied)),
        ];
        self.row.facts(Paint::Strong, &facts, 0, self.out)?;
        if traced > 0 {
            return Ok(());
        }
        let hint = "If a trace id stands there under another name, name it by a pattern in spanloom.toml: a regular expression with \
                    the groups (?<trace_id>...), (?<span_id>...), (?<time>...), (?<message>...).";
        for line in wrap(hint, self.style.width) {
            self.row.put(Paint::Faint, line).write(self.out)?;
        }
        Ok(())
    }
}

/// `level INFO`, or a remark without a name.
fn pair(named: &Named) -> String {
    if named.name.is_empty() { named.value.clone() } else { format!("{} {}", named.name, named.value) }
}

/// A time without the zeros at the end of its fraction.
fn trim_fraction(utc: &str) -> String {
    match utc.strip_suffix('Z') {
        Some(digits) if digits.contains('.') => {
            format!("{}Z", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => utc.to_owned(),
    }
}

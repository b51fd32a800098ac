//! Puts records into the words and the layout of their services.

use std::collections::BTreeMap;

use super::{Placed, Setting, noise, stack};
use crate::company::IdSpelling;
use crate::layout::{Ids, Layout, Level, Line, Value};
use crate::plan::Kind;
use crate::run::Record;
use crate::service::{ParentHabit, Service};
use crate::site::{Piece, Site, What};
use crate::slot::Slot;
use crate::variant::{self, Variant};
use crate::words::cased;

/// The log files by name, and where each record stands.
pub(super) fn logs(setting: &Setting<'_>) -> (BTreeMap<String, String>, Vec<Placed>) {
    let system = setting.system;
    let mut by_service: Vec<Vec<&Record>> = vec![Vec::new(); system.services.len()];
    for record in &setting.run.records {
        by_service[system.sites[record.site].service].push(record);
    }
    let last = setting.run.records.last().map_or(system.company.epoch_ns, |record| record.at);
    let mut files = BTreeMap::new();
    let mut placed = Vec::new();
    for (at, service) in system.services.iter().enumerate() {
        let mut text = String::new();
        let mut line = 1;
        let mut put = |lines: Vec<String>, span: Option<usize>| {
            placed.push(Placed { service: at, first_line: line, lines: lines.len(), span });
            line += lines.len();
            for one in lines {
                text += &one;
                text.push('\n');
            }
        };
        let mut hum = noise::lines(system, at, last + 2_000_000_000).into_iter().peekable();
        for record in &by_service[at] {
            while let Some(line) = hum.next_if(|line| line.at <= record.at) {
                put(hummed(setting, at, &line), None);
            }
            put(said(setting, record), record.span);
        }
        for line in hum {
            put(hummed(setting, at, &line), None);
        }
        files.insert(format!("{}.log", service.name), text);
    }
    (files, placed)
}

/// The lines of a record.
fn said(setting: &Setting<'_>, record: &Record) -> Vec<String> {
    let system = setting.system;
    let site = &system.sites[record.site];
    let service = &system.services[site.service];
    let mut message = String::new();
    for piece in &site.pieces {
        match piece {
            Piece::Text(text) => message += text,
            Piece::Gap(slot) => message += &value(record, *slot).plain(),
        }
    }
    let mut fields: Vec<(String, Value)> = Vec::with_capacity(site.fields.len() + 1);
    for (name, what) in &site.fields {
        let value = match what {
            What::Fixed(value) => value.clone(),
            What::Gap(slot) => value(record, *slot).clone(),
        };
        fields.push((name.clone(), value));
    }
    if service.embed && matches!(service.layout, Layout::Json(_)) {
        message = service.tail.append(&message, &fields);
        fields.clear();
    }
    fields.extend(incoming(setting, record, site, service));
    let stack = if site.stack {
        let cause =
            record.values.iter().find(|(slot, _)| *slot == Slot::Error).map(|(_, value)| value.plain());
        stack::trace(service, site, cause.as_deref().unwrap_or("unexpected state"))
    } else {
        Vec::new()
    };
    let spelling = system.company.ids;
    let ids = record.span.map(|span| &setting.ids[span]);
    let spelled =
        ids.map(|ids| (variant::spell_trace(&ids.trace, spelling), variant::spell_span(&ids.span, spelling)));
    let ids = match &spelled {
        _ if setting.variant == Variant::V4 => Ids::Hidden,
        Some((trace, span)) => Ids::Inside(trace, span),
        None => Ids::Outside,
    };
    let thread = service.threads[record.thread.0].replace("{n}", &(record.thread.1 + 1).to_string());
    let line = Line {
        at: record.at + setting.clocks[site.service].ahead(record.at),
        level: site.level,
        service: &service.name,
        host: &system.company.hosts[service.host],
        company: &system.company.name,
        pid: service.pid,
        logger: &service.loggers[site.logger],
        source: &format!("{}:{}", service.sources[site.logger], site.line),
        function: &site.function,
        thread: &thread,
        message: &message,
        fields: &fields,
        ids,
        stack: &stack,
    };
    physical(service, &line)
}

fn value(record: &Record, slot: Slot) -> &Value {
    let found = record.values.iter().find(|(other, _)| *other == slot);
    &found.expect("a record has all values of its site").1
}

/// What a line says in v2 about who set its span off.
fn incoming(
    setting: &Setting<'_>,
    record: &Record,
    site: &Site,
    service: &Service,
) -> Option<(String, Value)> {
    let span = record.span.filter(|_| setting.variant == Variant::V2)?;
    let company = &setting.system.company;
    let habit = service.habits.parent;
    let span = &setting.run.spans[span];
    let parent = &setting.ids[span.parent?];
    let entry = matches!(span.kind, Kind::Server | Kind::Consumer);
    let headers = matches!(habit, ParentHabit::Header | ParentHabit::Headers);
    if !(entry && site.receives) && (headers || habit != ParentHabit::Everywhere) {
        return None;
    }
    let (name, text) = variant::header(parent, company.ids, company.propagation);
    Some(match habit {
        ParentHabit::Header => (name.to_owned(), Value::Text(text)),
        ParentHabit::Headers => ("headers".to_owned(), Value::Bare(format!("{{\"{name}\":\"{text}\"}}"))),
        ParentHabit::Id | ParentHabit::Everywhere => {
            let decimal = matches!(company.ids, IdSpelling::Decimal | IdSpelling::HexDecimal);
            let name = match service.pid % 3 {
                _ if decimal => "dd.parent_id".to_owned(),
                0 => cased("parent_id", service.case),
                _ => cased("parent_span_id", service.case),
            };
            (name, Value::Text(variant::spell_span(&parent.span, company.ids)))
        }
    })
}

/// The lines of something that belongs to no transaction.
fn hummed(setting: &Setting<'_>, at: usize, hum: &noise::Hum) -> Vec<String> {
    let system = setting.system;
    let service = &system.services[at];
    let thread = service.threads[3].replace("{n}", "1");
    let line = Line {
        at: hum.at + setting.clocks[at].ahead(hum.at),
        level: if hum.level == Level::Debug { Level::Debug } else { hum.level },
        service: &service.name,
        host: &system.company.hosts[service.host],
        company: &system.company.name,
        pid: service.pid,
        logger: &service.loggers[2],
        source: &format!("{}:{}", service.sources[2], 7),
        function: "run",
        thread: &thread,
        message: &hum.text,
        fields: &[],
        ids: if setting.variant == Variant::V4 { Ids::Hidden } else { Ids::Outside },
        stack: &[],
    };
    physical(service, &line)
}

/// The record in the service's layout, within what the collector adds.
fn physical(service: &Service, line: &Line<'_>) -> Vec<String> {
    let lines = service.layout.write(line, service.stamp, service.tail, service.id_names.as_ref());
    let wrapped = lines.iter().map(|text| service.wrap.around(text, line.at, &service.name, &service.pod));
    wrapped.map(|text| text.trim_end().to_owned()).collect()
}

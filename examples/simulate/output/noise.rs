//! Lines that belong to no transaction: banners, heartbeats, statistics.

use crate::draw::Draw;
use crate::layout::Level;
use crate::plan::System;
use crate::service::Service;

const TABLE: &str = include_str!("../noise.txt");

/// One such line.
pub(super) struct Hum {
    pub(super) at: i64,
    pub(super) level: Level,
    pub(super) text: String,
}

/// The lines of the service with index `at`, until `end`.
pub(super) fn lines(system: &System, at: usize, end: i64) -> Vec<Hum> {
    let service = &system.services[at];
    let mut draw = Draw::new(system.seed, &format!("noise of {}", service.name));
    let mut now = system.company.epoch_ns + draw.range(0, 900_000_000);
    let mut lines = Vec::new();
    for row in section("banner") {
        if draw.chance(0.8) {
            let phrase = *draw.pick(&row);
            let text = fill(phrase, system, service, &mut draw);
            lines.push(Hum { at: now, level: Level::Info, text });
            now += draw.range(1_000_000, 400_000_000);
        }
    }
    let rows = section("heartbeat");
    let levels = [(70, Level::Info), (22, Level::Debug), (8, Level::Warn)];
    let own: Vec<(&str, Level)> = (0..draw.range(1, 3))
        .map(|turn| (*draw.pick(&rows[(at * 5 + turn as usize * 3) % rows.len()]), draw.weighted(&levels)))
        .collect();
    let gap = 60e9 / system.noise_per_minute / draw.magnitude(0.5, 2.0);
    loop {
        now += draw.exponential(gap) as i64 + 1_000_000;
        if now >= end {
            return lines;
        }
        let (phrase, level) = *draw.pick(&own);
        let text = fill(phrase, system, service, &mut draw);
        lines.push(Hum { at: now, level, text });
    }
}

/// The rows of a section of the table.
fn section(name: &str) -> Vec<Vec<&'static str>> {
    let head = format!("[{name}]");
    let rows =
        TABLE.lines().skip_while(|line| *line != head).skip(1).take_while(|line| !line.starts_with('['));
    rows.map(|row| row.split(" | ").collect()).collect()
}

fn fill(phrase: &str, system: &System, service: &Service, draw: &mut Draw) -> String {
    let mut text = phrase
        .replace("{svc}", &service.name)
        .replace("{version}", &service.version)
        .replace("{port}", &service.port.to_string());
    if text.contains("{topic}") {
        let topic = system.channels.first().map_or("events", |channel| &channel.name);
        text = text.replace("{topic}", topic);
    }
    while let Some(open) = text.find('{') {
        let close = open + text[open..].find('}').expect("the table is well formed");
        let value = match &text[open + 1..close] {
            "n" => (draw.magnitude(1.0, 900.0) as i64).to_string(),
            "f" => format!("{:.1}", draw.magnitude(0.1, 90.0)),
            "pct" => draw.range(12, 99).to_string(),
            "ip" => format!("10.0.{}.{}", draw.below(9), draw.below(250)),
            other => unreachable!("noise has the gap {other}"),
        };
        text.replace_range(open..=close, &value);
    }
    text
}

//! Lines of known patterns give what they give when they are read anew.

use crate::formats;
use crate::random::Random;
use spanloom::context::Defaults;
use spanloom::engine::worker::{Read, Worker};
use spanloom::model::SourceId;
use spanloom::record::Profile;
use std::fmt::Write as _;
use std::path::Path;

/// All of what was read, as text.
fn shown(read: &Read) -> String {
    let mut out = String::new();
    let batch = &read.batch;
    for event in &batch.events {
        let texts = [event.service, event.instance, event.template].map(|symbol| batch.symbols.text(symbol));
        let _ = writeln!(out, "{event:?} {texts:?} {:?}", batch.details(event));
        for detail in batch.details(event) {
            if let spanloom::model::Detail::Key { name, .. } = detail {
                let _ = write!(out, "{} ", batch.symbols.text(*name));
            }
        }
    }
    let _ = write!(out, "{} symbols\n{:?}", batch.symbols.len(), read.exit);
    out
}

#[track_caller]
fn check(what: &str, text: &[u8]) {
    let profile = Profile::of(text, Vec::new(), None);
    let defaults = Defaults::of(SourceId(0));
    let mut knowing = Worker::default();
    // what was read before makes lines known, and no difference
    for round in 0..3 {
        let known = shown(&knowing.block(text, &profile, &defaults, &[], None));
        let anew = shown(&Worker::without_patterns().block(text, &profile, &defaults, &[], None));
        if known != anew {
            let (one, other) = known
                .lines()
                .zip(anew.lines())
                .find(|(one, other)| one != other)
                .unwrap_or(("more or fewer lines", ""));
            panic!("{what}, round {round}:\nknown {one}\nanew  {other}");
        }
    }
}

/// The line with other digits in the place of some of its own, as the next line of its kind may have them.
fn another(line: &[u8], numbers: &mut Random) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let kind = numbers.below(8);
    let mut index = 0;
    while index < line.len() {
        let run = line[index..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let digits = line[index..index + run].iter().filter(|byte| byte.is_ascii_digit()).count();
        let letters = line[index..index + run].iter().all(|byte| !byte.is_ascii_uppercase());
        if run == 0 || digits == 0 || numbers.below(3) == 0 {
            let run = run.max(1);
            out.extend_from_slice(&line[index..index + run]);
            index += run;
            continue;
        }
        let alone = index > 0 && matches!(line[index - 1], b' ' | b'=' | b'(' | b':');
        let length = match kind {
            // other lengths, where a number stands alone
            0..4 if alone && run < 7 => 1 + numbers.below(8),
            _ => run,
        };
        for _ in 0..length {
            let digit = match kind {
                // what stands for none, and what is out of range
                6 => b'0',
                7 => b'9',
                _ if digits < run && letters => b"0123456789abcdef"[numbers.below(16)],
                _ if index + run < line.len() && numbers.below(4) == 0 => b'1',
                _ => b'0' + numbers.below(10) as u8,
            };
            out.push(digit);
        }
        index += run;
    }
    out
}

fn walk(folder: &Path, take: &mut dyn FnMut(&Path, &[u8])) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, take);
        } else if let Ok(bytes) = std::fs::read(&path) {
            take(&path, &bytes);
        }
    }
}

#[test]
fn lines_of_known_patterns_are_read_like_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases");
    walk(&root, &mut |path, bytes| check(&path.display().to_string(), bytes));
}

#[test]
fn lines_with_other_numbers_are_read_like_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases");
    let mut numbers = Random(7);
    walk(&root, &mut |path, bytes| {
        let lines: Vec<&[u8]> =
            bytes.split(|&byte| byte == b'\n').filter(|line| (20..2000).contains(&line.len())).collect();
        for chunk in lines.chunks(40).take(4) {
            let mut text = Vec::new();
            for _ in 0..6 {
                for line in chunk {
                    text.extend(another(line, &mut numbers));
                    text.push(b'\n');
                }
            }
            check(&path.display().to_string(), &text);
        }
    });
}

#[test]
fn samples_of_all_formats_with_other_numbers_are_read_like_others() {
    let mut numbers = Random(11);
    for (index, sample) in formats::samples().iter().enumerate() {
        let mut text = Vec::new();
        for _ in 0..24 {
            for line in sample.split('\n') {
                text.extend(another(line.as_bytes(), &mut numbers));
                text.push(b'\n');
            }
        }
        check(&format!("sample {index}: {sample}"), &text);
    }
}

#[test]
fn lengths_of_time_and_programs_with_other_numbers_are_read_like_others() {
    let mut numbers = Random(13);
    let lines = [
        "2026-03-01T12:00:00.123Z INFO jobs scheduler tick: 59 jobs due, next run in 59 s",
        "2026-03-01T12:00:00.123Z INFO jobs order ORD-1234 packed in 4.5 s",
        "2026-03-01T12:00:00.123Z INFO jobs order ORD-1234-2 packed in 5 s, retry after 0 s",
        "{\"time\":\"2026-03-01T12:00:00.123Z\",\"level\":\"INFO\",\"message\":\"polled in 12 s\",\"elapsed\":0.012}",
        "{\"time\":\"2026-03-01T12:00:00.123Z\",\"level\":\"INFO\",\"message\":\"part 730011-2 of 7\",\"part\":\"730011-2\"}",
        "10.0.9.4 - - [2026-03-01T12:00:03.325+00:00] \"GET /orders/ORD-32245105 HTTP/1.1\" 200 529 \"-\" \"okhttp/4.12\" rt=0.029",
        "10.0.9.4 - - [2026-03-01T12:00:03.325+00:00] \"GET /orders/7 HTTP/1.1\" 200 529 \"-\" \"billing-1/2.4 (x 1)\" 12",
        "10.0.9.4 - - [2026-03-01T12:00:03.325+00:00] \"GET /orders/7 HTTP/1.1\" 200 529 \"-\" \"client7 agent/12\" 12",
    ];
    for line in lines {
        let mut text = Vec::new();
        for _ in 0..200 {
            text.extend(another(line.as_bytes(), &mut numbers));
            text.push(b'\n');
        }
        check(line, &text);
    }
}

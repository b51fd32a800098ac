//! What a worker remembers of the lines before (names, the order they come in) makes it faster and changes nothing: sample
//! lines and lines damaged at random are read by one worker after the other, and each by a fresh one.

use crate::program;
use crate::random::Random;
use spanloom::context::Defaults;
use spanloom::engine::worker::{Note, Worker};
use spanloom::model::SourceId;
use spanloom::record::Profile;
use spanloom::report::extract;

/// All lines of the samples.
fn lines() -> Vec<Vec<u8>> {
    let root = program::root().join("testdata/formats");
    let mut lines = Vec::new();
    for name in program::files(&root).iter().filter(|name| name.ends_with(".toml")) {
        let text = std::fs::read_to_string(root.join(name)).expect("it was just listed");
        let table: toml::Table = text.parse().expect("samples are TOML");
        texts(&toml::Value::Table(table), &mut lines);
    }
    lines
}

/// The lines of all texts in a value.
fn texts(value: &toml::Value, lines: &mut Vec<Vec<u8>>) {
    match value {
        toml::Value::String(text) => {
            lines.extend(text.lines().filter(|line| !line.is_empty()).map(|line| line.as_bytes().to_vec()));
        }
        toml::Value::Array(items) => items.iter().for_each(|item| texts(item, lines)),
        toml::Value::Table(table) => table.iter().for_each(|(_, item)| texts(item, lines)),
        _ => {}
    }
}

/// A line with a byte changed, left out, or doubled, or without its end.
fn damaged(line: &[u8], random: &mut Random) -> Vec<u8> {
    const BYTES: &[u8] = b"\"\\{}[]:=, \t'0aZ-\x00\x1b\xff";
    let mut line = line.to_vec();
    let at = random.below(line.len());
    match random.below(4) {
        0 => line[at] = BYTES[random.below(BYTES.len())],
        1 => drop(line.remove(at)),
        2 => line.insert(at, line[at]),
        _ => line.truncate(at.max(1)),
    }
    line
}

/// What a worker makes of a line that is a record of its own, and of nothing but it.
fn read(worker: &mut Worker, line: &[u8], defaults: &Defaults) -> String {
    let (batch, notes) = worker.whole(
        line,
        &Profile::default(),
        defaults,
        Some(Note { write: extract::note, whole: false, recipe: None }),
    );
    let notes: Vec<_> =
        (0..batch.events.len()).map(|index| String::from_utf8_lossy(notes.of(index))).collect();
    format!("{:?} {:?} {notes:?}", batch.events, batch.details)
}

#[test]
fn what_was_read_before_makes_no_difference() {
    let lines = lines();
    assert!(lines.len() > 100, "only {} lines", lines.len());
    let defaults = Defaults::of(SourceId(0));
    let mut random = Random(1);
    let mut worker = Worker::default();
    for _ in 0..4 {
        for line in &lines {
            for line in [line.clone(), damaged(line, &mut random), line.clone()] {
                let expected = read(&mut Worker::default(), &line, &defaults);
                let got = read(&mut worker, &line, &defaults);
                assert_eq!(got, expected, "{}", String::from_utf8_lossy(&line));
            }
        }
    }
}

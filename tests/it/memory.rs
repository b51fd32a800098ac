//! What a worker remembers of the lines before (names, the order they come in) makes it faster and changes nothing: sample
//! lines and lines damaged at random are read by one worker after the other, and each by a fresh one.

use crate::program;
use spanloom::context::Defaults;
use spanloom::engine::worker::{Note, Worker};
use spanloom::model::{SourceId, Symbol, Symbols};
use spanloom::record::Profile;
use spanloom::record::timestamp::Zone;
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

/// Random numbers: SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
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
    let (batch, notes) =
        worker.whole(line, &Profile::default(), defaults, Some(Note { write: extract::note, whole: false }));
    let notes: Vec<_> =
        (0..batch.events.len()).map(|index| String::from_utf8_lossy(notes.of(index))).collect();
    format!("{:?} {:?} {notes:?}", batch.events, batch.details)
}

#[test]
fn what_was_read_before_makes_no_difference() {
    let lines = lines();
    assert!(lines.len() > 100, "only {} lines", lines.len());
    let defaults = Defaults {
        source: SourceId(0),
        service: Symbol::NONE,
        service_is_sure: false,
        instance: Symbol::NONE,
        names: Symbols::default(),
        zone: Zone::utc(),
        keys: Default::default(),
    };
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

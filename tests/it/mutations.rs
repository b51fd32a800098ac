//! Damaged lines: those of all samples, cut, joined, repeated, with bytes changed and put in between. Always the same ones.

use crate::{formats, program};
use std::time::{Duration, Instant};

/// So many damaged lines are read.
const LINES: usize = 1600;
/// Time for them; a reader whose work grows with the square of a line's length needs far more.
const LIMIT: Duration = Duration::from_secs(60);

/// What is put into lines: what opens, closes, names and parts things, and what is no text.
const PIECES: [&[u8]; 36] = [
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"\\",
    b"=",
    b":",
    b" ",
    b"\t",
    b"\r",
    b"|",
    b";",
    b",",
    b"#",
    b"-",
    b"\0",
    b"\xff\xfe",
    b"\xe2\x80",
    b"\x1b[31m",
    b"\\ud800",
    b"1e999",
    b"18446744073709551616",
    b" INFO ",
    b"trace_id=",
    b"traceparent: 00-",
    b"dd.trace_id=",
    b"Root=1-",
    b"=> ",
    b"# Time: ",
    b"--- [",
];

/// What is repeated in a line: nests, names without end, and plain bytes.
const NESTS: [&[u8]; 12] = [
    b"{\"a\":",
    b"{\"a\": ",
    b"[",
    b" (",
    b" [",
    b"{a=",
    b"<a>",
    b"a=",
    b" a=\"",
    b" trace_id: x",
    b"9",
    b"\xc3",
];

/// A generator of numbers (xorshift, Marsaglia 2003): the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }
}

/// A line after a few changes.
fn damaged(numbers: &mut Numbers, lines: &[&[u8]]) -> Vec<u8> {
    let mut line = numbers.pick(lines).to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(line.len() + 1);
        let insert = |line: &mut Vec<u8>, piece: &[u8]| drop(line.splice(at..at, piece.iter().copied()));
        match numbers.below(9) {
            0 => line.truncate(at),
            1 => drop(line.drain(..at)),
            2 if at < line.len() => line[at] ^= 1 << numbers.below(8),
            3 => {
                let other = numbers.pick(lines);
                line.truncate(at);
                line.extend_from_slice(&other[numbers.below(other.len())..]);
            }
            4 => line.extend_from_within(..at),
            5 if numbers.below(8) == 0 => {
                let count = [10, 300, 3000][numbers.below(3)];
                let nest = numbers.pick(&NESTS).repeat(count);
                insert(&mut line, &nest);
            }
            _ => {
                let piece = numbers.pick(&PIECES);
                insert(&mut line, piece);
            }
        }
    }
    line
}

#[test]
fn damaged_lines_are_survived() {
    let samples = formats::lines();
    let lines: Vec<&[u8]> = samples.iter().map(String::as_bytes).filter(|line| !line.is_empty()).collect();
    let mut numbers = Numbers(0x5eed_1e55_c0de_d00d);
    let dir = program::directory::<&str, &str>(&[]);
    for file in 0..8 {
        let mut text = Vec::new();
        for _ in 0..LINES / 8 {
            text.extend(damaged(&mut numbers, &lines));
            let ends: [&[u8]; 4] = [b"\n", b"\r\n", b"\n\n", b"\0\n"];
            text.extend_from_slice(if numbers.below(20) == 0 { numbers.pick(&ends) } else { b"\n" });
        }
        program::write(dir.path(), &format!("damaged-{file}.log"), &text);
    }
    let begun = Instant::now();
    let extracted = program::run(dir.path(), &["extract", "."]);
    assert_eq!((extracted.code, extracted.stderr.as_str()), (0, ""));
    assert!(extracted.lines().len() > LINES / 8, "records are read all the same");
    for args in [&["report", "--format", "json", "."][..], &["explain", "."], &["list", "."], &["map", "."]] {
        let got = program::run(dir.path(), args);
        assert!(matches!(got.code, 0 | 1), "{args:?}: {}\n{}", got.code, got.stderr);
        assert!(!got.stderr.contains("panicked"), "{args:?}: {}", got.stderr);
    }
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
}

#[test]
fn no_line_takes_time_by_the_square_of_its_length() {
    let head = "2026-03-07 09:15:42,123 INFO shop.orders: ";
    let tails = ["}", "]", ")", "\"", "=1", " trace_id=x", ""];
    for nest in NESTS {
        let lines = tails.map(|tail| {
            [head.as_bytes(), &nest.repeat(10_000 / nest.len()), tail.as_bytes(), b"\n"].concat()
        });
        let begun = Instant::now();
        let dir = program::directory::<&str, &str>(&[]);
        let got = program::run_with(dir.path(), &["extract", "-"], lines.concat());
        assert_eq!(got.code, 0, "{}", got.stderr);
        let took = begun.elapsed();
        assert!(took < LIMIT / 6, "{:?} took {took:?}", String::from_utf8_lossy(nest));
    }
}

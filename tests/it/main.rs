//! Tests of the whole program.
//!
//! One crate, so that it is linked once. What a test needs to run the program is in `program`, what it needs to show a
//! difference in `diff` and `layout`, random numbers in `random`; every other module is a subject:
//!
//! - `cases`: whole runs, each a folder below `testdata/cases`; a new one needs no Rust
//! - `causes`, `joins`, `untraced`: what caused what, and what is one transaction, in small runs in which it is known
//! - `recorded`: trees of recorded systems, held against what really happened
//! - `order`: the same bytes whatever the threads, the block size, the order of files, the compression
//! - `contract`: the JSON outputs against their schemas, and their counts against each other
//! - `findings`: faults that were put into made-up systems
//! - `formats`: sample lines, each with the record expected of it, below `testdata/formats`
//! - `extremes`: input that is rare but right
//! - `bad_input`, `interrupted`: what goes wrong, and what is said of it
//! - `records`: which records there are, and which are asked for
//! - `memory`, `patterns`: what was read before makes no difference
//! - `spilling`: what does not fit into memory; its logs are those of the benches (`corpus`)
//! - `help`: the texts of `--help`
//! - `text`: the reports for people, written by the library
//! - `check`: outcomes for CI, against foreign schemas and parsers
//! - `exports`: what other tools are given
//! - `readme`: the commands in README.md
//! - `architecture`, `dependencies`: the rules of the source tree
//!
//! With `SPANLOOM_BLESS=1` in the environment, files of expected output are written anew in place of being compared;
//! read the difference before it is committed.

#![expect(clippy::print_stderr, reason = "tests say what they skip")]

mod architecture;
mod bad_input;
mod cases;
mod causes;
mod check;
mod contract;
#[cfg(unix)]
#[path = "../../benches/corpus.rs"]
mod corpus;
mod dependencies;
mod diff;
mod exports;
mod extremes;
mod findings;
mod formats;
mod help;
mod interrupted;
mod joins;
mod layout;
mod memory;
mod mutations;
mod order;
mod patterns;
mod program;
mod random;
mod readme;
mod recorded;
mod records;
mod spilling;
mod text;
mod untraced;

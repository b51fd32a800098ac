//! The same bytes whatever the threads, the block size, the order in which files are named, and their compression.
//!
//! Every case is run in all these ways, and so is one input made of all of them that is longer than what a source's
//! format is told by, so that blocks are read before all is known.

use crate::cases::{self, Case};
use crate::{diff, program};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Threads and block size.
type Way = (usize, Option<usize>);

/// What every other way is compared with.
const PLAIN: Way = (1, None);
/// The other ways.
const WAYS: [Way; 8] = [
    (2, None),
    (8, None),
    (1, Some(64)),
    (1, Some(997)),
    (1, Some(4096)),
    (2, Some(997)),
    (8, Some(64)),
    (8, Some(4096)),
];

/// The commands whose output is compared.
const COMMANDS: [&[&str]; 2] = [&["extract"], &["report", "--format", "json"]];

/// Standard output of a command in one way.
fn output(dir: &Path, command: &[&str], way: Way, names: &[String], options: &[String]) -> Vec<u8> {
    let (threads, block) = way;
    let mut args: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    args.extend(["--threads".to_owned(), threads.to_string()]);
    if let Some(size) = block {
        args.extend(["--block-size".to_owned(), size.to_string()]);
    }
    args.extend(options.iter().chain(names).cloned());
    let got = program::run(dir, &args);
    assert!(!got.stdout.is_empty(), "{args:?} in {} gives nothing: {}", dir.display(), got.stderr);
    got.stdout
}

/// How an output differs from the plain one.
fn compare(what: &str, plain: &[u8], other: &[u8]) -> Option<String> {
    // objects on lines of their own
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("},{", "},\n{");
    (plain != other).then(|| format!("{what}:\n{}", diff::diff(&shown(plain), &shown(other))))
}

/// An order of names that is neither theirs nor its reverse: every third one, from the front.
fn shuffled(names: &[String]) -> Vec<String> {
    (0..3).flat_map(|first| names.iter().skip(first).step_by(3)).cloned().collect()
}

fn reversed(names: &[String]) -> Vec<String> {
    names.iter().rev().cloned().collect()
}

/// What is wrong with the outputs of the files of a directory, in any way.
fn check(dir: &Path, names: &[String], options: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let plain = output(dir, command, PLAIN, names, options);
        for way in WAYS {
            let other = output(dir, command, way, names, options);
            let what = format!("{command:?} with {} threads, block size {:?}", way.0, way.1);
            wrong.extend(compare(&what, &plain, &other));
        }
        if names.len() > 1 {
            for (order, names) in [("reversed", reversed(names)), ("shuffled", shuffled(names))] {
                for way in [PLAIN, (8, None)] {
                    let other = output(dir, command, way, &names, options);
                    let what = format!("{command:?} with {order} names and {} threads", way.0);
                    wrong.extend(compare(&what, &plain, &other));
                }
            }
        }
    }
    wrong
}

/// Whether a file is neither compressed nor an archive, nor anything else that is not read as lines of text.
fn is_plain(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && !bytes.starts_with(b"\x1f\x8b") && !bytes.starts_with(b"\x28\xb5\x2f\xfd")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory can be written")
}

/// The files whose order matters to nobody: the settings are no input.
fn named(dir: &Path) -> Vec<String> {
    program::files(dir).into_iter().filter(|name| !name.ends_with(".toml")).collect()
}

#[test]
fn every_case_gives_the_same_bytes_in_every_way() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let dir = case.input();
        let faults = check(dir.path(), &named(dir.path()), &case.options);
        wrong.extend(faults.into_iter().map(|fault| format!("{}: {fault}", case.name)));
    }
    diff::none(&wrong);
}

#[test]
fn compressed_files_give_the_bytes_of_plain_ones() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let Case { name, options, .. } = &case;
        let dir = case.input();
        let names = named(dir.path());
        let plain = COMMANDS.map(|command| output(dir.path(), command, PLAIN, &names, options));
        for (kind, compress) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("zstd", zstd)] {
            let dir = case.input();
            for file in &names {
                let path = dir.path().join(file);
                let bytes = fs::read(&path).expect("it was just written");
                let modified = fs::metadata(&path).and_then(|file| file.modified()).expect("it has a time");
                if is_plain(&bytes) {
                    fs::write(&path, compress(&bytes)).expect("it can be written");
                    let file = fs::File::options().append(true).open(&path).expect("it was just written");
                    file.set_modified(modified).expect("times can be set");
                }
            }
            for (command, plain) in COMMANDS.iter().zip(&plain) {
                for way in [PLAIN, (8, Some(997))] {
                    let other = output(dir.path(), command, way, &names, options);
                    let what = format!("{name}: {command:?} of {kind} with {} threads", way.0);
                    wrong.extend(compare(&what, plain, &other));
                }
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn long_sources_give_the_same_bytes_in_every_way() {
    /// More than the front of a source that tells its format.
    const LENGTH: usize = 160 << 10;
    let mut mixed = Vec::new();
    let mut files = Vec::new();
    for case in cases::all() {
        let dir = case.input();
        for name in named(dir.path()) {
            let bytes = fs::read(dir.path().join(&name)).expect("it was just written");
            if !is_plain(&bytes) || !bytes.ends_with(b"\n") {
                continue;
            }
            // the longest file of one format, over and over
            if case.name == "shop-with-faults" && name == "orders.log" {
                files.push(("orders.log".to_owned(), bytes.repeat(LENGTH / bytes.len() + 1)));
            }
            mixed.extend(bytes);
        }
    }
    // all formats in turn
    files.push(("mixed.log".to_owned(), mixed.repeat(LENGTH / mixed.len() + 1)));
    let dir = program::directory(&files);
    diff::none(&check(dir.path(), &named(dir.path()), &[]));
}

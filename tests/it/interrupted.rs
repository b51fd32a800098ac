//! Ctrl-C: what was read is reported, and the exit code tells; a second one ends the program at once.
#![cfg(unix)]

use crate::contract::report_faults;
use crate::program;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// What is said at the first Ctrl-C.
const SAID: &str =
    "spanloom: interrupted: reporting what was read so far\nhint: press Ctrl-C again to quit at once\n";

/// Makes a named pipe.
pub(crate) fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().expect("mkfifo is part of POSIX");
    assert!(made.success());
}

/// Presses Ctrl-C; a program that has ended already does not mind.
fn interrupt(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {} 2> /dev/null", child.id())]).status();
    sent.expect("a shell is part of POSIX");
}

fn line(number: u64) -> String {
    format!(
        "{{\"time\":\"2024-05-01T12:00:00Z\",\"service\":\"till\",\"msg\":\"paid\",\
         \"trace_id\":\"{:032x}\",\"span_id\":\"{:016x}\"}}\n",
        number / 7 + 1,
        number + 1
    )
}

/// Lines of more bytes than a pipe holds, and few enough to be woven in time by a program that is not optimized.
const MUCH: u64 = 10_000;

/// Starts the program on a named pipe that is written to until nobody reads it; gives it once so many lines were
/// written.
fn reading(dir: &Path, args: &[&str], much: u64) -> (Child, thread::JoinHandle<()>) {
    let pipe = dir.join("pipe.log");
    make_pipe(&pipe);
    let mut command = program::command(program::path(), dir);
    // small blocks are handed on while the pipe is open
    command.args(args).args(["--block-size", "16384", "pipe.log"]);
    let child = program::start(command);
    let (send, written) = mpsc::channel();
    let writer = thread::spawn(move || {
        let mut pipe = File::options().write(true).open(pipe).expect("the program reads it");
        for number in 0.. {
            if number == much {
                // whoever waits for it may be gone
                let _ = send.send(());
            }
            if pipe.write_all(line(number).as_bytes()).is_err() {
                return;
            }
        }
    });
    written.recv_timeout(program::PATIENCE).expect("the pipe is read");
    (child, writer)
}

#[test]
fn a_report_that_is_interrupted_holds_what_was_read() {
    let dir = program::directory::<&str, &str>(&[]);
    let (child, writer) = reading(dir.path(), &["report", "--format", "json"], MUCH);
    interrupt(&child);
    let got = program::finish(child, Vec::new());
    writer.join().expect("writing does not panic");
    assert_eq!((got.code, got.stderr.as_str()), (130, SAID));
    let report = got.json();
    assert_eq!(report_faults(&report), Vec::<String>::new());
    assert!(report["coverage"]["records"].as_u64() > Some(1000), "{}", report["coverage"]);
}

#[test]
fn an_extract_that_is_interrupted_ends_with_a_whole_line() {
    let dir = program::directory::<&str, &str>(&[]);
    let (child, writer) = reading(dir.path(), &["extract", "--output", "out.ndjson"], MUCH);
    interrupt(&child);
    let got = program::finish(child, Vec::new());
    writer.join().expect("writing does not panic");
    assert_eq!((got.code, got.stderr.as_str()), (130, SAID));
    let text = std::fs::read_to_string(dir.path().join("out.ndjson")).expect("it was put in place");
    assert!(text.ends_with("}\n") && text.lines().count() > 1000, "{} bytes", text.len());
}

#[test]
fn what_a_silent_pipe_gave_before_is_reported() {
    for args in [&["extract"][..], &["report", "--format", "json"], &["explain"]] {
        let dir = program::directory::<&str, &str>(&[]);
        let pipe = dir.path().join("pipe.log");
        make_pipe(&pipe);
        let mut command = program::command(program::path(), dir.path());
        command.args(args).arg("pipe.log");
        let child = program::start(command);
        // opening waits for the program, which minds Ctrl-C by then
        let mut held = File::options().write(true).open(&pipe).expect("the program reads it");
        held.write_all(line(0).as_bytes()).expect("the program reads it");
        held.write_all(&line(1).as_bytes()[..130]).expect("the program reads it");
        wait_until_read(&held);
        interrupt(&child);
        let got = program::finish(child, Vec::new());
        assert_eq!((got.code, got.stderr.as_str()), (130, SAID), "{args:?}");
        match args[0] {
            "extract" => assert_eq!(got.lines().len(), 2),
            "report" => assert_eq!(got.json()["coverage"]["records"], 2),
            _ => assert!(got.text().contains("paid"), "{}", got.text()),
        }
        drop(held);
    }
}

#[test]
fn a_pipe_that_gives_nothing_can_be_interrupted() {
    let dir = program::directory::<&str, &str>(&[]);
    let pipe = dir.path().join("pipe.log");
    make_pipe(&pipe);
    let mut command = program::command(program::path(), dir.path());
    command.args(["report", "--format", "json", "pipe.log"]);
    let child = program::start(command);
    let held = File::options().write(true).open(&pipe).expect("the program reads it");
    interrupt(&child);
    let got = program::finish(child, Vec::new());
    assert_eq!((got.code, got.json()["coverage"]["records"].as_u64()), (130, Some(0)));
    drop(held);
}

/// Waits until nothing is left in a pipe.
fn wait_until_read(pipe: &File) {
    let start = Instant::now();
    while rustix::io::ioctl_fionread(pipe).expect("it is a pipe") > 0 {
        assert!(start.elapsed() < program::PATIENCE, "the pipe is not read");
        thread::yield_now();
    }
}

#[test]
fn records_of_a_pipe_appear_as_they_come() {
    let dir = program::directory::<&str, &str>(&[]);
    let mut command = program::command(program::path(), dir.path());
    command.args(["extract", "-"]);
    let mut child = program::start(command);
    let mut stdin = child.stdin.take().expect("it is a pipe");
    stdin.write_all([line(0), line(1)].concat().as_bytes()).expect("the program reads it");
    let mut stdout = child.stdout.take().expect("it is a pipe");
    let mut first = [0; 1];
    stdout.read_exact(&mut first).expect("the record appears while the pipe is open");
    assert_eq!(first, *b"{");
    drop(stdin);
    assert_eq!(program::finish(child, Vec::new()).code, 0);
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let dir = program::directory::<&str, &str>(&[]);
    // its output is not taken, so that the program cannot end
    let (mut child, writer) = reading(dir.path(), &["extract"], 2000);
    interrupt(&child);
    let mut stderr = child.stderr.take().expect("it is a pipe");
    let mut said = vec![0; SAID.len()];
    stderr.read_exact(&mut said).expect("something is said");
    assert_eq!(String::from_utf8_lossy(&said), SAID);
    interrupt(&child);
    let got = program::finish(child, Vec::new());
    writer.join().expect("writing does not panic");
    assert_eq!(got.code, 130);
}

//! What does not fit into memory: the same bytes, and clear errors where it cannot be kept elsewhere.

#[cfg(unix)]
use crate::corpus;
use crate::{cases, diff, program};
#[cfg(unix)]
use std::path::Path;

/// The commands whose output is compared.
const COMMANDS: [&[&str]; 4] =
    [&["report"], &["report", "--format", "json"], &["list", "--format", "ndjson"], &["map"]];

#[test]
fn what_is_told_does_not_depend_on_memory() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let dir = case.input();
        let mut names: Vec<String> = program::files(dir.path());
        names.retain(|name| !name.ends_with(".toml"));
        for command in COMMANDS {
            let output = |more: &[&str]| {
                let words = command.iter().chain(more).map(|&word| word.to_owned());
                let args: Vec<String> = words.chain(case.options.iter().chain(&names).cloned()).collect();
                program::run(dir.path(), &args).stdout
            };
            let plain = output(&["--memory", "1G"]);
            // nothing is held but one transaction at a time, or a few of them
            for memory in ["1", "300k"] {
                let spilled = output(&["--memory", memory]);
                let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("},{", "},\n{");
                if plain != spilled {
                    let difference = diff::diff(&shown(&plain), &shown(&spilled));
                    wrong.push(format!("{}: {command:?} with {memory}:\n{difference}", case.name));
                }
            }
        }
    }
    diff::none(&wrong);
}

#[test]
fn a_folder_for_temporary_files_that_is_missing_is_told() {
    for case in cases::all().into_iter().take(3) {
        let dir = case.input();
        let mut command = program::command(program::path(), dir.path());
        command.args(["report", "--memory", "1", "-o", "report.txt", "."]);
        command.args(&case.options).env("TMPDIR", dir.path().join("nowhere"));
        let got = program::finish(program::start(command), Vec::new());
        assert_eq!(got.code, 2, "{}", got.stderr);
        assert!(got.stderr.contains("cannot make a temporary file in"), "{}", got.stderr);
        assert!(got.stderr.contains("TMPDIR"), "{}", got.stderr);
        assert!(got.stdout.is_empty() && !dir.path().join("report.txt").exists());
    }
}

/// What is said where no more may be written to temporary files, and how the program ends then.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_told_and_nothing_half_written_is_left() {
    let dir = program::directory::<&str, &str>(&[]);
    for (name, text) in corpus::logs(corpus::Style::Json, 3_000_000, 11) {
        program::write(dir.path(), &name, &text);
    }
    let logs = program::files(dir.path());
    // a limit of files' sizes stands for a disk that is full: writing beyond it fails, as nothing listens to its signal
    let limited = |limit: &str, memory: &str, output: &[&str]| {
        let mut command = program::command(Path::new("sh"), dir.path());
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
        command.args(["-c", &script, "sh"]).arg(program::path());
        command.args(["report", "--memory", memory]).args(output).args(&logs);
        program::finish(program::start(command), Vec::new())
    };
    let room = limited("1000000", "1M", &["-o", "report.txt"]);
    assert_eq!((room.code, room.stderr.as_str()), (0, ""));
    std::fs::remove_file(dir.path().join("report.txt")).expect("it was written");
    for limit in ["1", "100"] {
        for output in [&["-o", "report.txt"][..], &[]] {
            let got = limited(limit, "1M", output);
            assert_eq!(got.code, 2, "{}", got.stderr);
            let said: Vec<&str> = got.stderr.lines().collect();
            assert_eq!(said.len(), 2, "{}", got.stderr);
            assert!(said[0].starts_with("spanloom: cannot write a temporary file in '"), "{}", got.stderr);
            assert!(said[0].ends_with("file too large"), "{}", got.stderr);
            assert!(said[1].starts_with("hint: ") && said[1].contains("TMPDIR"), "{}", got.stderr);
            assert_eq!(String::from_utf8_lossy(&got.stdout), "");
            assert_eq!(program::files(dir.path()), logs);
        }
    }
}

/// The most that a process has held at once, in bytes, and what it wrote to standard output.
#[cfg(target_os = "linux")]
fn peak(dir: &Path, args: &[&str]) -> (u64, Vec<u8>) {
    use std::io::Read;
    let mut command = program::command(program::path(), dir);
    command.args(args);
    let mut child = program::start(command);
    let mut pipe = child.stdout.take().expect("it is piped");
    let (done, ended) = std::sync::mpsc::channel();
    let output = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = done.send(());
        bytes
    });
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        // it only ever grows, and is gone when the process is
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        most = kilobytes.map_or(most, |kilobytes| kilobytes << 10);
        if ended.recv_timeout(std::time::Duration::from_millis(5)).is_ok() {
            break;
        }
    }
    assert!(child.wait().expect("it was started").success());
    (most, output.join().expect("reading does not panic"))
}

/// No more than 64 MiB beyond what `--memory` allows, while a run that may hold all takes more.
#[cfg(target_os = "linux")]
#[test]
fn what_memory_allows_is_kept_to() {
    const ALLOWED: u64 = 48;
    // a build without optimization reads slowly
    let size = if cfg!(debug_assertions) { 40_000_000 } else { 100_000_000 };
    let dir = program::directory::<&str, &str>(&[]);
    for (name, text) in corpus::logs(corpus::Style::Json, size, 5) {
        program::write(dir.path(), &name, &text);
    }
    let run = |memory: &str| peak(dir.path(), &["report", "--threads", "2", "--memory", memory, "."]);
    let (little, told) = run(&format!("{ALLOWED}M"));
    let (much, expected) = run("4G");
    assert!(told == expected, "the report differs");
    let most = (ALLOWED + 64) << 20;
    assert!(little <= most, "{little} bytes are more than {most}");
    assert!(much > most, "the input is too small to tell anything: it takes {much} bytes");
}

/// Where nobody tells, about 64 MiB and 64 bytes a record; and where no temporary file can be made, the same is told.
#[cfg(target_os = "linux")]
#[test]
fn without_a_size_little_memory_is_taken() {
    let size = if cfg!(debug_assertions) { 40_000_000 } else { 100_000_000 };
    let dir = program::directory::<&str, &str>(&[]);
    for (name, text) in corpus::logs(corpus::Style::Json, size, 6) {
        program::write(dir.path(), &name, &text);
    }
    let records = program::files(dir.path())
        .iter()
        .map(|name| std::fs::read(dir.path().join(name)).expect("it was written"))
        .map(|text| text.iter().filter(|byte| **byte == b'\n').count() as u64)
        .sum::<u64>();
    let args = ["report", "--threads", "2", "."];
    let (taken, told) = peak(dir.path(), &args);
    // memory that was freed goes back to the system a little later, which is more where the processor is busy
    let most = (80 << 20) + 64 * records;
    assert!(taken <= most, "{taken} bytes are more than {most}");
    let mut command = program::command(program::path(), dir.path());
    command.args(args).env("TMPDIR", dir.path().join("nowhere"));
    let held = program::finish(program::start(command), Vec::new());
    assert_eq!((held.code, held.stderr.as_str()), (0, ""));
    assert!(held.stdout == told, "the report differs");
}

#[test]
fn a_size_that_is_none_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    for size in ["", "much", "-1", "5X", "0", "1e3M"] {
        let got = program::run(dir.path(), &["report", &format!("--memory={size}"), "."]);
        assert_eq!(got.code, 2, "{size}: {}", got.stderr);
        assert!(got.stderr.contains("--memory"), "{size}: {}", got.stderr);
    }
}

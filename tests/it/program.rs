//! Runs the program in a fixed environment.
//!
//! Always holds: nothing of the caller's environment reaches the program but where it may keep temporary files; no run
//! lasts longer than [`PATIENCE`].

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A run that lasts longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Name of the program in a child's environment, kept by coverage tools.
const KEPT: [&str; 6] = ["PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LLVM_PROFILE_FILE"];

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; 128 and the signal's number if one ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{}\n{}", self.text(), self.stderr))
    }

    /// Standard output as one JSON value a line.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        let text = self.text();
        let value = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON: {error}\n{line}"))
        };
        text.lines().map(value).collect()
    }
}

/// Where the sources of this project are.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program.
pub(crate) fn path() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_spanloom"))
}

/// The fixed environment, for any command.
pub(crate) fn command(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("TZ", "UTC").env("LC_ALL", "C");
    command
}

/// Runs the program in a directory, with nothing on standard input.
#[track_caller]
pub(crate) fn run<S: AsRef<str>>(dir: &Path, args: &[S]) -> Outcome {
    run_with(dir, args, Vec::new())
}

/// Runs the program in a directory, with these bytes piped in.
#[track_caller]
pub(crate) fn run_with<S: AsRef<str>>(dir: &Path, args: &[S], stdin: Vec<u8>) -> Outcome {
    let mut command = command(path(), dir);
    command.args(args.iter().map(AsRef::as_ref));
    finish(start(command), stdin)
}

/// Starts a command with pipes on all sides.
#[track_caller]
pub(crate) fn start(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
}

/// Feeds a process and gives how it ended.
#[track_caller]
pub(crate) fn finish(mut child: Child, stdin: Vec<u8>) -> Outcome {
    if let Some(mut pipe) = child.stdin.take() {
        // a program that does not read to the end is no fault of the writer
        thread::spawn(move || pipe.write_all(&stdin));
    }
    let (done, ended) = mpsc::channel();
    let stdout = collect(child.stdout.take(), done.clone());
    let stderr = collect(child.stderr.take(), done);
    for _ in 0..2 {
        if ended.recv_timeout(PATIENCE).is_err() {
            // it is being reported
            let _ = child.kill();
            panic!("still running after {PATIENCE:?}");
        }
    }
    let status = child.wait().expect("it was started");
    let stdout = stdout.join().expect("reading does not panic");
    let stderr = stderr.join().expect("reading does not panic");
    Outcome { code: code(status), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
}

fn collect(pipe: Option<impl Read + Send + 'static>, done: mpsc::Sender<()>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = done.send(());
        bytes
    })
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// A directory for one test, filled with files.
pub(crate) fn directory<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> TempDir {
    let dir = TempDir::new().expect("temporary files can be made");
    for (name, bytes) in files {
        write(dir.path(), name.as_ref(), bytes.as_ref());
    }
    dir
}

/// Writes a file, which was last changed at a fixed time: years that lines leave out are told by it.
pub(crate) fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("it is in the directory")).expect("directories can be made");
    fs::write(&path, bytes).expect("files can be written");
    changed(&path, DEFAULT_CHANGE);
    path
}

/// 2026-12-01T00:00:00Z, after everything that was recorded.
pub(crate) const DEFAULT_CHANGE: u64 = 1_796_083_200;

/// Sets when a file was changed last, in seconds since 1970.
pub(crate) fn changed(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let file = fs::File::options().append(true).open(path).expect("it was just written");
    file.set_modified(time).expect("times can be set");
}

/// All files below a directory, with paths relative to it and `/` between their parts, sorted.
pub(crate) fn files(dir: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().filter_map(Result::ok);
    let mut names: Vec<String> = walk
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            entry.path().strip_prefix(dir).expect("it is below").to_string_lossy().replace('\\', "/")
        })
        .collect();
    names.sort();
    names
}

/// Whether files of expected output are to be written anew.
pub(crate) fn bless() -> bool {
    std::env::var_os("SPANLOOM_BLESS").is_some_and(|value| value == "1")
}

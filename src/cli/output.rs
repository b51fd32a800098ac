//! Where output goes: standard output, or a file that appears only when it is complete.

use super::args::OutputArgs;
use anyhow::{Context, Result, anyhow};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 256 << 10;

/// The file that is being written and not yet in place.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes a file that is not yet in place, as the program ends now. Nothing is written to a file hereafter.
pub(super) fn discard() {
    let mut unfinished = unfinished();
    remove(&mut unfinished);
    // none is made or put in place from now on
    std::mem::forget(unfinished);
}

fn remove(unfinished: &mut Option<PathBuf>) {
    if let Some(path) = unfinished.take() {
        let _ = std::fs::remove_file(path);
    }
}

/// Where output goes.
pub enum Output {
    /// Standard output.
    Stdout(BufWriter<io::Stdout>),
    /// A file that is put in place at the end.
    File(BufWriter<NamedTempFile>, PathBuf),
    /// A device or pipe, which is written as it is.
    Direct(BufWriter<std::fs::File>, PathBuf),
}

impl Output {
    /// Opens what the flags name.
    pub fn open(args: &OutputArgs) -> Result<Output> {
        super::interrupt::answering();
        let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
            return Ok(Output::Stdout(BufWriter::with_capacity(BUFFER, io::stdout())));
        };
        let failed = |error: io::Error| {
            anyhow!("{}", crate::input::words(&error)).context(format!("cannot write '{}'", path.display()))
        };
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
            return Ok(Output::Direct(BufWriter::with_capacity(BUFFER, file), path.to_owned()));
        }
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut unfinished = unfinished();
        let file = NamedTempFile::new_in(folder).map_err(failed)?;
        *unfinished = Some(file.path().to_owned());
        Ok(Output::File(BufWriter::with_capacity(BUFFER, file), path.to_owned()))
    }

    /// What could not be done if writing fails.
    pub(super) fn failed(&self) -> String {
        match self {
            Output::Stdout(_) => "cannot write to standard output".to_owned(),
            Output::File(_, path) | Output::Direct(_, path) => format!("cannot write '{}'", path.display()),
        }
    }

    /// Writes what is left, and puts a file in place.
    pub fn finish(self) -> Result<()> {
        let failed = self.failed();
        let done = match self {
            Output::Stdout(mut out) => out.flush(),
            Output::Direct(mut out, _) => out.flush(),
            Output::File(out, path) => put_in_place(out, &path),
        };
        done.context(failed)
    }
}

fn put_in_place(out: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = out.into_inner().map_err(|error| error.into_error())?;
    open_to_others(file.as_file());
    let mut unfinished = unfinished();
    *unfinished = None;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is the user's alone; a report is a file like any other.
#[cfg(unix)]
fn open_to_others(file: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt;
    let _ = file.set_permissions(std::fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn open_to_others(_file: &std::fs::File) {}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::Stdout(out) => out.write(bytes),
            Output::File(out, _) => out.write(bytes),
            Output::Direct(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::Stdout(out) => out.flush(),
            Output::File(out, _) => out.flush(),
            Output::Direct(out, _) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_in_place_is_removed_when_the_program_ends() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let files = || std::fs::read_dir(folder.path()).expect("it is there").count();
        let args = OutputArgs { output: Some(folder.path().join("out.json")), ..OutputArgs::default() };
        let mut out = Output::open(&args).expect("it can be written");
        out.write_all(b"{}").expect("it can be written");
        assert_eq!(files(), 1);
        remove(&mut unfinished());
        assert_eq!(files(), 0);
        let whole = Output::open(&args).expect("it can be written");
        whole.finish().expect("it is put in place");
        assert_eq!(*unfinished(), None);
        assert_eq!(files(), 1);
    }
}

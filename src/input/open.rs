//! Opens files and stdin, and knows a file again when it was renamed.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Time;

/// How much a pipe shall hold: as much as Linux allows everybody.
#[cfg(target_os = "linux")]
const PIPE_LEN: usize = 1 << 20;

/// Tells a file from all others, whatever its name; on systems that can.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
    /// A new file often gets the number of one that was just removed.
    created: Option<SystemTime>,
}

impl FileId {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Option<FileId> {
        use std::os::unix::fs::MetadataExt;
        Some(FileId { device: metadata.dev(), inode: metadata.ino(), created: metadata.created().ok() })
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Option<FileId> {
        None
    }
}

/// Opens a path. If another file has taken its place, as in a rotation that happened meanwhile, the file that is meant
/// is looked for in the same directory; without success, the one at the path is opened.
pub(super) fn open(path: &Path, meant: Option<FileId>) -> io::Result<File> {
    let opened = open_at_once(path);
    let Some(meant) = meant else { return opened };
    if let Ok(file) = &opened
        && is(file, meant)
    {
        return opened;
    }
    renamed(path, meant).map_or(opened, Ok)
}

/// Opens without waiting for somebody to write to a named pipe.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    File::options().read(true).custom_flags(flags as i32).open(path)
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn is(file: &File, meant: FileId) -> bool {
    file.metadata().is_ok_and(|metadata| FileId::of(&metadata) == Some(meant))
}

#[cfg(unix)]
fn renamed(path: &Path, meant: FileId) -> Option<File> {
    use std::os::unix::fs::DirEntryExt;
    let entries = fs::read_dir(path.parent()?).ok()?;
    let mut same = entries.filter_map(Result::ok).filter(|entry| entry.ino() == meant.inode);
    same.find_map(|entry| File::open(entry.path()).ok().filter(|file| is(file, meant)))
}

#[cfg(not(unix))]
fn renamed(_: &Path, _: FileId) -> Option<File> {
    None
}

/// Stdin without the buffer that Rust's own handle has.
pub(super) fn stdin() -> io::Result<File> {
    #[cfg(unix)]
    use std::os::fd::AsFd;
    #[cfg(unix)]
    let owned = io::stdin().as_fd().try_clone_to_owned();
    #[cfg(windows)]
    use std::os::windows::io::AsHandle;
    #[cfg(windows)]
    let owned = io::stdin().as_handle().try_clone_to_owned();
    owned.map(File::from)
}

/// Lets a pipe hold more, so that fewer and larger reads do. Anything else, and failure, is left alone.
pub(super) fn enlarge_pipe(file: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(file, PIPE_LEN);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// When a file was written last.
pub(super) fn modified(metadata: &Metadata) -> Option<Time> {
    let modified = metadata.modified().ok()?;
    let nanos = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_nanos()).ok()?,
    };
    Some(Time(nanos))
}

/// The path without symbolic links, or as it is if the system cannot tell (`/dev/fd/63`).
pub(super) fn real(path: &Path) -> std::path::PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_renamed_file_is_found_and_a_vanished_one_is_not_mistaken() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("svc.log");
        fs::write(&path, "old").expect("room for it");
        let id = FileId::of(&fs::metadata(&path).expect("it exists"));
        let content = || {
            let mut text = String::new();
            open(&path, id)
                .map(|mut file| file.read_to_string(&mut text))
                .expect("it opens")
                .expect("it is text");
            text
        };
        assert_eq!(content(), "old");
        fs::rename(&path, directory.path().join("svc.log.1")).expect("it can be renamed");
        assert_eq!(content(), "old");
        fs::write(&path, "new").expect("room for it");
        assert_eq!(content(), "old");
        fs::remove_file(directory.path().join("svc.log.1")).expect("it can be removed");
        assert_eq!(content(), "new");
        fs::remove_file(&path).expect("it can be removed");
        assert_eq!(open(&path, id).expect_err("nothing is left").kind(), io::ErrorKind::NotFound);
    }
}

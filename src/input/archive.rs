//! What tar and zip archives have in common: members, one after the other.

use super::feed::Bytes;
use super::tar::Tar;
use super::zip::Zip;
use crate::model::{SECOND, Time};

/// A file in an archive.
pub(super) struct Member {
    /// Its path in the archive, made fit to be shown. Never a path to open.
    pub(super) name: String,
    pub(super) modified: Option<Time>,
    /// `None` if it is encrypted, damaged, or stored in a way that is not known.
    pub(super) content: Option<Bytes>,
}

/// An archive that is being read.
pub(super) enum Archive {
    Tar(Tar),
    Zip(Zip),
}

impl Archive {
    /// The next regular file; the one before must have been dropped.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Member>> {
        match self {
            Archive::Tar(tar) => tar.next(),
            Archive::Zip(zip) => Ok(zip.next()),
        }
    }
}

/// The name of a member as it is shown: control characters and invalid UTF-8 are replaced.
pub(super) fn shown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let name = name.trim_start_matches("./");
    name.chars()
        .map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter })
        .collect()
}

/// The time of a number of seconds since the epoch.
pub(super) fn time_from_seconds(seconds: i64) -> Option<Time> {
    seconds.checked_mul(SECOND).map(Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_control_characters() {
        assert_eq!(shown(b"./logs/svc.log"), "logs/svc.log");
        assert_eq!(shown(b"a\x1b[2J\nb\xff"), "a\u{fffd}[2J\u{fffd}b\u{fffd}");
        assert_eq!(shown(b"../../etc/passwd"), "../../etc/passwd");
    }
}

//! Copies an archive that cannot be read in any order (from a pipe, or in another archive) to a file without a name.

use std::fs::File;
use std::io::{self, Read, Write};

use super::buffers::{Buffer, PAGE};

/// How much is copied at once.
const STEP: usize = 64 * PAGE;

/// The copy and its length. Fails if the archive is longer than `max_len`.
pub(super) fn spool(stream: &mut dyn Read, max_len: u64) -> Result<(File, u64), SpoolError> {
    let mut file = tempfile::tempfile().map_err(|_| SpoolError::Write)?;
    let mut buffer = Buffer::new(STEP);
    let mut len = 0;
    loop {
        let read = match stream.read(buffer.bytes_mut()) {
            Ok(0) => return Ok((file, len)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(SpoolError::Read(error)),
        };
        len += read as u64;
        if len > max_len {
            return Err(SpoolError::TooLong);
        }
        file.write_all(&buffer.bytes()[..read]).map_err(|_| SpoolError::Write)?;
    }
}

/// Why there is no copy.
#[derive(Debug)]
pub(super) enum SpoolError {
    /// The archive cannot be read.
    Read(io::Error),
    /// The copy cannot be written.
    Write,
    /// The archive is longer than a copy may be.
    TooLong,
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    #[test]
    fn the_copy_is_whole_or_refused() {
        let bytes = vec![b'x'; 3 * STEP + 5];
        let (mut file, len) = spool(&mut &bytes[..], bytes.len() as u64).expect("room for it");
        file.rewind().expect("it can be read again");
        let mut copy = Vec::new();
        file.read_to_end(&mut copy).expect("it can be read");
        assert_eq!((copy, len), (bytes.clone(), bytes.len() as u64));
        assert!(matches!(spool(&mut &bytes[..], bytes.len() as u64 - 1), Err(SpoolError::TooLong)));
    }
}

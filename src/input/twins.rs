//! Tells whether a compressed file is a copy of another file, as a rotation leaves for a while.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::content::Content;
use super::feed::{Bytes, Peeked};

/// How much of two files is compared.
const COMPARED_LEN: u64 = 64 << 10;

/// Whether `copy` is compressed and, as far as it is compared, holds nothing that `original` does not hold. A copy that
/// is still being written is one, too.
pub(super) fn is_twin(copy: &Path, original: &Path) -> bool {
    let Ok((copy, true)) = decoded_head(copy) else { return false };
    decoded_head(original).is_ok_and(|(original, _)| original.starts_with(&copy))
}

/// The decompressed start of a file, and whether it is compressed; an empty file may become so.
fn decoded_head(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let stream = Peeked::new(Box::new(File::open(path)?));
    let (stream, compressed): (Bytes, bool) = match Content::of(stream.head()) {
        Content::Compressed(compression) => (compression.decode(Box::new(stream)), true),
        _ => {
            let empty = stream.head().is_empty();
            (Box::new(stream), empty)
        }
    };
    let mut head = Vec::new();
    // What comes before a failure counts.
    let _ = stream.take(COMPARED_LEN).read_to_end(&mut head);
    Ok((head, compressed))
}

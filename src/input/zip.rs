//! Members of a zip archive (PKWARE APPNOTE 6.3), in the order of its directory.
//!
//! The archive must be a file; see [`spool`](super::spool) for those that are not. Stored, deflated, bzip2, zstd and xz
//! members are read; encrypted ones and other methods are not.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, RangeReader, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipLocator, ZipVerification,
};

use super::archive::{Member, shown};
use super::decode::Compression;
use super::feed::Bytes;
use super::meter::{Limited, Meter};
use crate::model::{SECOND, Time};

/// The most bytes of member names, and their bookkeeping, that are held of one archive.
const MAX_DIRECTORY_BYTES: usize = 64 << 20;

/// A zip archive that is being read.
pub(super) struct Zip {
    archive: ZipArchive<Arc<FileReader>>,
    members: std::vec::IntoIter<Listed>,
    meter: Arc<Meter>,
    /// Whether the directory could not be read to its end, or was too large.
    cut: bool,
}

/// A regular file in the directory.
struct Listed {
    name: String,
    modified: Option<Time>,
    place: ZipArchiveEntryWayfinder,
    /// `None` if the member cannot be read.
    method: Option<Method>,
}

#[derive(Clone, Copy)]
enum Method {
    Stored,
    Packed(Compression),
}

impl Zip {
    /// Reads the directory of an archive that is `len` bytes long.
    pub(super) fn open(file: File, len: u64, meter: &Arc<Meter>) -> io::Result<Zip> {
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let file = Arc::new(FileReader::from(file));
        let archive = ZipLocator::new()
            .locate_in_reader(file, &mut buffer, len)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "damaged zip directory"))?;
        let (members, cut) = list(&archive, &mut buffer);
        Ok(Zip { archive, members: members.into_iter(), meter: Arc::clone(meter), cut })
    }

    /// Whether members are missing because the directory is damaged or too large.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// The next regular file.
    pub(super) fn next(&mut self) -> Option<Member> {
        let listed = self.members.next()?;
        let content = listed.method.and_then(|method| self.read(listed.place, method));
        Some(Member { name: listed.name, modified: listed.modified, content })
    }

    fn read(&self, place: ZipArchiveEntryWayfinder, method: Method) -> Option<Bytes> {
        let entry = self.archive.get_entry(place).ok()?;
        let (start, end) = entry.compressed_data_range();
        let stored: Bytes = Box::new(RangeReader::new(Arc::clone(self.archive.get_ref()), start..end));
        let inner = match method {
            Method::Stored => stored,
            Method::Packed(compression) => compression.decode(stored),
        };
        let inner: Bytes = Box::new(Limited { inner, meter: Arc::clone(&self.meter) });
        let expected = entry.reader().claim_verifier();
        Some(Box::new(Verified { inner, expected, crc: flate2::Crc::new(), len: 0, over: false }))
    }
}

fn list(archive: &ZipArchive<impl ReaderAt>, buffer: &mut [u8]) -> (Vec<Listed>, bool) {
    let mut members = Vec::new();
    let mut held = 0;
    let mut entries = archive.entries(buffer);
    loop {
        let entry = match entries.next_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => return (members, false),
            Err(_) => return (members, true),
        };
        if entry.is_dir() || entry.mode().is_symlink() {
            continue;
        }
        let method = match entry.compression_method() {
            _ if entry.flags().is_encrypted() => None,
            CompressionMethod::STORE => Some(Method::Stored),
            CompressionMethod::DEFLATE => Some(Method::Packed(Compression::Deflate)),
            CompressionMethod::BZIP2 => Some(Method::Packed(Compression::Bzip2)),
            CompressionMethod::ZSTD => Some(Method::Packed(Compression::Zstd)),
            CompressionMethod::XZ => Some(Method::Packed(Compression::Xz)),
            _ => None,
        };
        let name = shown(entry.file_path().as_bytes());
        held += name.len() + size_of::<Listed>();
        if held > MAX_DIRECTORY_BYTES {
            return (members, true);
        }
        let modified = modified(&entry.last_modified());
        members.push(Listed { name, modified, place: entry.wayfinder(), method });
    }
}

/// The time in the directory. It is local and the zone is unknown, unless an extra field holds UTC; taken as UTC.
fn modified(stamp: &rawzip::time::ZipDateTimeKind) -> Option<Time> {
    let seconds = (i64::from(stamp.hour()) * 60 + i64::from(stamp.minute())) * 60 + i64::from(stamp.second());
    // MS-DOS time begins in 1980; writers without a clock leave it there.
    let is_set = stamp.year() > 1980 && stamp.month() > 0 && stamp.day() > 0;
    is_set
        .then(|| {
            Time::from_civil(stamp.year().into(), stamp.month().into(), stamp.day().into(), seconds * SECOND)
        })
        .flatten()
}

/// Gives the content, then fails if it is not as long, or has not the checksum, that the directory says.
struct Verified {
    inner: Bytes,
    expected: ZipVerification,
    crc: flate2::Crc,
    len: u64,
    over: bool,
}

impl Read for Verified {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.crc.update(&into[..read]);
        self.len += read as u64;
        if read == 0 && !into.is_empty() && !std::mem::replace(&mut self.over, true) {
            let found = ZipVerification { crc: self.crc.sum(), uncompressed_size: self.len };
            if self.expected.valid(found).is_err() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "damaged zip member"));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;
    use crate::input::Stop;
    use crate::input::meter::MaxExpansion;
    use crate::input::samples::zip_with as archive;

    fn open(bytes: &[u8]) -> io::Result<Zip> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("room for it");
        file.rewind().expect("it can be read again");
        Zip::open(file, bytes.len() as u64, &Meter::new(MaxExpansion::default(), &Stop::default()))
    }

    fn read(mut zip: Zip) -> Vec<(String, String)> {
        let mut found = Vec::new();
        while let Some(member) = zip.next() {
            let mut text = Vec::new();
            let result = member.content.map(|mut content| content.read_to_end(&mut text));
            let mut text = String::from_utf8_lossy(&text).into_owned();
            match result {
                None => text.push_str("<not read>"),
                Some(Err(error)) => text.push_str(&format!("<{error}>")),
                Some(Ok(_)) => {}
            }
            found.push((member.name, text));
        }
        found
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &[(&str, &str)]) {
        let found = read(open(bytes).expect("an archive"));
        let found: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn stored_and_deflated_members_come_in_order() {
        let bytes = archive(&[
            ("b/svc.log", b"deflated\n", CompressionMethod::DEFLATE),
            ("dir/", b"", CompressionMethod::STORE),
            ("a.log", b"stored\n", CompressionMethod::STORE),
        ]);
        check(&bytes, &[("b/svc.log", "deflated\n"), ("a.log", "stored\n")]);
    }

    #[test]
    fn members_that_cannot_be_read_are_named() {
        let bytes =
            archive(&[("a.log", b"x", CompressionMethod::PPMD), ("b.log", b"y\n", CompressionMethod::STORE)]);
        check(&bytes, &[("a.log", "<not read>"), ("b.log", "y\n")]);
        let mut encrypted = archive(&[("a.log", b"x", CompressionMethod::STORE)]);
        let directory = memchr::memmem::find(&encrypted, b"PK\x01\x02").expect("a directory");
        encrypted[directory + 8] |= 1;
        check(&encrypted, &[("a.log", "<not read>")]);
    }

    #[test]
    fn a_wrong_checksum_is_told_after_the_content() {
        let mut bytes = archive(&[("a.log", b"content\n", CompressionMethod::STORE)]);
        let at = memchr::memmem::find(&bytes, b"content").expect("stored as it is");
        bytes[at] = b'C';
        check(&bytes, &[("a.log", "Content\n<damaged zip member>")]);
    }

    #[test]
    fn archives_without_directory_are_damaged_and_no_damage_panics() {
        let bytes = archive(&[
            ("a.log", &b"line\n".repeat(50), CompressionMethod::DEFLATE),
            ("b.log", b"stored\n", CompressionMethod::STORE),
        ]);
        assert!(open(&bytes[..bytes.len() / 2]).is_err());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x21;
            if let Ok(zip) = open(&damaged) {
                read(zip);
            }
        }
    }
}

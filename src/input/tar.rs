//! Members of a tar archive (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU), streamed.
//!
//! Headers are read by the `tar` crate; walking is done here, because its entries borrow the archive and a
//! [`StreamReader`](super::StreamReader) has to keep both. Zero blocks are read over, so that archives behind one
//! another are one. Sparse files are not put together.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use ::tar::{EntryType, Header, PaxExtensions};

use super::archive::{Member, shown, time_from_seconds};
use super::feed::Bytes;

const BLOCK: usize = 512;

/// The longest extended header (a long name, or pax records) that is read.
const MAX_EXTENDED_HEADER: u64 = 1 << 20;

/// A tar archive that is being read.
pub(super) struct Tar(Arc<Mutex<Walk>>);

struct Walk {
    inner: Bytes,
    /// Of the current member: bytes to come, and padding behind them.
    left: u64,
    padding: u64,
    over: bool,
}

/// What the headers before a member say of it.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<i64>,
    sparse: bool,
}

impl Tar {
    pub(super) fn new(inner: Bytes) -> Tar {
        Tar(Arc::new(Mutex::new(Walk { inner, left: 0, padding: 0, over: false })))
    }

    /// The next regular file. Fails where the archive is damaged; nothing follows then.
    pub(super) fn next(&mut self) -> io::Result<Option<Member>> {
        let mut walk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = walk.next();
        walk.over = !matches!(found, Ok(Some(_)));
        let Some((name, modified, sparse)) = found? else { return Ok(None) };
        let content: Option<Bytes> =
            if sparse { None } else { Some(Box::new(MemberReader(Arc::clone(&self.0)))) };
        Ok(Some(Member { name, modified: modified.and_then(time_from_seconds), content }))
    }
}

impl Walk {
    fn next(&mut self) -> io::Result<Option<(String, Option<i64>, bool)>> {
        let mut extended = Extended::default();
        loop {
            if self.over {
                return Ok(None);
            }
            self.skip_member()?;
            let Some(block) = self.header()? else { return Ok(None) };
            if !super::content::is_tar(&block) {
                return Err(damaged("damaged tar header"));
            }
            let header = Header::from_byte_slice(&block);
            let kind = header.entry_type();
            let own_size = header.entry_size().map_err(|_| damaged("damaged tar header"))?;
            let size = if is_extension(kind) { own_size } else { extended.size.unwrap_or(own_size) };
            self.left = size;
            self.padding = size.wrapping_neg() % BLOCK as u64;
            match kind {
                EntryType::GNULongName => {
                    let mut name = self.extended_header()?;
                    name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
                    extended.name = Some(name);
                }
                EntryType::XHeader => extended.add_pax(&self.extended_header()?),
                EntryType::XGlobalHeader | EntryType::GNULongLink => {}
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    let name = extended.name.unwrap_or_else(|| header.path_bytes().into_owned());
                    if name.ends_with(b"/") {
                        // An old archive's directory.
                        extended = Extended::default();
                        continue;
                    }
                    let modified = extended.modified.or_else(|| i64::try_from(header.mtime().ok()?).ok());
                    let sparse = extended.sparse || kind == EntryType::GNUSparse;
                    return Ok(Some((shown(&name), modified, sparse)));
                }
                _ => extended = Extended::default(),
            }
        }
    }

    /// The next block that is not zero; `None` at the end of the data.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        loop {
            let mut block = Vec::with_capacity(BLOCK);
            self.inner.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
            if block.iter().any(|&byte| byte != 0) {
                let block = block.try_into().map_err(|_| damaged("truncated tar archive"))?;
                return Ok(Some(block));
            }
            if block.is_empty() {
                return Ok(None);
            }
        }
    }

    fn extended_header(&mut self) -> io::Result<Vec<u8>> {
        if self.left > MAX_EXTENDED_HEADER {
            return Err(damaged("damaged tar header"));
        }
        let mut content = Vec::new();
        self.inner.by_ref().take(self.left).read_to_end(&mut content)?;
        self.left -= content.len() as u64;
        if self.left > 0 { Err(damaged("truncated tar archive")) } else { Ok(content) }
    }

    fn skip_member(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.left).saturating_add(std::mem::take(&mut self.padding));
        let skipped = io::copy(&mut self.inner.by_ref().take(rest), &mut io::sink())?;
        // The padding of the last member may be missing.
        if skipped + (BLOCK as u64) <= rest {
            return Err(damaged("truncated tar archive"));
        }
        Ok(())
    }
}

impl Extended {
    fn add_pax(&mut self, records: &[u8]) {
        for record in PaxExtensions::new(records).map_while(Result::ok) {
            let value = record.value().unwrap_or_default();
            match record.key().unwrap_or_default() {
                "path" => self.name = Some(record.value_bytes().to_vec()),
                "size" => self.size = value.parse().ok(),
                "mtime" => {
                    self.modified = value.split('.').next().and_then(|seconds| seconds.parse().ok());
                }
                key if key.starts_with("GNU.sparse.") => {
                    self.sparse = true;
                    if key == "GNU.sparse.name" {
                        self.name = Some(record.value_bytes().to_vec());
                    }
                }
                _ => {}
            }
        }
    }
}

/// The content of the archive's current member.
struct MemberReader(Arc<Mutex<Walk>>);

impl Read for MemberReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut walk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let len = walk.left.min(into.len() as u64) as usize;
        if len == 0 {
            return Ok(0);
        }
        let read = match walk.inner.read(&mut into[..len]) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                // Told once, with this member.
                walk.over = true;
                return Err(error);
            }
            result => result?,
        };
        if read == 0 {
            walk.over = true;
            return Err(damaged("truncated tar archive"));
        }
        walk.left -= read as u64;
        Ok(read)
    }
}

fn is_extension(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::XHeader | EntryType::XGlobalHeader | EntryType::GNULongName | EntryType::GNULongLink
    )
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::samples::tar as archive;

    /// Names and contents; a failure comes last, in words.
    fn read(bytes: Vec<u8>) -> Vec<(String, String)> {
        let mut tar = Tar::new(Box::new(io::Cursor::new(bytes)));
        let mut found = Vec::new();
        loop {
            match tar.next() {
                Ok(None) => return found,
                Ok(Some(member)) => {
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
                Err(error) => {
                    found.push(("failed".to_owned(), error.to_string()));
                    assert!(tar.next().expect("a failure comes once").is_none());
                    return found;
                }
            }
        }
    }

    #[track_caller]
    fn check(bytes: Vec<u8>, expected: &[(&str, &str)]) {
        let found = read(bytes);
        let found: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn files_come_in_order_and_directories_and_links_do_not() {
        let mut builder = ::tar::Builder::new(archive(&[("./b.log", b"two\n"), ("a/a.log", b"")]));
        builder.get_mut().truncate(4 * BLOCK - BLOCK);
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Directory);
        header.set_size(0);
        builder.append_data(&mut header, "dir/", io::empty()).expect("memory can be written");
        header.set_entry_type(EntryType::Symlink);
        builder.append_link(&mut header, "link", "/etc/passwd").expect("memory can be written");
        let bytes = builder.into_inner().expect("memory can be written");
        check(bytes, &[("b.log", "two\n"), ("a/a.log", "")]);
    }

    #[test]
    fn long_names_and_large_sizes_stand_in_extended_headers() {
        let long = "d/".repeat(90) + "svc.log";
        check(archive(&[(&long, b"x\n"), ("b", b"y\n")]), &[(&long, "x\n"), ("b", "y\n")]);

        let mut builder = ::tar::Builder::new(Vec::new());
        builder
            .append_pax_extensions([("path", &b"pax.log"[..]), ("size", b"3")])
            .expect("memory can be written");
        let mut header = Header::new_ustar();
        header.set_size(3);
        builder.append_data(&mut header, "short", &b"abc"[..]).expect("memory can be written");
        check(builder.into_inner().expect("memory can be written"), &[("pax.log", "abc")]);
    }

    #[test]
    fn the_time_of_the_file_is_kept() {
        let mut tar = Tar::new(Box::new(io::Cursor::new(archive(&[("a", b"")]))));
        let member = tar.next().expect("no damage").expect("a member");
        assert_eq!(
            member.modified.map(|time| time.to_string()).as_deref(),
            Some("2024-05-01T12:00:00.000000000Z")
        );
    }

    #[test]
    fn a_member_that_was_not_read_to_its_end_is_skipped() {
        let mut tar = Tar::new(Box::new(io::Cursor::new(archive(&[("a", &[b'x'; 2000]), ("b", b"")]))));
        let mut first = tar.next().expect("no damage").expect("a member").content.expect("a plain file");
        first.read_exact(&mut [0; 10]).expect("ten bytes");
        assert_eq!(tar.next().expect("no damage").expect("a member").name, "b");
    }

    #[test]
    fn what_is_there_of_a_truncated_archive_is_given() {
        let whole = archive(&[("a", b"one\n"), ("b", &b"two\n".repeat(300))]);
        check(whole[..BLOCK * 2].to_vec(), &[("a", "one\n")]);
        check(whole[..BLOCK * 2 + 100].to_vec(), &[("a", "one\n"), ("failed", "truncated tar archive")]);
        check(whole[..BLOCK * 3 + 8].to_vec(), &[("a", "one\n"), ("b", "two\ntwo\n<truncated tar archive>")]);
    }

    #[test]
    fn archives_behind_one_another_are_one_and_garbage_is_damage() {
        let both = [archive(&[("a", b"1")]), archive(&[("b", b"2")])].concat();
        check(both, &[("a", "1"), ("b", "2")]);
        let garbage = [archive(&[("a", b"1")]), vec![b'x'; 600]].concat();
        check(garbage, &[("a", "1"), ("failed", "damaged tar header")]);
    }

    #[test]
    fn sizes_that_are_lies_neither_panic_nor_allocate() {
        for size in [u64::MAX, 1 << 60, 5_000] {
            for kind in [EntryType::Regular, EntryType::GNULongName, EntryType::XHeader, EntryType::Directory]
            {
                let mut header = Header::new_gnu();
                header.set_entry_type(kind);
                header.as_mut_bytes()[0] = b'x';
                header.set_size(size);
                header.set_cksum();
                let found = read([header.as_bytes(), &b"short"[..]].concat());
                assert!(found.iter().any(|(_, text)| text.contains("truncated") || text.contains("damaged")));
            }
        }
    }
}

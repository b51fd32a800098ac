//! Tells what a stream is from its first bytes, never from its name.

use super::charset::ByteOrder;
use super::decode::Compression;

/// What a stream is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// Compressed with one of the kinds that can be decoded.
    Compressed(Compression),
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// Text that needs no conversion, behind `mark` bytes of a byte order mark.
    Text { mark: usize },
    /// UTF-16 behind `mark` bytes of a byte order mark.
    Utf16 { order: ByteOrder, mark: usize },
    /// No text.
    Binary,
}

/// Files that may look like text at first but are none.
const BINARY_MAGIC: [&[u8]; 16] = [
    b"\x7fELF",
    b"\x89PNG\r\n",
    b"GIF8",
    b"\xff\xd8\xff",
    b"%PDF-",
    b"\xca\xfe\xba\xbe",
    b"MZ\x90",
    b"SQLite format 3\0",
    b"LPKSHHRH",
    b"Obj\x01",
    b"PAR1",
    b"Rar!\x1a",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x9d",
    b"!<arch>\n",
    b"\0asm",
];

/// A text may hold one control byte in this many.
const BYTES_PER_CONTROL: usize = 25;
/// A text may hold this many control bytes however short it is.
const FEW_CONTROLS: usize = 2;
/// NUL bytes in a row from which on they are a hole in a file, not data: a writer that kept its position
/// after the file was emptied leaves one, and so does a crash.
pub(super) const HOLE: usize = 16;
/// UTF-16 without a byte order mark is told by this share of NULs (in percent) in one half of each unit.
const UTF16_NULS: usize = 60;

impl Content {
    /// Tells what begins with `head`.
    pub(super) fn of(head: &[u8]) -> Content {
        if let Some(compression) = Compression::of(head) {
            return Content::Compressed(compression);
        }
        if is_zip(head) {
            return Content::Zip;
        }
        if is_tar(head) {
            return Content::Tar;
        }
        match head {
            [0xff, 0xfe, ..] => return Content::Utf16 { order: ByteOrder::Little, mark: 2 },
            [0xfe, 0xff, ..] => return Content::Utf16 { order: ByteOrder::Big, mark: 2 },
            [0xef, 0xbb, 0xbf, text @ ..] if !is_binary(text) => return Content::Text { mark: 3 },
            _ => {}
        }
        if BINARY_MAGIC.iter().any(|magic| head.starts_with(magic)) {
            return Content::Binary;
        }
        if let Some(order) = utf16_without_mark(head) {
            return Content::Utf16 { order, mark: 0 };
        }
        if is_binary(head) { Content::Binary } else { Content::Text { mark: 0 } }
    }
}

/// Whether a part of the bytes is no text: a share of control bytes that no log has. Bytes from 0x80 on are letters of
/// some charset; ESC, form feed, and separators such as SOH (FIX logs) are usual in logs.
fn is_binary(bytes: &[u8]) -> bool {
    let mut controls = 0;
    let mut counted = bytes.len();
    let mut nuls = 0;
    let mut count_nuls = |nuls: usize, controls: &mut usize| {
        if nuls < HOLE {
            *controls += nuls;
        } else {
            counted -= nuls;
        }
    };
    for &byte in bytes {
        if byte == 0 {
            nuls += 1;
            continue;
        }
        count_nuls(std::mem::take(&mut nuls), &mut controls);
        controls += usize::from(matches!(byte, 2..=6 | 0x0e..=0x1a | 0x7f));
    }
    count_nuls(nuls, &mut controls);
    (counted == 0 && !bytes.is_empty()) || controls > FEW_CONTROLS + counted / BYTES_PER_CONTROL
}

/// A continued UTF-16 file has no byte order mark: one half of nearly each unit is NUL, the other never.
fn utf16_without_mark(head: &[u8]) -> Option<ByteOrder> {
    let units = head.len() / 2;
    if units < 8 {
        return None;
    }
    let nuls = |half: usize| head.iter().skip(half).step_by(2).filter(|&&byte| byte == 0).count();
    let (first, second) = (nuls(0), nuls(1));
    let (order, text) = match (first, second) {
        (0, nuls) if nuls * 100 >= units * UTF16_NULS => (ByteOrder::Little, 0),
        (nuls, 0) if nuls * 100 >= units * UTF16_NULS => (ByteOrder::Big, 1),
        _ => return None,
    };
    let half: Vec<u8> = head.iter().copied().skip(text).step_by(2).collect();
    (!is_binary(&half)).then_some(order)
}

fn is_zip(head: &[u8]) -> bool {
    matches!(head, [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..])
}

/// A tar header has a checksum; old ones have nothing else to be known by.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<512>() else { return false };
    let header = tar::Header::from_byte_slice(block);
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, &b)| u32::from(if (148..156).contains(&at) { b' ' } else { b }))
        .sum();
    header.cksum().is_ok_and(|stated| stated == sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &[u8], expected: Content) {
        assert_eq!(Content::of(head), expected, "{:?}", String::from_utf8_lossy(&head[..head.len().min(80)]));
    }

    const TEXT: Content = Content::Text { mark: 0 };

    #[test]
    fn text_of_any_charset_is_text() {
        check(b"", TEXT);
        check(b"x", TEXT);
        check(b"2024-05-01 started\n", TEXT);
        check("начало работы — 開始\n".as_bytes(), TEXT);
        check(b"caf\xe9 \xfcber Stra\xdfe\n", TEXT);
        check(b"\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7 \xb6\xa9\xb5\xa5\n", TEXT);
        check(b"\x1b[32mINFO\x1b[0m \x1b[1mstarted\x1b[0m\r\n", TEXT);
        check(b"8=FIX.4.2\x019=65\x0135=A\x0149=S\x0156=T\x0134=1\x0152=20240501\x0110=062\x01\n", TEXT);
        check(b"valid then \xff\xfe\xfd invalid\n", TEXT);
        check(b"\xef\xbb\xbf{\"level\":\"info\"}\n", Content::Text { mark: 3 });
    }

    #[test]
    fn some_nuls_and_holes_leave_text_text() {
        check(b"ok\0\n", TEXT);
        check(&[b"a line of text\n".repeat(20), vec![0; 4000], b"more text\n".to_vec()].concat(), TEXT);
        check(&[b"short\n".to_vec(), vec![0; 8000]].concat(), TEXT);
    }

    #[test]
    fn what_is_no_text_is_binary() {
        check(b"\x7fELF\x02\x01\x01\0\0\0\0\0", Content::Binary);
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Content::Binary);
        check(b"%PDF-1.7\n1 0 obj << /Type /Catalog >>\n", Content::Binary);
        check(&[0; 512], Content::Binary);
        let numbers: Vec<u8> = (0u32..500).flat_map(|n| (n * 7).to_le_bytes()).collect();
        check(&numbers, Content::Binary);
        let mut state = 1u32;
        let noise: Vec<u8> = (0..4096)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        check(&noise, Content::Binary);
    }

    #[test]
    fn utf_16_is_told_with_and_without_its_mark() {
        let little: Vec<u8> = "started in 5 ms\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "started in 5 ms\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&[b"\xff\xfe", &little[..]].concat(), Content::Utf16 { order: ByteOrder::Little, mark: 2 });
        check(&[b"\xfe\xff", &big[..]].concat(), Content::Utf16 { order: ByteOrder::Big, mark: 2 });
        check(&little, Content::Utf16 { order: ByteOrder::Little, mark: 0 });
        check(&big, Content::Utf16 { order: ByteOrder::Big, mark: 0 });
    }

    #[test]
    fn archives_are_told_by_their_headers() {
        check(b"PK\x03\x04\x14\0", Content::Zip);
        let mut header = tar::Header::new_old();
        header.set_path("svc.log").expect("a short name");
        header.set_size(3);
        header.set_cksum();
        check(header.as_bytes(), Content::Tar);
        let mut damaged = *header.as_bytes();
        damaged[0] ^= 1;
        assert_ne!(Content::of(&damaged), Content::Tar);
    }
}

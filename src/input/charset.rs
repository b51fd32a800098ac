//! UTF-16 to UTF-8, while it streams.
//!
//! What is no UTF-16 (a lone surrogate, half a unit at the end) becomes U+FFFD. Nothing else is converted: other
//! charsets pass as they are.

use std::io::{self, Read};

use super::feed::Bytes;

/// How many bytes are converted at once.
const STEP: usize = 64 << 10;

/// The order of the two bytes of a UTF-16 unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ByteOrder {
    /// Low byte first.
    Little,
    /// High byte first.
    Big,
}

impl ByteOrder {
    fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        }
    }
}

/// A UTF-16 stream as UTF-8.
pub(super) struct Utf16 {
    inner: Bytes,
    order: ByteOrder,
    input: Vec<u8>,
    /// Bytes at the start of `input` that are left from the read before: half a unit or half a pair.
    kept: usize,
    output: Vec<u8>,
    at: usize,
    at_end: bool,
    failure: Option<io::Error>,
}

impl Utf16 {
    /// Converts a stream that begins behind its byte order mark.
    pub(super) fn new(inner: Bytes, order: ByteOrder) -> Utf16 {
        let input = vec![0; STEP];
        Utf16 { inner, order, input, kept: 0, output: Vec::new(), at: 0, at_end: false, failure: None }
    }

    /// Converts the first `len` bytes of the input; keeps what needs more bytes.
    fn convert(&mut self, len: usize) {
        self.output.clear();
        self.at = 0;
        let mut whole = len & !1;
        if !self.at_end && whole >= 2 {
            let last = self.order.unit([self.input[whole - 2], self.input[whole - 1]]);
            if (0xd800..0xdc00).contains(&last) {
                whole -= 2;
            }
        }
        let units = self.input[..whole].chunks_exact(2).map(|pair| self.order.unit([pair[0], pair[1]]));
        for unit in char::decode_utf16(units) {
            let letter = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.output.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if self.at_end && whole < len {
            self.output.extend_from_slice("\u{fffd}".as_bytes());
            whole = len;
        }
        self.input.copy_within(whole..len, 0);
        self.kept = len - whole;
    }
}

impl Read for Utf16 {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.output.len() {
            if self.at_end {
                return self.failure.take().map_or(Ok(0), Err);
            }
            let read = match self.inner.read(&mut self.input[self.kept..]) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failure = Some(error);
                    0
                }
            };
            self.at_end = read == 0;
            self.convert(self.kept + read);
        }
        let read = (&self.output[self.at..]).read(into)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Chopped(Vec<u8>, usize);

    impl Read for Chopped {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(into.len()).min(self.0.len());
            into[..len].copy_from_slice(&self.0[..len]);
            self.0.drain(..len);
            Ok(len)
        }
    }

    fn encode(text: &str, order: ByteOrder) -> Vec<u8> {
        let bytes = |unit: u16| match order {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn convert(bytes: Vec<u8>, step: usize, order: ByteOrder) -> String {
        let mut text = Vec::new();
        let stream = Box::new(Chopped(bytes, step));
        Utf16::new(stream, order).read_to_end(&mut text).expect("memory can be read");
        String::from_utf8(text).expect("UTF-8 comes out")
    }

    proptest! {
        #[test]
        fn text_survives_however_it_is_split(text in ".{0,40}", step in 1..9usize) {
            for order in [ByteOrder::Little, ByteOrder::Big] {
                prop_assert_eq!(convert(encode(&text, order), step, order), text.as_str());
            }
        }

        #[test]
        fn any_bytes_become_utf_8(bytes in prop::collection::vec(any::<u8>(), 0..60), step in 1..9usize) {
            let whole = convert(bytes.clone(), 1000, ByteOrder::Little);
            prop_assert_eq!(convert(bytes, step, ByteOrder::Little), whole);
        }
    }

    #[test]
    fn half_units_and_half_pairs_are_marked() {
        assert_eq!(convert(b"a\0b".to_vec(), 1, ByteOrder::Little), "a\u{fffd}");
        assert_eq!(convert(b"a\0\x3d\xd8".to_vec(), 1, ByteOrder::Little), "a\u{fffd}");
        assert_eq!(convert(b"\0a\xde\0\0b".to_vec(), 3, ByteOrder::Big), "a\u{fffd}b");
    }
}

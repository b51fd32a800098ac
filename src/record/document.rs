//! Cuts one JSON document that fills a source (an export of spans or log entries) into its elements.
//!
//! The elements of a list at the top, or of the list under a name that exports use, are records; an object without such a
//! list is one. Only the element that is open is held.

use super::json;

/// Names under which exports list their entries.
const LISTS: &[&[u8]] = &[
    b"resourceSpans",
    b"resource_spans",
    b"resourceLogs",
    b"resource_logs",
    b"data",
    b"events",
    b"logEvents",
    b"entries",
    b"records",
    b"result",
    b"results",
    b"hits",
    b"items",
    b"logs",
    b"traces",
    b"streams",
    b"value",
    b"Records",
];

/// An element longer than this is passed over.
pub const MAX_ELEMENT: usize = 64 << 20;

/// Whether a source that begins with `sample` is one document, or several, that lines do not cut into records.
pub fn is_document(sample: &[u8]) -> bool {
    let start = sample.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(sample.len());
    let line_end = memchr::memchr(b'\n', &sample[start..]).map_or(sample.len(), |length| start + length);
    let closes = json::skip_nested(&sample[..line_end], start);
    let alone = closes.is_some_and(|end| sample[end..line_end].trim_ascii().is_empty());
    let more = !sample[line_end..].trim_ascii().is_empty();
    match sample.get(start) {
        Some(b'[') => {
            let inside = sample[start + 1..].trim_ascii_start();
            let listed = matches!(
                inside,
                [b'{', b'"' | b' ' | b'\n' | b'\r' | b'\t' | b'}', ..] | [b'[', b'{' | b' ' | b'\n', ..]
            );
            // a row that CloudWatch Logs Insights gives is a record
            let row = inside.starts_with(b"{\"field\":");
            listed && !(alone && (more || row))
        }
        // one object that ends within the sample is a record like any other that fills several lines
        Some(b'{')
            if json::skip_nested(sample, start).is_some_and(|end| sample[end..].trim_ascii().is_empty()) =>
        {
            false
        }
        Some(b'{') => {
            closes.is_none()
                && !has_objects_of_a_line(&sample[start..])
                && LISTS.iter().any(|name| {
                    memchr::memmem::find_iter(sample, *name).any(|at| {
                        at > 0 && sample[at - 1] == b'"' && sample.get(at + name.len()) == Some(&b'"') && {
                            let rest = sample[at + name.len() + 1..].trim_ascii_start();
                            rest.strip_prefix(b":").is_some_and(|rest| {
                                matches!(rest.trim_ascii_start().first(), Some(b'[' | b'{'))
                            })
                        }
                    })
                })
        }
        _ => false,
    }
}

/// Whether a line holds an object of its own: the first line may have been cut, the source is one of lines.
fn has_objects_of_a_line(text: &[u8]) -> bool {
    let object = |line: &[u8]| line.starts_with(b"{\"") && json::skip_nested(line, 0) == Some(line.len());
    let mut member = true;
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).any(|line| {
        let opens = matches!(line.last(), None | Some(b',' | b'[' | b'{' | b':'));
        !std::mem::replace(&mut member, opens) && object(line)
    })
}

/// An element of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Element {
    /// First byte in the buffer it was cut from.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Its first line, from 0, counted from the start of the document.
    pub line: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    /// An object in which a list may stand.
    Outer,
    /// A list whose members are elements.
    List,
    /// Something inside an element, or of no interest.
    Inner,
}

/// Cuts a document as its bytes come in.
#[derive(Debug, Default)]
pub struct Splitter {
    /// Bytes from the start of what is kept.
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte in the document.
    offset: u64,
    /// Next byte of the buffer to look at.
    at: usize,
    line: u64,
    levels: Vec<Level>,
    in_string: bool,
    escaped: bool,
    string_start: usize,
    /// The name just read, while its value is awaited.
    name: Option<bool>,
    /// Start and line of the element that is open, and the depth outside it.
    open: Option<(usize, u64, usize)>,
    /// Start, line and whether elements were found, of the object at the top.
    top: Option<(usize, u64, bool)>,
    dropped: u64,
}

impl Splitter {
    /// Takes the next bytes; appends the elements that are whole to `elements`. Their positions are in [`Splitter::bytes`]
    /// and hold until the next call.
    pub fn feed(&mut self, bytes: &[u8], elements: &mut Vec<Element>) {
        self.compact();
        self.buffer.extend_from_slice(bytes);
        while self.at < self.buffer.len() {
            let byte = self.buffer[self.at];
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.levels.last() == Some(&Level::Outer) {
                            let name = &self.buffer[self.string_start..self.at];
                            self.name = Some(LISTS.contains(&name));
                        }
                    }
                    b'\n' => self.line += 1,
                    _ => {}
                }
                self.at += 1;
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.string_start = self.at + 1;
                }
                b'{' | b'[' => self.enter(byte),
                b'}' | b']' => self.leave(elements),
                b'\n' => self.line += 1,
                b',' => self.name = None,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// The bytes that the elements of the last [`Splitter::feed`] point into, and the offset of the first.
    pub fn bytes(&self) -> (&[u8], u64) {
        (&self.buffer, self.offset)
    }

    /// Bytes of elements that were too long, or that the document broke off in.
    pub fn unfinished(&self) -> u64 {
        let open = self
            .open
            .map(|(start, ..)| start)
            .or(self.top.filter(|(_, _, found)| !found).map(|(start, ..)| start));
        self.dropped + open.map_or(0, |start| (self.buffer.len() - start) as u64)
    }

    fn enter(&mut self, byte: u8) {
        let depth = self.levels.len();
        let outer = self.levels.last().copied();
        let level = match (outer, byte) {
            (None, b'[') => Level::List,
            (None, _) => {
                self.top = Some((self.at, self.line, false));
                Level::Outer
            }
            // a list in the list of a document: its members are the elements
            (Some(Level::List), b'[') => Level::List,
            (Some(Level::List), _) => {
                self.open = Some((self.at, self.line, depth));
                if let Some((_, _, found)) = &mut self.top {
                    *found = true;
                }
                Level::Inner
            }
            (Some(Level::Outer), b'[') if self.name == Some(true) => Level::List,
            (Some(Level::Outer), b'{') if self.name == Some(true) && depth < 3 => Level::Outer,
            _ => Level::Inner,
        };
        self.name = None;
        self.levels.push(level);
    }

    fn leave(&mut self, elements: &mut Vec<Element>) {
        self.levels.pop();
        self.name = None;
        let depth = self.levels.len();
        if let Some((start, line, outside)) = self.open
            && depth == outside
        {
            elements.push(Element { start, end: self.at + 1, line });
            self.open = None;
        }
        if depth == 0
            && let Some((start, line, false)) = self.top.take()
        {
            elements.push(Element { start, end: self.at + 1, line });
        }
    }

    /// Forgets what was handed out.
    fn compact(&mut self) {
        let whole = self.top.filter(|(_, _, found)| !found).map(|(start, ..)| start);
        let mut keep = whole.or(self.open.map(|(start, ..)| start)).unwrap_or(self.at);
        if self.at - keep > MAX_ELEMENT {
            self.dropped += (self.at - keep) as u64;
            self.open = None;
            self.top = self.top.map(|(start, line, _)| (start, line, true));
            keep = self.at;
        }
        if self.in_string && self.string_start < keep {
            self.string_start = keep;
        }
        let keep = if self.in_string { keep.min(self.string_start) } else { keep };
        self.buffer.drain(..keep);
        self.offset += keep as u64;
        self.at -= keep;
        self.string_start = self.string_start.saturating_sub(keep);
        for start in
            self.open.iter_mut().map(|(start, ..)| start).chain(self.top.iter_mut().map(|(start, ..)| start))
        {
            *start = start.saturating_sub(keep);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str, size: usize) -> Vec<(u64, u64, String)> {
        let mut splitter = Splitter::default();
        let mut out = Vec::new();
        for part in text.as_bytes().chunks(size) {
            let mut elements = Vec::new();
            splitter.feed(part, &mut elements);
            let (bytes, offset) = splitter.bytes();
            out.extend(elements.iter().map(|element| {
                (
                    offset + element.start as u64,
                    element.line,
                    String::from_utf8_lossy(&bytes[element.start..element.end]).into_owned(),
                )
            }));
        }
        out
    }

    #[track_caller]
    fn check(text: &str, expected: &[(u64, &str)]) {
        for size in [1, 2, 3, 7, 1000] {
            let got: Vec<_> = split(text, size);
            let short: Vec<_> = got.iter().map(|(_, line, element)| (*line, element.as_str())).collect();
            assert_eq!(short, expected, "{text} in parts of {size}");
            for (offset, _, element) in &got {
                assert!(text[*offset as usize..].starts_with(element.as_str()));
            }
        }
    }

    #[test]
    fn lists_are_cut_into_their_members() {
        check("[\n {\"a\":1},\n {\"b\":[{}]}\n]", &[(1, "{\"a\":1}"), (2, "{\"b\":[{}]}")]);
        check("[[{\"a\":\"]\"}],[{\"b\":2}]]", &[(0, "{\"a\":\"]\"}"), (0, "{\"b\":2}")]);
        check(
            "{\"n\":{\"x\":1},\n\"resourceSpans\":[{\"a\":1},{\"b\":\"\\\"}\"}]}",
            &[(1, "{\"a\":1}"), (1, "{\"b\":\"\\\"}\"}")],
        );
        check("{\"status\":\"x\",\"data\":{\"result\":[{\"stream\":{}}]}}", &[(0, "{\"stream\":{}}")]);
        check(
            "{\"traceID\":\"1\",\"spans\":[{}],\"p\":{}}\n{\"q\":1}",
            &[(0, "{\"traceID\":\"1\",\"spans\":[{}],\"p\":{}}"), (1, "{\"q\":1}")],
        );
    }

    #[test]
    fn documents_are_told_from_lines() {
        for document in [
            "[\n{\"a\":1}\n]",
            "[{\"a\":1},{\"b\":2}]",
            "{\n \"resourceSpans\": [\n",
            "{\"data\":[{\"traceID\":",
            "{\"data\":[\n{\"a\":1},\n{\"b\":2}\n",
            "[[{\"traceId\"",
        ] {
            assert!(is_document(document.as_bytes()), "{document}");
        }
        for lines in [
            "{\"a\":1}\n{\"b\":2}\n",
            "{\n \"body\": \"x\",\n \"events\": 3\n}\n{",
            "[INFO] data: [1]\n",
            "{\"cut\":\"of\n{\"a\":1}\n{\"data\":[1]}\n",
            "{\"resourceSpans\":[]}\n{\"resourceSpans\":[]}\n",
            "[{\"a\":1}]\n[{\"b\":2}]\n",
        ] {
            assert!(!is_document(lines.as_bytes()), "{lines}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in "[\\[\\]{}\",:a\\\\\n]{0,80}", size in 1usize..9) {
            split(&text, size);
        }
    }
}

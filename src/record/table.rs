//! Columns under a header line: CSV, TSV and W3C extended logs.
//!
//! Sources: RFC 4180; W3C "Extended Log File Format"; Zeek's `#fields` header. A value in quotes may hold the separator
//! and doubled quotes, but no line end.

use super::names::{self, NameHash, Role};
use super::{At, Draft, Field, Writing, level, timestamp};
use crate::model::Date;
use memchr::memchr;

/// The columns of a source.
#[derive(Clone, Debug)]
pub struct Columns {
    separator: u8,
    names: Vec<(NameHash, Role, u8)>,
    texts: Vec<Box<[u8]>>,
    header: Vec<u8>,
    /// Lines that begin with `#` are comments.
    hash_comments: bool,
    /// Columns of a date and a time that belong together.
    day_in_column: Option<(usize, usize)>,
}

impl Columns {
    /// The columns that the first lines of a source announce, if they do.
    pub fn find(head: &[u8]) -> Option<Columns> {
        for line in head.split(|&byte| byte == b'\n').take(64) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Some(names) = line.strip_prefix(b"#Fields:").or_else(|| line.strip_prefix(b"#fields")) {
                let separator = if memchr(b'\t', names.trim_ascii()).is_some() { b'\t' } else { b' ' };
                let mut columns = Columns::new(names.trim_ascii(), separator, line, true)?;
                // CloudFront names its columns between blanks and parts them by tabs
                let row = head.split(|&byte| byte == b'\n').find(|row| !row.starts_with(b"#"));
                if row.is_some_and(|row| memchr(b'\t', row).is_some()) {
                    columns.separator = b'\t';
                }
                return Some(columns);
            }
            if line.starts_with(b"\"")
                && let Some(columns) = Columns::of_rows(head)
            {
                return Some(columns);
            }
            if !line.starts_with(b"#") && !line.is_empty() {
                return [b',', b'\t', b';', b'|'].into_iter().find_map(|separator| {
                    let columns = Columns::new(line, separator, line, false)?;
                    columns.is_likely(line).then_some(columns)
                });
            }
        }
        None
    }

    /// The columns of rows in quotes that no line names, told by what stands in them: a time with its date in each row,
    /// besides a level, ids, and the message in the last one that holds blanks.
    fn of_rows(head: &[u8]) -> Option<Columns> {
        /// So many rows tell the columns.
        const ROWS: usize = 32;
        let whole = memchr::memrchr(b'\n', head).map_or(head, |end| &head[..end]);
        let mut rows: Vec<Vec<&[u8]>> = Vec::new();
        for line in whole.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).take(ROWS) {
            let mut cells = Vec::new();
            split(line.strip_suffix(b"\r").unwrap_or(line), b',', &mut cells);
            if cells.iter().any(|(_, quoted)| !quoted) {
                return None;
            }
            rows.push(cells.iter().map(|(at, _)| at.of(line)).collect());
        }
        let width = rows.first()?.len();
        if width < 4 || rows.iter().any(|row| row.len() != width) {
            return None;
        }
        let all = |column: usize, is: &dyn Fn(&[u8]) -> bool| rows.iter().all(|row| is(row[column]));
        let time = |cell: &[u8]| {
            timestamp::parse(cell, timestamp::DayOrder::MonthFirst)
                .is_some_and(|stamp| stamp.date == Date::Full)
        };
        let hex =
            |length: usize| move |cell: &[u8]| cell.len() == length && cell.iter().all(u8::is_ascii_hexdigit);
        let message = (0..width)
            .rev()
            .find(|&column| rows.iter().any(|row| row[column].contains(&b' ')) && !all(column, &time))?;
        let mut names: Vec<&[u8]> = Vec::new();
        for column in 0..width {
            let name: &[u8] = match names.last() {
                _ if column == message => b"message",
                _ if all(column, &time) => b"time",
                _ if all(column, &|cell| level::from_word(cell).is_some()) => b"level",
                _ if all(column, &hex(32)) => b"trace_id",
                Some(&b"trace_id") if all(column, &hex(16)) => b"span_id",
                _ => b"column",
            };
            names.push(name);
        }
        if !names.contains(&&b"time"[..]) {
            return None;
        }
        Columns::new(&names.join(&b","[..]), b',', b"", false)
    }

    fn new(names: &[u8], separator: u8, header: &[u8], hash_comments: bool) -> Option<Columns> {
        let mut cells = Vec::new();
        split(names, separator, &mut cells);
        if cells.len() < 3 {
            return None;
        }
        let texts = cells.iter().map(|(at, _)| at.of(names).into()).collect();
        let names: Vec<_> = cells
            .iter()
            .map(|(at, _)| {
                let hash = NameHash::of(at.of(names));
                let known = names::known(at.of(names), true);
                (
                    hash,
                    known.map_or(Role::Other, |known| known.role),
                    known.map_or(u8::MAX, |known| known.rank),
                )
            })
            .collect();
        let column = |name: &[u8]| names.iter().position(|(hash, ..)| *hash == NameHash::of(name));
        let day_in_column = column(b"date").zip(column(b"time"));
        Some(Columns { separator, names, texts, header: header.to_vec(), hash_comments, day_in_column })
    }

    /// Whether a first line of a CSV file names columns of a log: a time, and one more that is known.
    fn is_likely(&self, line: &[u8]) -> bool {
        let roles = || self.names.iter().map(|(_, role, _)| *role);
        let time = roles().any(|role| matches!(role, Role::Time));
        let known = roles().filter(|role| !matches!(role, Role::Other | Role::Noise | Role::Time)).count();
        time && known >= 1 && !line.iter().any(|byte| matches!(byte, b'=' | b'{' | b'[' | b':'))
    }

    /// Whether a line is a header again, or a comment of a W3C log.
    pub fn is_header(&self, line: &[u8]) -> bool {
        !line.is_empty() && line == self.header || self.hash_comments && line.starts_with(b"#")
    }

    /// The names of the columns; a row's fields name them by index.
    pub fn texts(&self) -> &[Box<[u8]>] {
        &self.texts
    }

    /// Reads a row: a field a column. A date and a time in two columns are read as one time.
    pub fn read(&self, line: &[u8], draft: &mut Draft) {
        let mut cells = Vec::new();
        split(line, self.separator, &mut cells);
        for (index, (&(at, quoted), &(path, role, rank))) in cells.iter().zip(&self.names).enumerate() {
            let writing = match at.of(line) {
                b"-" | b"" | b"(empty)" => Writing::Null,
                inside if quoted && memchr::memmem::find(inside, b"\"\"").is_some() => Writing::Doubled,
                _ => Writing::Plain,
            };
            draft.fields.push(Field {
                name: At::new(index, index),
                parent: At::default(),
                path,
                role,
                rank,
                top: true,
                value: at,
                writing,
            });
        }
        if let Some((date, time)) = self.day_in_column
            && let (Some(&(date, _)), Some(&(time, _))) = (cells.get(date), cells.get(time))
            && date.end() < time.start as usize + 2
            && date.start < time.start
        {
            let mut both = [b' '; 48];
            let (day, clock) = (date.of(line), time.of(line));
            if let Some(written) = both.get_mut(..day.len() + 1 + clock.len()) {
                written[..day.len()].copy_from_slice(day);
                written[day.len() + 1..].copy_from_slice(clock);
                draft.stamp = timestamp::parse(written, timestamp::DayOrder::MonthFirst);
            }
        }
    }
}

/// Appends the text of a cell whose quotes are doubled (RFC 4180, 2.7).
pub fn undouble(cell: &[u8], out: &mut Vec<u8>) {
    let mut rest = cell;
    while let Some(at) = memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 1..];
        rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    }
    out.extend_from_slice(rest);
}

/// The cells of a row and whether they stood in quotes.
fn split(line: &[u8], separator: u8, cells: &mut Vec<(At, bool)>) {
    let mut at = 0;
    while cells.len() < 512 {
        if line.get(at) == Some(&b'"') {
            let mut end = at + 1;
            while let Some(found) = memchr(b'"', &line[end..]) {
                end += found + 1;
                if line.get(end) == Some(&b'"') {
                    end += 1;
                } else {
                    break;
                }
            }
            let close = if line[..end].ends_with(b"\"") && end > at + 1 { end - 1 } else { line.len() };
            cells.push((At::new(at + 1, close), true));
            at = close + 1;
        } else {
            let end = memchr(separator, &line[at.min(line.len())..]).map_or(line.len(), |length| at + length);
            cells.push((At::new(at, end), false));
            at = end;
        }
        if line.get(at) != Some(&separator) {
            return;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_quotes_tell_their_columns() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let row = format!(
            "\"2025-01-02 03:04:05\",\"INFO\",\"till\",\"{trace}\",\"00f067aa0ba902b7\",\"paid, at last\"\n"
        );
        let columns = Columns::find(row.repeat(2).as_bytes()).expect("a table");
        let names: Vec<_> = columns.texts().iter().map(|name| String::from_utf8_lossy(name)).collect();
        assert_eq!(names, ["time", "level", "column", "trace_id", "span_id", "message"]);
        assert!(Columns::find(b"\"paid\", he said\n").is_none());
        assert!(Columns::find(b"\"a\",\"b\",\"c d\",\"e\"\n").is_none());
    }

    #[test]
    fn rows_are_split_at_separators_outside_quotes() {
        let line = br#"a,"b ""q"", c",,d"#;
        let mut cells = Vec::new();
        split(line, b',', &mut cells);
        let got: Vec<_> = cells.iter().map(|(at, _)| at.of(line)).collect();
        assert_eq!(got, [&b"a"[..], br#"b ""q"", c"#, b"", b"d"]);
    }

    #[test]
    fn doubled_quotes_are_one() {
        let mut out = Vec::new();
        undouble(br#"say ""hi"" to ""#, &mut out);
        assert_eq!(out, br#"say "hi" to ""#);
    }

    #[test]
    fn headers_of_logs_are_found_and_other_first_lines_are_not() {
        assert!(Columns::find(b"Timestamp,Node,TraceID,Log\n1,2,3,4\n").is_some());
        assert!(Columns::find(b"#Version: 1.0\n#Fields: date time s-ip cs-method\n").is_some());
        assert!(Columns::find(b"2024-05-01 12:00:00,123,INFO,x\n").is_none());
        assert!(Columns::find(b"hello, world, time\n").is_none());
    }
}

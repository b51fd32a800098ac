//! LTSV: `label:value` cells between tabs. Source: ltsv.org.

use super::{At, Field, NameHash, Role, Writing, json, names};

/// Whether a line is one of labelled cells: three or more, and nothing else.
pub fn detect(line: &[u8]) -> bool {
    let mut cells = 0;
    for cell in line.split(|&byte| byte == b'\t').take(64) {
        match label(cell) {
            Some(_) => cells += 1,
            None if cell.is_empty() => {}
            None => return false,
        }
    }
    cells >= 3
}

/// Appends the cells of a line to `fields`.
pub fn scan(line: &[u8], fields: &mut Vec<Field>) {
    let mut at = 0;
    for cell in line.split(|&byte| byte == b'\t').take(json::MAX_FIELDS) {
        if let Some(end) = label(cell) {
            let known = names::known(&cell[..end], true);
            let value = At::new(at + end + 1, at + cell.len());
            fields.push(Field {
                name: At::new(at, at + end),
                parent: At::default(),
                path: NameHash::of(&cell[..end]),
                role: known.map_or(Role::Other, |known| known.role),
                rank: known.map_or(u8::MAX, |known| known.rank),
                top: true,
                value,
                writing: if matches!(value.of(line), b"-" | b"") { Writing::Null } else { Writing::Plain },
            });
        }
        at += cell.len() + 1;
    }
}

/// The length of a cell's label.
fn label(cell: &[u8]) -> Option<usize> {
    let end = cell
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')))
        .filter(|&end| cell[end] == b':' && end > 0)?;
    cell[0].is_ascii_alphabetic().then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_and_other_tabs_left_alone() {
        let line = b"time:2024-05-01T12:00:00Z\tlevel:INFO\tua:-\ttrace_id:ab:c";
        assert!(detect(line));
        let mut fields = Vec::new();
        scan(line, &mut fields);
        let got: Vec<_> = fields.iter().map(|field| (field.name.of(line), field.value.of(line))).collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"time", b"2024-05-01T12:00:00Z"), (b"level", b"INFO"), (b"ua", b"-"), (b"trace_id", b"ab:c")];
        assert_eq!(got, expected);
        assert!(!detect(b"2024-05-01T12:00:00Z\tINFO\tname:x\tmessage"));
        assert!(!detect(b"level:INFO\tno label\tx:y"));
    }
}

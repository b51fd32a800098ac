//! Context behind a message that goes on over further lines: objects laid out for people, or with a stack trace in a string.

use crate::record::json;

/// So many objects are tried for the one that ends a record.
const MAX_OBJECTS: usize = 16;

/// Where the object begins, behind the message from `start` to `line_end`, to which all further lines belong.
pub fn object_over_lines(text: &[u8], start: usize, line_end: usize) -> Option<usize> {
    let whole = text.trim_ascii_end();
    if !matches!(whole.last(), Some(b'}' | b']')) {
        return None;
    }
    let line = &whole[..line_end.min(whole.len())];
    // what a name stands before is its value
    let alone = |at: usize| {
        let before = line[start..at].trim_ascii_end();
        line[..at].ends_with(b" ") && !matches!(before.last(), None | Some(b':' | b'=' | b'('))
    };
    let bare = line.trim_ascii_end();
    if bare.ends_with(b"{") && alone(bare.len() - 1) && whole.ends_with(b"\n}") {
        return Some(bare.len() - 1);
    }
    let opens = memchr::memmem::find_iter(&line[start..], b"{\"").map(|at| start + at);
    opens.filter(|at| alone(*at)).take(MAX_OBJECTS).find(|at| ends_with_objects(whole, *at, line_end))
}

/// Whether the object at `at` goes on beyond `line_end`, and nothing but further objects and lists follows it.
fn ends_with_objects(whole: &[u8], at: usize, line_end: usize) -> bool {
    let mut end = match json::skip_nested(whole, at) {
        Some(end) if end > line_end => end,
        _ => return false,
    };
    while let Some(open) = whole[end..].iter().position(|byte| !byte.is_ascii_whitespace()) {
        end = match json::skip_nested(whole, end + open) {
            Some(next) if matches!(whole[end + open], b'{' | b'[') => next,
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, object: Option<&str>) {
        let line_end = text.find('\n').unwrap_or(text.len());
        let found = object_over_lines(text.as_bytes(), 0, line_end).map(|at| &text[at..]);
        assert_eq!(found, object, "{text}");
    }

    #[test]
    fn objects_over_several_lines_are_no_part_of_the_message() {
        check("not saved {\"a\":\"b\n#0 {main}\n\"} []", Some("{\"a\":\"b\n#0 {main}\n\"} []"));
        check("not saved {\n  a: 1,\n  b: { c: 2 }\n}", Some("{\n  a: 1,\n  b: { c: 2 }\n}"));
        check("saved {\"a\":1} {\"b\":\n2}", Some("{\"b\":\n2}"));
    }

    #[test]
    fn what_a_message_shows_is_a_part_of_it() {
        check("payload: {\n  \"a\": 1\n}", None);
        check("not saved {\"a\":1}\n  at x {y}", None);
        check("void main() {\n  return;\n} // end", None);
        check("{\n  \"a\": 1\n}", None);
    }
}

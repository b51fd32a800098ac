//! Lays JSON out for people: what fits on a line stays on it. Nothing but spaces and line ends is changed, so that a file
//! of expected output also tells the order of members and the spelling of numbers.

/// What fits within so many columns stays on one line.
const WIDTH: usize = 150;

/// Lays out a JSON text. With `keys`, only those members of objects are kept, at any depth.
pub(crate) fn lay_out(json: &str, keys: Option<&[String]>) -> String {
    let kept = keys.map_or_else(|| json.to_owned(), |keys| keep(json, keys));
    let mut out = String::new();
    put(kept.trim(), 0, &mut out);
    out.push('\n');
    out
}

fn put(json: &str, indent: usize, out: &mut String) {
    if json.chars().count() + indent <= WIDTH || !json.starts_with(['{', '[']) {
        return out.push_str(json);
    }
    let (open, close) = (&json[..1], &json[json.len() - 1..]);
    out.push_str(open);
    for (index, part) in parts(json).into_iter().enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        out.extend(std::iter::repeat_n(' ', indent + 2));
        let value = value_at(part, open);
        out.push_str(&part[..value]);
        put(&part[value..], indent + 2, out);
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(close);
}

/// The JSON text without members of other names.
fn keep(json: &str, keys: &[String]) -> String {
    let json = json.trim();
    if !json.starts_with(['{', '[']) {
        return json.to_owned();
    }
    let (open, close) = (&json[..1], &json[json.len() - 1..]);
    let kept: Vec<String> = parts(json)
        .into_iter()
        .filter_map(|part| {
            let value = value_at(part, open);
            let name = part[..value].trim_end_matches(':').trim_matches('"');
            let wanted = open == "[" || keys.iter().any(|key| key == name);
            wanted.then(|| format!("{}{}", &part[..value], keep(&part[value..], keys)))
        })
        .collect();
    format!("{open}{}{close}", kept.join(","))
}

/// The members of an object or the elements of an array.
fn parts(json: &str) -> Vec<&str> {
    let inside = &json[1..json.len() - 1];
    let (mut depth, mut quoted, mut escaped, mut start) = (0, false, false, 0);
    let mut parts = Vec::new();
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                parts.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = inside[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// Where the value begins in a part of an object (behind the name) or of an array.
fn value_at(part: &str, open: &str) -> usize {
    if open == "[" {
        return 0;
    }
    let mut escaped = false;
    let end = part[1..].bytes().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    });
    end.and_then(|end| part[end + 2..].find(':').map(|colon| end + colon + 3)).unwrap_or(0)
}

#[test]
fn what_fits_stays_on_its_line() {
    let long = "x".repeat(WIDTH);
    let json = format!(r#"{{"a":1,"b":["{long}",{{"c":[1,2],"d":"}},]\"{{"}}]}}"#);
    let laid = lay_out(&json, None);
    assert_eq!(
        laid,
        format!(
            "{{\n  \"a\":1,\n  \"b\":[\n    \"{long}\",\n    {{\"c\":[1,2],\"d\":\"}},]\\\"{{\"}}\n  ]\n}}\n"
        )
    );
    let short = laid.replace("\n  ", "").replace("  ", "").replace('\n', "");
    assert_eq!(short, json);
}

#[test]
fn only_named_members_are_kept() {
    let keys = ["a".to_owned(), "c".to_owned()];
    let json = r#"{"a":[{"b":1,"c":{"a":true,"x":"a"}},5],"d":{"a":1}}"#;
    assert_eq!(lay_out(json, Some(&keys)), "{\"a\":[{\"c\":{\"a\":true}},5]}\n");
}

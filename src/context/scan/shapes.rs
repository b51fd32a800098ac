//! What values look like.

use crate::context::{Found, header, id, template};
use crate::model::Shape;
use crate::record::{NameHash, Role};

/// What a value looks like; `None` if it is no single word, or nothing that could tell records apart.
pub(in crate::context) fn shape_of(value: &[u8]) -> Option<Shape> {
    if value.is_empty() || value.len() > 128 {
        return None;
    }
    let (mut digits, mut letters, mut dots, mut others) = (0, 0, 0, 0);
    for &byte in value {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'A'..=b'Z' => letters += 1,
            b'.' => dots += 1,
            b'-' | b'_' | b':' | b'#' | b'+' | b'=' | b'|' | b'~' => others += 1,
            b'/' | b'@' => others += 1,
            0x80.. => letters += 1,
            _ => return None,
        }
    }
    if digits == 0 {
        if letters + others == value.len() && template::is_thrown(value) {
            return Some(Shape::Mixed);
        }
        return (letters > 0 && dots <= 4).then_some(Shape::Word);
    }
    if value.len() == 36 && id::uuid(value).is_some() {
        return Some(Shape::Uuid);
    }
    if letters == 0 {
        return match (dots, others) {
            (0, 0) => Some(Shape::Number),
            (1, 0) => Some(Shape::Decimal),
            (0, 1) if value[0] == b'-' => Some(Shape::Number),
            (0, _) if is_numbered(value, digits) => Some(Shape::Mixed),
            _ => None,
        };
    }
    if value.len() >= 16 && digits + letters == value.len() && id::hex_digits(value) == value.len() {
        return Some(Shape::Hex);
    }
    if is_amount(value) {
        return Some(Shape::Decimal);
    }
    (!value.starts_with(b"/")).then_some(Shape::Mixed)
}

/// Whether a value is a number with a unit of time or of size behind it, such as `196ms` or `1.5MiB`.
fn is_amount(value: &[u8]) -> bool {
    const UNITS: [&[u8]; 15] = [
        b"ns",
        b"us",
        b"ms",
        b"s",
        b"sec",
        b"secs",
        b"min",
        b"kb",
        b"kib",
        b"mb",
        b"mib",
        b"gb",
        b"gib",
        b"bytes",
        "\u{b5}s".as_bytes(),
    ];
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let unit = &value[digits..];
    digits > 0 && UNITS.iter().any(|known| known.eq_ignore_ascii_case(unit))
}

/// Whether digits with hyphens between them are an id, such as `1737722335319-0` (a Redis stream entry) or
/// `112-7654321-1234567`: too long for a date; or the number of a part behind that of its whole, `730011-2`, which no year is.
fn is_numbered(value: &[u8], digits: usize) -> bool {
    const DATE: usize = 8;
    const YEAR: usize = 4;
    let plain = || value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    let is_part = || {
        let whole = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        whole > YEAR && digits + 1 == value.len() && crate::context::stem::stem(value).is_some()
    };
    value[0].is_ascii_digit() && plain() && (digits > DATE || is_part())
}

/// Whether a value behind a general name (`trace`, `span`) looks like an id.
pub(in crate::context) fn looks_like_id(value: &[u8]) -> bool {
    let hex = id::hex_digits(value);
    hex == 16
        || hex == 32
        || id::uuid(value).is_some()
        || id::xray(value).is_some()
        || value.len() >= 17 && value.iter().all(u8::is_ascii_digit)
        || memchr::memmem::find(value, b"traces/").is_some()
        || header::traceparent(value).is_some()
}

/// Whether a value is unique to what it names, maybe behind the kind of it: a UUID, many hex digits, `GPU-` and a UUID.
pub(in crate::context) fn is_unique(value: &[u8]) -> bool {
    matches!(shape_of(value), Some(Shape::Uuid | Shape::Hex))
        || value.len().checked_sub(36).is_some_and(|at| at > 0 && id::uuid(&value[at..]).is_some())
        || value.len() > 16
            && value.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'-'))
}

/// Whether a field that usually describes holds an id: `event=0b51…` beside a message of its own.
pub(in crate::context) fn is_id_of(role: Role, value: &[u8]) -> bool {
    /// Names of services, tasks and operations hold fewer digits.
    const DIGITS: usize = 4;
    let mixed = || matches!(shape_of(value), Some(Shape::Uuid | Shape::Hex | Shape::Mixed));
    match role {
        Role::Service | Role::Thread | Role::Operation => {
            mixed() && value.iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS
        }
        Role::Message | Role::Event => mixed(),
        Role::Exception => false,
        _ => is_unique(value),
    }
}

/// Whether what is called a thread may be the work that one does: `task`, `worker`.
pub(in crate::context) fn is_work(name: &[u8]) -> bool {
    !name.get(name.len().saturating_sub(6)..).is_some_and(|end| end.eq_ignore_ascii_case(b"thread"))
}

impl Found {
    /// Whether a value tells nothing apart, although its name is that of an id: it measures something (`0.87`, `196ms`,
    /// `-1`), is a word under a name that may mean something else (`correlation=strong`), or numbers a kind of event, as
    /// .NET and Windows do. What begins with as many digits as a time has is an id
    /// (`uniqueid` of Asterisk).
    pub(in crate::context) fn tells_nothing(&mut self, name: &[u8], value: &[u8]) -> bool {
        const TIME: usize = 10;
        /// Kinds of events have no longer numbers.
        const KIND: usize = 5;
        if value.iter().all(u8::is_ascii_digit) && NameHash::of(name) == NameHash::of(b"eventid") {
            self.refuse();
            return value.len() <= KIND;
        }
        let says_id = name.len().checked_sub(2).is_some_and(|at| name[at..].eq_ignore_ascii_case(b"id"));
        let word = value.iter().all(u8::is_ascii_lowercase) && value.iter().any(|byte| *byte > b'f');
        if word && !says_id {
            return true;
        }
        let (bare, signed) = value.strip_prefix(b"-").map_or((value, false), |bare| (bare, true));
        let digits = bare.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match shape_of(bare) {
            Some(Shape::Decimal) if is_amount(bare) => true,
            Some(Shape::Decimal | Shape::Number) if bare.contains(&b'.') || signed => {
                // how many digits there are differs from line to line
                self.refuse();
                digits < TIME
            }
            _ => false,
        }
    }
}

/// Whether a name that only ends in "id" (`uid`) has a value that can be nothing else.
pub(in crate::context) fn names_some_id(name: &[u8], value: &[u8]) -> bool {
    let end = name.len().saturating_sub(2);
    name[end..].eq_ignore_ascii_case(b"id")
        && value.len() >= 12
        && matches!(shape_of(value), Some(Shape::Uuid | Shape::Hex | Shape::Mixed))
}

/// The keys in a path: each part with a digit in it, under the part before.
pub(in crate::context) fn path_keys(found: &mut Found, path: &[u8]) {
    folder_keys(found, b"path", path);
}

/// Likewise, for a path under a name.
pub(in crate::context) fn folder_keys<'t>(found: &mut Found, name: &'t [u8], path: &'t [u8]) {
    let mut before = name;
    for part in path.split(|&byte| byte == b'/').take(16) {
        if part.is_empty() {
            continue;
        }
        // `/renditions/VID-77319-c2.m4s`: a file is called by what it holds
        let part = stem(part);
        match shape_of(part) {
            Some(Shape::Word) | None => before = part,
            Some(shape) if part.len() == 2 && part[0] == b'v' => {
                let _ = shape;
            }
            Some(shape) => found.add_key(before, part, shape),
        }
    }
}

/// The name of a file without its ending, if that is what letters behind a dot are: `VID-77319.mov`, `ATT-7.tar.gz`.
fn stem(name: &[u8]) -> &[u8] {
    let mut stem = name;
    for _ in 0..2 {
        let Some(dot) = memchr::memrchr(b'.', stem).filter(|dot| *dot > 0) else { break };
        let ending = &stem[dot + 1..];
        let is_ending = (2..=4).contains(&ending.len())
            && ending[0].is_ascii_lowercase()
            && ending.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !is_ending {
            break;
        }
        stem = &stem[..dot];
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_usually_describe_may_hold_ids() {
        let id = b"0b51ff4e-9c1d-4e3c-8f0a-6d2f4f0f9a11";
        assert!(
            is_id_of(Role::Event, id) && is_id_of(Role::Topic, id) && is_id_of(Role::Event, b"evt_a78caa81")
        );
        assert!(is_id_of(Role::Service, b"LA-107816") && !is_id_of(Role::Service, b"web-01"));
        assert!(is_work(b"task") && is_id_of(Role::Thread, b"TSK-57666"));
        assert!(!is_work(b"thread") && !is_id_of(Role::Thread, b"worker-12"));
        assert!(!is_id_of(Role::Event, b"order.placed") && !is_id_of(Role::Topic, b"orders-7"));
    }

    #[test]
    fn files_are_called_by_what_they_hold() {
        let stems = [
            ("VID-77319-c2.m4s", "VID-77319-c2"),
            ("ATT-7.tar.gz", "ATT-7"),
            ("9.12", "9.12"),
            (".git", ".git"),
        ];
        for (name, told) in stems {
            assert_eq!(stem(name.as_bytes()), told.as_bytes(), "{name}");
        }
    }

    #[test]
    fn measures_are_no_ids() {
        for measure in ["0.87", "-1", "-0.4", "12.5", "196ms"] {
            assert!(Found::default().tells_nothing(b"rid", measure.as_bytes()), "{measure}");
        }
        for id in ["87", "1795350795.12", "7f", "1.2.3", "4f:12"] {
            assert!(!Found::default().tells_nothing(b"rid", id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn words_are_ids_under_names_that_say_so() {
        assert!(Found::default().tells_nothing(b"correlation", b"strong"));
        assert!(!Found::default().tells_nothing(b"correlation", b"FN0s1oZLh6g"));
        assert!(!Found::default().tells_nothing(b"correlation_id", b"strong"));
        assert!(Found::default().tells_nothing(b"EventId", b"4624"));
        assert!(!Found::default().tells_nothing(b"EventId", b"4624117"));
    }

    #[test]
    fn amounts_are_no_ids() {
        for amount in ["196ms", "1.5s", "250\u{b5}s", "12MiB", "512kB"] {
            assert_eq!(shape_of(amount.as_bytes()), Some(Shape::Decimal), "{amount}");
        }
        for id in ["HX509897", "7f", "12a", "4AXKYV", "196ms7", "ms196"] {
            assert_eq!(shape_of(id.as_bytes()), Some(Shape::Mixed), "{id}");
        }
    }
}

//! klog and glog: `I1122 08:29:19.892876    3569 file.go:158] message`.
//!
//! Source: k8s.io/klog, "header formats a log header"; github.com/google/glog, "Log line format"
//! (glog may write a year: `I20221122`; ports of both write `D` for debugging); cockroachdb/cockroach, "crdb-v1" (`I221122 …  file.go:158  [tags] message`). Structured messages follow klog's `"message" key="value"`.

use super::{At, Draft, Head, Writing, level, text, timestamp};
use memchr::memchr;

/// Whether a line begins like klog: a level's letter, month and day, and a time of day.
pub fn detect(line: &[u8]) -> bool {
    let digits = line[1..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    matches!(digits, 4 | 6 | 8) && line.get(1 + digits) == Some(&b' ') && line.get(4 + digits) == Some(&b':')
}

/// Reads a klog line: time, level, thread, logger and message; `false` if it is none after all.
pub fn read(line: &[u8], draft: &mut Draft) -> Option<Head> {
    let (stamp, taken) = timestamp::parse_klog(&line[1..])?;
    let mut at = 1 + taken;
    at = text::skip_blanks(line, at);
    let thread_end = at + line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = text::skip_blanks(line, thread_end);
    let length = line[start..].iter().take_while(|byte| **byte != b' ').count();
    let place = &line[start..start + length];
    let number = place.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let close = if number > 0 && place[..length - number].ends_with(b":") && place.contains(&b'.') {
        // without a bracket: CockroachDB, glog's ports
        start + length
    } else {
        at + memchr(b']', &line[at..line.len().min(at + 256)])?
    };
    draft.stamp = Some(stamp);
    draft.level = level::from_letter(line[0]);
    if thread_end > at {
        draft.thread = Some(At::new(at, thread_end));
    }
    draft.logger = Some(text::trim(line, At::new(thread_end, close)));
    let mut message = text::skip_blanks(line, (close + 1).min(line.len()));
    if let Some(bracket) = line.get(message..).filter(|rest| rest.starts_with(b"\"")) {
        let (end, escaped) = super::json::string_end(bracket, 1)?;
        draft.message = Some((
            At::new(message + 1, message + end),
            if escaped { Writing::Escaped } else { Writing::Plain },
        ));
        draft.scan_pairs(line, message + end + 1);
        message += end + 1;
    }
    Some(Head {
        stamp: Some(stamp),
        stamp_at: At::new(1, 1 + taken),
        level: draft.level,
        level_end: 0,
        message,
        context: false,
        ended: false,
        pairs: None,
    })
}

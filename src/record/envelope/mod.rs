//! Wrappings of a single line of output: what a container runtime or a log collector puts around each line.
//!
//! A wrapping gives the line inside, the *lane* it belongs to (several programs may be mixed in one source) and what it
//! knows of time and service. Wrappings of whole records (journald, cloud exports) are JSON records like any other; see
//! `record::read`.

mod container;
mod prefix;
mod syslog;

pub use syslog::{Syslog, syslog};

use super::{At, Draft, Format};

/// A line freed of one wrapping.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped {
    /// Which wrapping it was.
    pub format: Format,
    /// The line inside; `None` if it had to be decoded into the buffer.
    pub inside: Option<At>,
    /// The line goes on in the next one of its lane.
    pub partial: bool,
    /// Lines of one lane follow each other: a hash of stream and container.
    pub lane: u64,
}

/// Takes one wrapping off a line; what it tells goes to `draft`, a decoded line to `buffer` (which is emptied first).
pub fn strip(line: &[u8], draft: &mut Draft, buffer: &mut Vec<u8>) -> Option<Wrapped> {
    match line.first()? {
        b'{' => container::docker(line, draft, buffer),
        b'0'..=b'9' if memchr::memchr(b'|', &line[..line.len().min(4)]).is_some() => {
            prefix::compose(line, draft)
        }
        b'1' | b'2' => container::cri(line, draft)
            .or_else(|| prefix::foreman(line, draft))
            .or_else(|| prefix::cloud_foundry(line, 0, draft)),
        b' ' if line.starts_with(b"   2") => prefix::cloud_foundry(line, 3, draft),
        b'[' => prefix::kubectl(line, draft),
        _ => prefix::compose(line, draft).or_else(|| prefix::stern(line, draft)),
    }
}

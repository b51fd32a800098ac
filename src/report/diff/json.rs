//! A comparison as JSON: schema `spanloom.diff/1`.

use super::Compared;
use crate::analyze::compare::{Change, Difference};
use crate::report::json_text::{member, name, number};
use std::io::{self, Write};

/// Writes the comparison as one JSON object.
pub fn write(compared: &Compared<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = b"{\"schema\":\"spanloom.diff/1\"".to_vec();
    for (key, run) in ["base", "new"].iter().zip(&compared.runs) {
        name(key, &mut buffer);
        buffer.push(b'{');
        member("name", run.name.as_bytes(), &mut buffer);
        number("transactions", run.transactions, &mut buffer);
        name("coverage", &mut buffer);
        crate::report::json::coverage(run.coverage, &mut buffer);
        buffer.push(b'}');
    }
    number("worse", compared.worse(), &mut buffer);
    name("differences", &mut buffer);
    buffer.push(b'[');
    for (index, one) in compared.differences.iter().enumerate() {
        if index > 0 {
            buffer.push(b',');
        }
        difference(compared, one, &mut buffer);
    }
    buffer.extend_from_slice(b"]}\n");
    out.write_all(&buffer)
}

fn difference(compared: &Compared<'_>, difference: &Difference, out: &mut Vec<u8>) {
    out.push(b'{');
    member("kind", difference.kind.name().as_bytes(), out);
    member("name", difference.name.as_bytes(), out);
    let service = compared.service(difference);
    if !service.is_empty() {
        member("service", service.as_bytes(), out);
    }
    member("change", difference.change.name().as_bytes(), out);
    name("worse", out);
    out.extend_from_slice(if difference.is_worse() { b"true" } else { b"false" });
    match difference.change {
        Change::New | Change::Gone => {}
        Change::Share(before, after)
        | Change::Failures(before, after)
        | Change::ContextLost(before, after) => {
            number("before", rounded(before), out);
            number("after", rounded(after), out);
        }
        Change::Duration(before, after) => {
            number("before_ns", before, out);
            number("after_ns", after, out);
        }
    }
    number("count_before", difference.counts.0, out);
    number("count_after", difference.counts.1, out);
    if let Some(chance) = difference.chance {
        number("chance", rounded(chance), out);
    }
    out.push(b'}');
}

/// A number with six digits behind the point.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

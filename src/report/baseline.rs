//! A baseline as a file that people read: TOML, one line a step, in an order that does not change, so that a difference between
//! two of them is a difference between two runs.

use crate::analyze::check::baseline::{Baseline, FlowBaseline, StepBaseline};
use std::io::{self, Write};

const HEAD: &str = "\
# What the transactions of a good run look like. Written by `spanloom check --update-baseline`, read by `spanloom check`.
# Commit this file and review its changes: later runs are held against it.
#
# A flow is one kind of transaction, told by service and name of its root; a step is told by service and name of a span.
# seen: transactions that have the step; after: the step it follows, without which it is not expected; most: the most often
# that one transaction has it; p50_ns, p95_ns: durations in nanoseconds.
";

/// Writes a baseline.
pub fn write(baseline: &Baseline, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{HEAD}\nversion = {}\n", baseline.version)?;
    for flow in &baseline.flow {
        write_flow(flow, out)?;
    }
    for edge in &baseline.edge {
        write!(
            out,
            "\n[[edge]]\nfrom = {}\nto = {}\ncount = {}\n",
            text(&edge.from),
            text(&edge.to),
            edge.count
        )?;
        if edge.context_lost > 0 {
            writeln!(out, "context_lost = {}", edge.context_lost)?;
        }
    }
    Ok(())
}

fn write_flow(flow: &FlowBaseline, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\n[[flow]]\nname = {}\ntransactions = {}\n", text(&flow.name), flow.transactions)?;
    if flow.failed > 0 {
        writeln!(out, "failed = {}", flow.failed)?;
    }
    for (name, nanos) in [("p50_ns", flow.p50_ns), ("p95_ns", flow.p95_ns)] {
        if let Some(nanos) = nanos {
            writeln!(out, "{name} = {nanos}")?;
        }
    }
    if !flow.steps.is_empty() {
        writeln!(out, "[flow.steps]")?;
    }
    for (name, step) in &flow.steps {
        writeln!(out, "{} = {{ {} }}", text(name), members(step).join(", "))?;
    }
    Ok(())
}

fn members(step: &StepBaseline) -> Vec<String> {
    let mut members = vec![format!("seen = {}", step.seen)];
    if step.most != 1 {
        members.push(format!("most = {}", step.most));
    }
    if step.failed > 0 {
        members.push(format!("failed = {}", step.failed));
    }
    members.extend(step.after.as_ref().map(|after| format!("after = {}", text(after))));
    members.extend(step.p95_ns.map(|nanos| format!("p95_ns = {nanos}")));
    members
}

/// A TOML string on one line. Names come from logs.
fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // TOML 1.0, "String": control characters other than tab must be escaped; a tab may
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::check::baseline::EdgeBaseline;

    #[test]
    fn what_is_written_is_read_again() {
        let name = "a \"b\" \\ \n\t\0\x1b\u{85} # [x] = '''";
        let step = StepBaseline {
            seen: 3,
            after: Some(name.to_owned()),
            most: 2,
            failed: 1,
            p95_ns: Some(12_000_000),
        };
        let plain = StepBaseline { seen: 4, after: None, most: 1, failed: 0, p95_ns: None };
        let baseline = Baseline {
            version: 1,
            flow: vec![FlowBaseline {
                name: name.to_owned(),
                transactions: 4,
                failed: 1,
                p50_ns: Some(1),
                p95_ns: None,
                steps: [(name.to_owned(), step), ("plain".to_owned(), plain)].into(),
            }],
            edge: vec![EdgeBaseline { from: name.to_owned(), to: "b".to_owned(), count: 5, context_lost: 1 }],
        };
        let mut file = Vec::new();
        write(&baseline, &mut file).expect("memory");
        let text = String::from_utf8(file).expect("text");
        assert_eq!(toml::from_str::<Baseline>(&text).expect(&text), baseline);
    }
}

//! Says what was drawn, for people.

use std::fmt::Write;

use crate::plan::{Body, Step, Subscriber, System};
use crate::symmetry::Symmetry;

/// Topology, flows and styles of a system.
pub(crate) fn text(system: &System) -> String {
    let mut out = String::new();
    let company = &system.company;
    let put = |out: &mut String, line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    put(
        &mut out,
        format!(
            "seed {}: {} at {}, {} services on {} hosts, about {:.0} transactions in flight",
            system.seed,
            system.domain.name,
            company.name,
            system.services.len(),
            company.hosts.len(),
            system.in_flight
        ),
    );
    put(
        &mut out,
        format!(
            "ids {:?}, propagation {:?}, brokers {:?}, collector {:?}, request ids {}, correlation ids {}, keys: {} ({})",
            company.ids,
            company.propagation,
            company.brokers,
            company.wrap.0,
            company.request_ids,
            company.correlation,
            system.key_shape.name(),
            system.sub_shapes.iter().map(crate::values::Shape::name).collect::<Vec<_>>().join(", ")
        ),
    );
    put(&mut out, "\nservices".to_owned());
    for service in &system.services {
        put(
            &mut out,
            format!(
                "  {:<24} {:<7} {:<20} {:<6} {:<9} {:?} stamp, {:.2} inline, broker {:?}, parent in v2: {:?}",
                service.name,
                format!("{:?}", service.lang),
                service.layout.name(),
                format!("{:?}", service.tone),
                format!("{:?}", service.tail),
                service.stamp,
                service.habits.inline,
                service.broker,
                service.habits.parent
            ),
        );
    }
    put(&mut out, "\nflows".to_owned());
    for flow in &system.flows {
        put(
            &mut out,
            format!("  {} ({:?}, weight {}): {:?}", flow.name, flow.origin, flow.weight, flow.features),
        );
        reaction(system, flow.entry, 2, &mut out);
    }
    out
}

/// How many spans nobody can place.
pub(crate) fn measured(symmetry: &Symmetry) -> String {
    let mut out = format!(
        "\nspans with a logged ancestor {}, with an equally good rival {} ({:.2} %)\n",
        symmetry.children,
        symmetry.symmetric,
        symmetry.share() * 100.0
    );
    let mut worst: Vec<(&String, &usize)> = symmetry.worst.iter().collect();
    worst.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    for (name, count) in worst.into_iter().take(8) {
        let _ = writeln!(out, "  {count} x {name}");
    }
    out
}

fn pad(depth: usize) -> String {
    "  ".repeat(depth)
}

fn reaction(system: &System, at: usize, depth: usize, out: &mut String) {
    let reaction = &system.reactions[at];
    let service = &system.services[reaction.service].name;
    let logs = match (reaction.span.first, reaction.span.last) {
        (Some(_), Some(_)) => "logs both ends",
        (Some(_), None) => "logs its start",
        (None, Some(_)) => "logs its end",
        (None, None) => "silent",
    };
    let retry =
        reaction.redelivery.as_ref().map_or_else(String::new, |r| format!(", {} attempts", r.attempts));
    let _ = writeln!(out, "{}{service}: {} ({logs}{retry})", pad(depth), reaction.span.name);
    body(system, &reaction.body, depth + 1, out);
    if !reaction.declined.is_empty() {
        let _ = writeln!(out, "{}if refused:", pad(depth + 1));
        body(system, &reaction.declined, depth + 2, out);
    }
}

fn body(system: &System, steps: &Body, depth: usize, out: &mut String) {
    for step in steps.iter() {
        let line = |out: &mut String, text: &str| {
            let _ = writeln!(out, "{}{text}", pad(depth));
        };
        match step {
            Step::Note(_) => {}
            Step::Work(work) => {
                let name = work.span.as_ref().map_or("(no span)", |span| &span.name);
                line(out, &format!("work {name}, {:.1} ms", work.time.median_ms()));
            }
            Step::Call(call) => {
                let tries = if call.attempts > 1 { " with retries" } else { "" };
                line(out, &format!("call{tries}"));
                if depth < 12 {
                    reaction(system, call.reaction, depth + 1, out);
                }
            }
            Step::Publish(publish) | Step::Reply(publish) => {
                let channel = &system.channels[publish.channel];
                let polled = if channel.poll_ms.is_some() { ", polled" } else { "" };
                line(out, &format!("send {}{polled}", channel.name));
                subscribers(system, &channel.subscribers, depth + 1, out);
            }
            Step::Within(span, inner) => {
                line(out, &format!("within {}", span.name));
                body(system, inner, depth + 1, out);
            }
            Step::Parallel(bodies) => {
                line(out, "in parallel");
                bodies.iter().for_each(|inner| body(system, inner, depth + 1, out));
            }
            Step::Each { most, parallel, body: inner } => {
                let how = if *parallel { "at once" } else { "in turn" };
                line(out, &format!("for 2 to {most} units {how}"));
                body(system, inner, depth + 1, out);
            }
            Step::Maybe { p, yes, no } => {
                line(out, &format!("in {:.0} %", p * 100.0));
                body(system, yes, depth + 1, out);
                if !no.is_empty() {
                    line(out, "otherwise");
                    body(system, no, depth + 1, out);
                }
            }
            Step::Saga(stages, _) => {
                line(out, "saga");
                for (go, back) in stages {
                    body(system, go, depth + 1, out);
                    line(out, "  taken back by");
                    body(system, back, depth + 2, out);
                }
            }
            Step::Spawn(_, inner) => {
                line(out, "in the background");
                body(system, inner, depth + 1, out);
            }
            Step::Later { delay, body: inner, .. } => {
                line(out, &format!("after about {:.0} ms", delay.median_ms()));
                body(system, inner, depth + 1, out);
            }
            Step::Arrive(arrive) => {
                line(out, &format!("when {} have arrived (join {})", arrive.need, arrive.join));
                body(system, &arrive.body, depth + 1, out);
            }
        }
    }
}

fn subscribers(system: &System, subscribers: &[Subscriber], depth: usize, out: &mut String) {
    for subscriber in subscribers {
        match *subscriber {
            Subscriber::Reaction(at) if depth < 14 => reaction(system, at, depth, out),
            Subscriber::Reaction(_) => {}
            Subscriber::Batch(batch) => {
                let plan = &system.batches[batch];
                let _ = writeln!(out, "{}in batches of up to {}", pad(depth), plan.size);
                reaction(system, plan.reaction, depth + 1, out);
            }
        }
    }
}

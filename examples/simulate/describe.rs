//! Says what was drawn, for people.

use std::fmt::Write;

use crate::plan::System;
use crate::symmetry::Symmetry;

/// Services, flows and styles of a system.
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

//! Spans of which all that is logged was put to a database.

use super::features::SLACK;
use super::scene::Scene;

/// Whether all that a span tells is what was put to a database, and who did so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Statement {
    /// It tells something else, or nothing.
    #[default]
    No,
    /// Another span of its service may have done so: it causes nothing.
    Part,
    /// No other span of its service may be at work then: it is all that a span logs which does more.
    Alone,
}

/// Who puts a statement to a database may log its first record this long after it: nanoseconds.
const LATE: i64 = 200_000_000;

/// Tells the spans of a scene that are such.
pub(super) fn tell(scene: &mut Scene) {
    for (node, statement) in told(scene) {
        scene.nodes[node as usize].statement = statement;
    }
}

fn told(scene: &Scene) -> Vec<(u32, Statement)> {
    let is_statement = |node: u32| scene.lines_of(node).all(|line| line.statement);
    let mut told = Vec::new();
    for of_service in scene.by_service.chunk_by(|a, b| a.0 == b.0) {
        let (statements, others): (Vec<_>, Vec<_>) =
            of_service.iter().map(|&(_, begin, node)| (begin, node)).partition(|span| is_statement(span.1));
        if statements.is_empty() {
            continue;
        }
        let others = at_work(others.into_iter().map(|(begin, node)| (begin, over(scene, node))));
        told.extend(statements.into_iter().map(|(begin, node)| {
            let alone = is_alone((begin, scene.nodes[node as usize].last), &others);
            (node, if alone { Statement::Alone } else { Statement::Part })
        }));
    }
    told
}

/// From when on a span is known to be over, if it tells its end.
pub(super) fn over(scene: &Scene, node: u32) -> i64 {
    let closes = scene.lines_of(node).any(|line| line.closes);
    if closes { scene.nodes[node as usize].last + SLACK } else { i64::MAX }
}

/// Of spans by their begin, with when each is over: their begin, and when the last one of them and those before it is over.
fn at_work(spans: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut last = i64::MIN;
    spans
        .map(|(begin, over)| {
            last = last.max(over);
            (begin, last)
        })
        .collect()
}

/// Whether none of some spans may be at work when a statement is put, by its begin and end.
fn is_alone((begin, end): (i64, i64), others: &[(i64, i64)]) -> bool {
    let begun = others.partition_point(|(other, _)| *other <= end + LATE);
    others[..begun].last().is_none_or(|(_, over)| *over < begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_over_or_begins_much_later_puts_no_statement() {
        let ms = |times: (i64, i64)| (times.0 * 1_000_000, times.1 * 1_000_000);
        let alone = |own, others: &[(i64, i64)]| is_alone(ms(own), &at_work(others.iter().copied().map(ms)));
        assert!(alone((500, 510), &[]));
        // over before, or still at work; what begins later does not hide that
        assert!(alone((500, 510), &[(0, 499)]));
        assert!(!alone((500, 510), &[(0, 500)]) && !alone((500, 510), &[(0, 900), (100, 200)]));
        // who logs its end only, and who comes later
        assert!(!alone((500, 510), &[(710, 900)]) && alone((500, 510), &[(711, 900)]));
    }
}

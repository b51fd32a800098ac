//! What is known of the kinds of a child and of each of its possible parents.
//!
//! The tables of a run are larger than what a processor has at hand. So it is looked up for all parents of a child, one
//! question after the other, with nothing in between: then the memory is waited for once rather than each time.

use crate::model::Symbol;
use crate::weave::features::Known;
use crate::weave::gaps::Gap;
use crate::weave::habits::Between;
use crate::weave::learned::{self, Causes, Learned, OfChild};
use crate::weave::scene::Scene;

/// How a possible parent stands to a child.
#[derive(Clone, Debug, Default)]
pub(super) struct Relation {
    /// Its last record before the child.
    pub previous: Option<u32>,
    /// The template and time of that record or of its start as a duration tells it, else of its first record.
    pub point: Option<(Symbol, i64)>,
    /// It has nothing before the child.
    pub late: bool,
    /// What is usual of the kinds.
    pub between: Between,
    /// What was learned of the kinds.
    pub causes: Causes,
    /// How narrow the gaps before the child are: for their length, and whatever their length.
    pub before: [f32; 2],
    /// What is usual of the gap after the child.
    pub after: Gap,
}

/// How possible parents stand to a child.
pub(super) fn relations(
    scene: &Scene,
    node: u32,
    possible: &[u32],
    (learned, of_child): (Option<&Learned>, OfChild),
    known: Known<'_>,
) -> Vec<Relation> {
    let own = &scene.nodes[node as usize];
    let pair = |parent: u32| scene.nodes[parent as usize].pair(own);
    let of = |&parent: &u32| {
        let previous = last_before(scene, parent, own.opens);
        let before = scene.anchored(parent, node, previous.map(|order| &scene.lines[order as usize]));
        let point = before.or_else(|| learned::first(scene, parent));
        Relation { previous, point, late: before.is_none(), ..Relation::default() }
    };
    let mut relations: Vec<Relation> = possible.iter().map(of).collect();
    for (relation, &parent) in relations.iter_mut().zip(possible) {
        relation.between = known.habits.between(pair(parent));
    }
    if let Some(learned) = learned {
        for (relation, &parent) in relations.iter_mut().zip(possible) {
            relation.causes =
                learned.causes(Some(scene.nodes[parent as usize].cause(own)), own.kind, of_child);
        }
    }
    for relation in &mut relations {
        relation.before = known.habits.before(&relation.between, relation.point);
    }
    for (relation, &parent) in relations.iter_mut().zip(possible) {
        relation.after = known.habits.after(&relation.between, scene, parent, node);
    }
    relations
}

/// The place of a node's last record before another one.
fn last_before(scene: &Scene, node: u32, opens: u32) -> Option<u32> {
    let lines = &scene.nodes[node as usize].lines;
    lines.partition_point(|order| *order < opens).checked_sub(1).map(|before| lines[before])
}

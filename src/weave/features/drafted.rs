//! What a first draft of a whole transaction tells of each of its possible edges: a parent that has its child already, two
//! that are rather siblings, one that is rather the parent's parent.

use super::numbers::*;
use super::{Candidate, yes};
use crate::model::Symbol;
use crate::weave::scene::Scene;
use crate::weave::tree::Possible;
use rustc_hash::FxHashMap;

/// Edges of a lower share count for nothing.
const SLIGHT: f32 = 0.01;

/// A draft of a transaction: how likely each parent of each span is, by what speaks for the two alone.
#[derive(Debug)]
pub struct Drafted<'d> {
    /// For each span its possible parents with their shares, and on behalf of which one they are to be found.
    shares: &'d [Vec<Possible>],
    of: &'d [u32],
    /// So many children of a kind and of a service a span has.
    of_kind: FxHashMap<(u32, u64), f32>,
    of_service: FxHashMap<(u32, Symbol), f32>,
    /// So many children of other services each span has.
    crossing: Vec<f32>,
    /// So many spans have no parent.
    tops: f32,
}

impl<'d> Drafted<'d> {
    /// Counts what a draft says: for each span its possible parents with their shares, and on behalf of which one they are
    /// to be found.
    pub fn of(scene: &Scene, shares: &'d [Vec<Possible>], of: &'d [u32]) -> Drafted<'d> {
        let mut draft = Drafted {
            shares,
            of,
            of_kind: FxHashMap::default(),
            of_service: FxHashMap::default(),
            crossing: vec![0.0; shares.len()],
            tops: 0.0,
        };
        for (child, list) in of.iter().zip(shares) {
            let child = &scene.nodes[*child as usize];
            for &(parent, share) in list.iter().filter(|(_, share)| *share >= SLIGHT) {
                let Some(parent) = parent else {
                    draft.tops += share;
                    continue;
                };
                *draft.of_kind.entry((parent, child.kind)).or_default() += share;
                *draft.of_service.entry((parent, child.service)).or_default() += share;
                if scene.nodes[parent as usize].service != child.service {
                    draft.crossing[parent as usize] += share;
                }
            }
        }
        draft
    }

    /// Fills in the numbers of the candidates of a span, in the order of its shares.
    pub fn tell(&self, scene: &Scene, span: usize, found: &mut [Candidate]) {
        let own = &scene.nodes[self.of[span] as usize];
        let likely = || self.shares[span].iter().filter(|(_, share)| *share >= SLIGHT);
        let best = self.shares[span].iter().map(|(_, share)| *share).fold(0.0, f32::max);
        for (candidate, &(_, share)) in found.iter_mut().zip(&self.shares[span]) {
            let counted = if share >= SLIGHT { share } else { 0.0 };
            let out = &mut candidate.features;
            out[DRAFT] = (share + 0.001).log10() / 3.0 + 1.0;
            out[DRAFT_MOST] = yes(share >= best);
            let Some(parent) = candidate.node else {
                out[DRAFT_TOP] = (self.tops - counted).clamp(0.0, 2.0);
                continue;
            };
            let p = &scene.nodes[parent as usize];
            let kind = self.of_kind.get(&(parent, own.kind)).copied().unwrap_or_default();
            let service = self.of_service.get(&(parent, own.service)).copied().unwrap_or_default();
            let crossing =
                self.crossing[parent as usize] - if p.service == own.service { 0.0 } else { counted };
            out[DRAFT_KIND] = (kind - counted).clamp(0.0, 3.0);
            out[DRAFT_SERVICE] = (service - kind).clamp(0.0, 3.0);
            out[DRAFT_CROSS] = crossing.clamp(0.0, 4.0) / 2.0;
            for &(above, share) in self.shares[parent as usize].iter().filter(|(_, share)| *share >= SLIGHT) {
                match above {
                    None => out[DRAFT_TOP] = share,
                    Some(above) if above as usize == span => out[DRAFT_BELOW] = share,
                    Some(_) => {
                        let both = likely().find(|(node, _)| *node == above);
                        out[DRAFT_BESIDE] += both.map_or(0.0, |(_, other)| share * other);
                    }
                }
            }
            for &(between, share) in likely() {
                let Some(between) = between.filter(|between| *between != parent) else { continue };
                let up = self.shares[between as usize].iter().find(|(node, _)| *node == Some(parent));
                out[DRAFT_ABOVE] += up.map_or(0.0, |(_, other)| share * other);
            }
        }
    }
}

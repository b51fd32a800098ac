//! What a first draft of a whole transaction tells of each of its possible edges: a parent that has its child already, two
//! that are rather siblings, one that is rather the parent's parent.

use super::numbers::*;
use super::{Candidate, yes};
use crate::model::Symbol;
use crate::weave::scene::Scene;
use crate::weave::tree::Possible;

/// Edges of a lower share count for nothing.
const SLIGHT: f32 = 0.01;

/// A draft of a transaction: how likely each parent of each span is, by what speaks for the two alone.
#[derive(Debug)]
pub struct Drafted<'d> {
    /// For each span its possible parents with their shares, and on behalf of which one they are to be found.
    shares: &'d [Vec<Possible>],
    of: &'d [u32],
    /// The likely ones of all spans, and where those of each end.
    likely: Vec<Possible>,
    ends: Vec<u32>,
    /// For each possible parent of each span: so many children of the span's kind and of its service it has; and where those
    /// of each span begin.
    children: Vec<(f32, f32)>,
    starts: Vec<u32>,
    /// So many children of other services each span has.
    crossing: Vec<f32>,
    /// So many spans have no parent.
    tops: f32,
    /// By span, 0 but while one is told of: how likely it is as its parent, and as its parent's parent.
    above: Vec<(f32, f32)>,
}

impl<'d> Drafted<'d> {
    /// Counts what a draft says: for each span its possible parents with their shares, and on behalf of which one they are
    /// to be found.
    pub fn of(scene: &Scene, shares: &'d [Vec<Possible>], of: &'d [u32]) -> Drafted<'d> {
        let count = shares.len();
        let mut draft = Drafted {
            shares,
            of,
            likely: Vec::with_capacity(count * 2),
            ends: Vec::with_capacity(count),
            children: Vec::new(),
            starts: Vec::with_capacity(count),
            crossing: vec![0.0; count],
            tops: 0.0,
            above: vec![(0.0, 0.0); count],
        };
        let mut all = 0;
        for (child, list) in of.iter().zip(shares) {
            let service = scene.nodes[*child as usize].service;
            for &(parent, share) in list.iter().filter(|(_, share)| *share >= SLIGHT) {
                draft.likely.push((parent, share));
                match parent {
                    None => draft.tops += share,
                    Some(parent) if scene.nodes[parent as usize].service == service => {}
                    Some(parent) => draft.crossing[parent as usize] += share,
                }
            }
            draft.ends.push(draft.likely.len() as u32);
            draft.starts.push(all);
            all += list.len() as u32;
        }
        draft.children = vec![(0.0, 0.0); all as usize];
        draft.count(scene);
        draft
    }

    /// The likely parents of a span.
    fn likely(&self, span: u32) -> &[Possible] {
        let start = span.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.likely[start as usize..self.ends[span as usize] as usize]
    }

    /// Counts the children of each span by service and by kind, one service and one kind after the other.
    fn count(&mut self, scene: &Scene) {
        let node = |span: u32| &scene.nodes[self.of[span as usize] as usize];
        let mut spans: Vec<(Symbol, u64, u32)> =
            (0..self.of.len() as u32).map(|span| (node(span).service, node(span).kind, span)).collect();
        spans.sort_unstable_by_key(|(service, _, span)| (*service, *span));
        let (mut of_kind, mut of_service) = (vec![0.0; self.of.len()], vec![0.0; self.of.len()]);
        for service in spans.chunk_by_mut(|a, b| a.0 == b.0) {
            self.add(service, &mut of_service);
            service.sort_unstable_by_key(|(_, kind, span)| (*kind, *span));
            for kind in service.chunk_by(|a, b| a.1 == b.1) {
                self.add(kind, &mut of_kind);
                for (.., span) in kind {
                    let start = self.starts[*span as usize] as usize;
                    let list = &self.shares[*span as usize];
                    for (counts, (parent, _)) in self.children[start..].iter_mut().zip(list) {
                        let Some(parent) = parent else { continue };
                        *counts = (of_kind[*parent as usize], of_service[*parent as usize]);
                    }
                }
                self.clear(kind, &mut of_kind);
            }
            self.clear(service, &mut of_service);
        }
    }

    fn add(&self, spans: &[(Symbol, u64, u32)], sums: &mut [f32]) {
        for &(parent, share) in spans.iter().flat_map(|(.., span)| self.likely(*span)) {
            if let Some(parent) = parent {
                sums[parent as usize] += share;
            }
        }
    }

    fn clear(&self, spans: &[(Symbol, u64, u32)], sums: &mut [f32]) {
        for parent in spans.iter().flat_map(|(.., span)| self.likely(*span)).filter_map(|(parent, _)| *parent)
        {
            sums[parent as usize] = 0.0;
        }
    }

    /// Fills in the numbers of the candidates of a span, in the order of its shares.
    pub fn tell(&mut self, scene: &Scene, span: u32, found: &mut [Candidate]) {
        let mut above = std::mem::take(&mut self.above);
        for &(between, share) in self.likely(span) {
            let Some(between) = between else { continue };
            above[between as usize].0 = share;
            for &(parent, other) in &self.shares[between as usize] {
                if let Some(parent) = parent.filter(|parent| *parent != between) {
                    above[parent as usize].1 += share * other;
                }
            }
        }
        let own = &scene.nodes[self.of[span as usize] as usize];
        let list = &self.shares[span as usize];
        let start = self.starts[span as usize] as usize;
        let best = list.iter().map(|(_, share)| *share).fold(0.0, f32::max);
        for ((candidate, &(_, share)), &(kind, service)) in
            found.iter_mut().zip(list).zip(&self.children[start..])
        {
            let counted = if share >= SLIGHT { share } else { 0.0 };
            let out = &mut candidate.features;
            out[DRAFT] = (share + 0.001).log10() / 3.0 + 1.0;
            out[DRAFT_MOST] = yes(share >= best);
            let Some(parent) = candidate.node else {
                out[DRAFT_TOP] = (self.tops - counted).clamp(0.0, 2.0);
                continue;
            };
            let same = scene.nodes[parent as usize].service == own.service;
            let crossing = self.crossing[parent as usize] - if same { 0.0 } else { counted };
            out[DRAFT_KIND] = (kind - counted).clamp(0.0, 3.0);
            out[DRAFT_SERVICE] = (service - kind).clamp(0.0, 3.0);
            out[DRAFT_CROSS] = crossing.clamp(0.0, 4.0) / 2.0;
            out[DRAFT_ABOVE] = above[parent as usize].1;
            for &(grandparent, share) in self.likely(parent) {
                match grandparent {
                    None => out[DRAFT_TOP] = share,
                    Some(grandparent) if grandparent == span => out[DRAFT_BELOW] = share,
                    Some(grandparent) => out[DRAFT_BESIDE] += share * above[grandparent as usize].0,
                }
            }
        }
        for between in self.likely(span).iter().filter_map(|(between, _)| *between) {
            above[between as usize].0 = 0.0;
            for parent in self.shares[between as usize].iter().filter_map(|(parent, _)| *parent) {
                above[parent as usize].1 = 0.0;
            }
        }
        self.above = above;
    }
}

//! Chooses parents: the share of each candidate among all, by what speaks for it.

use super::features::{COUNT, Candidate, Features, Known, candidates};
use super::learned::Learned;
use super::scene::Scene;

/// The shares of candidates: they sum to 1.
pub fn shares(found: &[Candidate], weights: &[f32; COUNT]) -> Vec<f32> {
    let scores: Vec<f32> = found.iter().map(|candidate| score(&candidate.features, weights)).collect();
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// What speaks for a candidate in all: in eight sums at once, as a processor likes it.
fn score(features: &Features, weights: &[f32; COUNT]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (values, rest) = features.as_chunks::<LANES>();
    let (weights, last) = weights.as_chunks::<LANES>();
    for (values, weights) in values.iter().zip(weights) {
        for lane in 0..LANES {
            sums[lane] += values[lane] * weights[lane];
        }
    }
    for (lane, (value, weight)) in rest.iter().zip(last).enumerate() {
        sums[lane] += value * weight;
    }
    sums.iter().sum()
}

/// Adds the edges of a scene that are stated (`stated` gives a node's parent), or certain enough without anything learned.
pub fn teach(
    scene: &Scene,
    learned: &mut Learned,
    known: Known<'_>,
    weights: &[f32; COUNT],
    stated: &dyn Fn(u32) -> Option<Option<u32>>,
) {
    for node in 0..scene.nodes.len() as u32 {
        if let Some(parent) = stated(node) {
            learned.add(scene, parent, node, 100);
            continue;
        }
        let found = candidates(scene, node, None, known);
        let shares = shares(&found, weights);
        for (candidate, share) in found.iter().zip(shares) {
            // certain edges count fully, doubtful ones for the doubt they leave
            let weight = (share * 100.0) as u32;
            if share >= CERTAIN {
                learned.add(scene, candidate.node, node, weight);
            }
        }
    }
}

/// Edges below this share teach nothing.
const CERTAIN: f32 = 0.6;

//! Decides all parents of a transaction together: they form trees, so no span lies below itself.
//!
//! The chance of a tree is the product of the shares of its edges (a span without parent hangs on a root that is not
//! shown). How likely an edge is among all trees follows from the determinant of a matrix (Koo, Globerson, Carreras,
//! Collins, "Structured prediction models via the matrix-tree theorem", 2007), and the likeliest tree by contracting
//! circles (Edmonds, "Optimum branchings", 1967). Both are only needed where spans may be below each other both ways: in
//! the strongly connected parts of the graph of possible edges, which are mostly small.

use super::branching::{self, Arc};

/// A possible parent (`None`: none) with its share among those of one span.
pub type Possible = (Option<u32>, f32);

/// Edges of a lower share close no circle that matters.
const SLIGHT: f32 = 1e-5;
/// In larger circles the shares are taken as they are.
const MAX_CIRCLE: usize = 96;

/// The possible parents of each span, each with its share among all trees instead of its share for this span alone. Says
/// whether that is another one for any.
pub fn among_trees(spans: &mut [Vec<Possible>]) -> bool {
    let circles = circles(spans);
    let any = !circles.is_empty();
    for part in circles {
        if part.len() > MAX_CIRCLE {
            continue;
        }
        let size = part.len();
        let place = places(&part, spans.len());
        let inside = |parent: Option<u32>| parent.and_then(|parent| place[parent as usize]);
        // rows are parents, columns children
        let mut matrix = vec![0.0; size * size];
        for (at, &span) in part.iter().enumerate() {
            for &(parent, share) in &spans[span as usize] {
                matrix[at * size + at] += f64::from(share);
                if let Some(row) = inside(parent) {
                    matrix[row * size + at] -= f64::from(share);
                }
            }
        }
        let Some(inverse) = inverse(matrix, size) else { continue };
        for (at, &span) in part.iter().enumerate() {
            for (parent, share) in &mut spans[span as usize] {
                let own = inverse[at * size + at];
                let other = inside(*parent).map_or(0.0, |row| inverse[at * size + row]);
                *share = (f64::from(*share) * (own - other)).clamp(0.0, 1.0) as f32;
            }
        }
    }
    any
}

/// For each span the index of the parent that it would have by itself: the one with the largest share.
pub fn largest(spans: &[Vec<Possible>]) -> Vec<Option<usize>> {
    let largest = |list: &Vec<Possible>| {
        (0..list.len()).min_by(|&a, &b| list[b].1.total_cmp(&list[a].1).then(a.cmp(&b)))
    };
    spans.iter().map(largest).collect()
}

/// For each span the index of the parent that it has in the best tree: the one whose shares sum to most.
pub fn best(spans: &[Vec<Possible>]) -> Vec<Option<usize>> {
    let mut chosen = largest(spans);
    for part in circles(spans) {
        let place = places(&part, spans.len());
        let root = part.len();
        let mut edges = Vec::new();
        for (to, &span) in part.iter().enumerate() {
            for (index, &(parent, weight)) in spans[span as usize].iter().enumerate() {
                let from = parent.and_then(|parent| place[parent as usize]).unwrap_or(root);
                edges.push(Arc { from, to, weight, index });
            }
        }
        for (to, index) in branching::heaviest(root + 1, &edges) {
            chosen[part[to] as usize] = Some(index);
        }
    }
    chosen
}

/// Where in a part each span stands.
fn places(part: &[u32], spans: usize) -> Vec<Option<usize>> {
    let mut places = vec![None; spans];
    for (at, &span) in part.iter().enumerate() {
        places[span as usize] = Some(at);
    }
    places
}

/// The sets of spans that may be below each other both ways.
fn circles(spans: &[Vec<Possible>]) -> Vec<Vec<u32>> {
    // the possible parents of all spans, one span after the other
    let mut above: Vec<u32> = Vec::with_capacity(spans.iter().map(Vec::len).sum());
    let mut ends: Vec<u32> = Vec::with_capacity(spans.len());
    for list in spans {
        above.extend(list.iter().filter(|(_, share)| *share >= SLIGHT).filter_map(|(parent, _)| *parent));
        ends.push(above.len() as u32);
    }
    // Tarjan, "Depth-first search and linear graph algorithms", 1972, with a stack of its own
    const NEW: u32 = u32::MAX;
    let count = spans.len();
    let (mut index, mut low) = (vec![NEW; count], vec![0; count]);
    let mut open = vec![false; count];
    let (mut path, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    let mut stack: Vec<(u32, u32)> = Vec::new();
    for start in 0..count as u32 {
        if index[start as usize] != NEW {
            continue;
        }
        let mut enter = Some(start);
        loop {
            if let Some(span) = enter.take() {
                (index[span as usize], low[span as usize]) = (next, next);
                next += 1;
                path.push(span);
                open[span as usize] = true;
                stack.push((span, span.checked_sub(1).map_or(0, |before| ends[before as usize])));
            }
            let Some((span, at)) = stack.last_mut() else { break };
            let span = *span;
            if *at < ends[span as usize] {
                let parent = above[*at as usize];
                *at += 1;
                if index[parent as usize] == NEW {
                    enter = Some(parent);
                } else if open[parent as usize] {
                    low[span as usize] = low[span as usize].min(index[parent as usize]);
                }
                continue;
            }
            stack.pop();
            if let Some((below, _)) = stack.last() {
                low[*below as usize] = low[*below as usize].min(low[span as usize]);
            }
            if low[span as usize] == index[span as usize] {
                let from = path.iter().rposition(|&other| other == span).unwrap_or(0);
                path[from..].iter().for_each(|&member| open[member as usize] = false);
                if path.len() - from > 1 {
                    let mut part = path[from..].to_vec();
                    part.sort_unstable();
                    found.push(part);
                }
                path.truncate(from);
            }
        }
    }
    found
}

/// The inverse of a matrix, in its place by elimination with pivots; `None` if there is none.
fn inverse(mut matrix: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    let mut pivots = Vec::with_capacity(size);
    let mut scaled = vec![0.0; size];
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|&a, &b| matrix[a * size + column].abs().total_cmp(&matrix[b * size + column].abs()))?;
        if matrix[pivot * size + column].abs() < 1e-12 {
            return None;
        }
        if pivot != column {
            let (above, below) = matrix.split_at_mut(pivot * size);
            above[column * size..(column + 1) * size].swap_with_slice(&mut below[..size]);
        }
        pivots.push(pivot);
        let own = &mut matrix[column * size..(column + 1) * size];
        let scale = 1.0 / std::mem::replace(&mut own[column], 1.0);
        own.iter_mut().for_each(|value| *value *= scale);
        scaled.copy_from_slice(own);
        for (_, row) in matrix.chunks_exact_mut(size).enumerate().filter(|(row, _)| *row != column) {
            let factor = std::mem::take(&mut row[column]);
            if factor != 0.0 {
                for (value, scaled) in row.iter_mut().zip(&scaled) {
                    *value -= factor * scaled;
                }
            }
        }
    }
    // rows that changed places are columns of the inverse that have to change back
    for (column, pivot) in pivots.into_iter().enumerate().rev().filter(|(column, pivot)| column != pivot) {
        for row in matrix.chunks_exact_mut(size) {
            row.swap(column, pivot);
        }
    }
    Some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All choices of one parent each that form trees, with the product of their shares.
    fn trees(spans: &[Vec<Possible>]) -> Vec<(Vec<usize>, f64)> {
        let mut all = vec![(Vec::new(), 1.0)];
        for list in spans {
            all = all
                .into_iter()
                .flat_map(|(chosen, chance)| {
                    (0..list.len()).map(move |index| {
                        let mut chosen: Vec<usize> = chosen.clone();
                        chosen.push(index);
                        (chosen, chance * f64::from(list[index].1))
                    })
                })
                .collect();
        }
        all.retain(|(chosen, _)| {
            (0..spans.len()).all(|start| {
                let mut at = Some(start as u32);
                for _ in 0..=spans.len() {
                    at = at.and_then(|span| spans[span as usize][chosen[span as usize]].0);
                }
                at.is_none()
            })
        });
        all
    }

    /// Small systems of spans, by a generator of Lehmer's.
    fn drawn(seed: u64) -> Vec<Vec<Possible>> {
        let mut state = seed.wrapping_mul(2) + 1;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..5u32)
            .map(|span| {
                let mut list: Vec<Possible> = vec![(None, 0.05 + next())];
                for parent in (0..5).filter(|parent| *parent != span) {
                    if next() < 0.6 {
                        list.push((Some(parent), next() * next()));
                    }
                }
                let sum: f32 = list.iter().map(|(_, share)| share).sum();
                list.iter_mut().for_each(|(_, share)| *share /= sum);
                list
            })
            .collect()
    }

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        // the largest numbers stand off the diagonal, so that rows change places
        let matrix = [0.0, 3.0, 1.0, -0.5, 2.0, -1.0, 0.25, 4.0, 0.5, 1.0, -5.0, 0.125, 7.0, -2.0, 1.0, 1.0];
        let size = 4;
        let found = inverse(matrix.to_vec(), size).expect("an inverse");
        for row in 0..size {
            for column in 0..size {
                let products = (0..size).map(|at| matrix[row * size + at] * found[at * size + column]);
                let sum: f64 = products.sum();
                assert!((sum - f64::from(u8::from(row == column))).abs() < 1e-9, "{row} {column} {sum}");
            }
        }
        assert_eq!(inverse(vec![1.0, 2.0, 2.0, 4.0], 2), None);
    }

    #[test]
    fn shares_among_trees_are_those_of_all_trees_counted() {
        for seed in 0..200 {
            let spans = drawn(seed);
            let trees = trees(&spans);
            let all: f64 = trees.iter().map(|(_, chance)| chance).sum();
            let mut found = spans.clone();
            among_trees(&mut found);
            for (span, list) in found.iter().enumerate() {
                for (index, (_, share)) in list.iter().enumerate() {
                    let with = trees.iter().filter(|(chosen, _)| chosen[span] == index);
                    let right = with.map(|(_, chance)| chance).sum::<f64>() / all;
                    assert!(
                        (f64::from(*share) - right).abs() < 1e-3,
                        "{seed}: {span} {index} {share} {right}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_best_tree_is_the_best_of_all() {
        for seed in 0..500 {
            let spans = drawn(seed);
            let sum = |chosen: &[usize]| -> f64 {
                chosen.iter().enumerate().map(|(span, &index)| f64::from(spans[span][index].1)).sum()
            };
            let most = trees(&spans).iter().map(|(chosen, _)| sum(chosen)).fold(0.0, f64::max);
            let found: Vec<usize> = best(&spans).into_iter().flatten().collect();
            assert!(trees(&spans).iter().any(|(chosen, _)| *chosen == found), "{seed}: a circle");
            assert!((sum(&found) - most).abs() < 1e-6, "{seed}");
        }
    }
}

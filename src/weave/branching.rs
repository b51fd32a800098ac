//! The heaviest tree in a graph: circles of the heaviest arcs are contracted (Edmonds, "Optimum branchings", 1967), with the arcs
//! into each node in a heap, so that it takes little more than the time to look at all arcs (Gabow, Galil, Spencer and Tarjan,
//! "Efficient algorithms for finding minimum spanning trees in undirected and directed graphs", 1986).

/// A possible edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub from: usize,
    pub to: usize,
    pub weight: f32,
    /// Its place in the list of its span.
    pub index: usize,
}

/// For each node but the last, which is the root, the index of the arc into it that the heaviest tree has. Each node can be
/// reached from the root; of arcs of equal weight the earlier one is taken.
pub(super) fn heaviest(nodes: usize, arcs: &[Arc]) -> Vec<(usize, usize)> {
    let root = nodes - 1;
    let mut graph = Graph::of(nodes, arcs);
    // nodes that circles are contracted to are numbered behind the others
    let mut entered: Vec<Option<usize>> = vec![None; nodes];
    let mut path: Vec<usize> = Vec::new();
    let mut on_path = vec![false; nodes];
    let mut done = vec![false; nodes];
    let mut above: Vec<Option<usize>> = vec![None; nodes];
    done[root] = true;
    for start in 0..root {
        let mut at = graph.find(start);
        while !done[at] {
            path.push(at);
            on_path[at] = true;
            let Some(arc) = graph.take(at) else { break };
            entered[at] = Some(arc);
            let from = graph.find(arcs[arc].from);
            if !on_path[from] {
                at = from;
                continue;
            }
            // the circle becomes one node
            let whole = graph.add();
            entered.push(None);
            above.push(None);
            on_path.push(false);
            done.push(false);
            while let Some(member) = path.pop() {
                on_path[member] = false;
                above[member] = Some(whole);
                graph.unite(whole, member);
                if member == from {
                    break;
                }
            }
            at = whole;
        }
        for node in path.drain(..) {
            on_path[node] = false;
            done[node] = true;
        }
    }
    // from the outermost circles in: who is entered from outside keeps that arc, the others those of the circle
    for node in (0..entered.len()).rev() {
        let Some(arc) = entered[node] else { continue };
        let mut at = arcs[arc].to;
        while at != node {
            entered[at] = Some(arc);
            let Some(next) = above[at] else { break };
            at = next;
        }
    }
    (0..root).filter_map(|node| Some((node, arcs[entered[node]?].index))).collect()
}

/// No place in a heap.
const NIL: u32 = u32::MAX;

/// Nodes as they are contracted, each with a heap of the arcs into it: leftist trees, of which two are merged along their
/// right sides, which are short.
struct Graph {
    /// For each node one that it was contracted to, or itself.
    whole: Vec<usize>,
    /// The heap of each node.
    heaps: Vec<u32>,
    /// A place for each arc.
    heap: Vec<Place>,
    /// Where each arc comes from.
    from: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Place {
    weight: f64,
    /// What is to be added to the weights below.
    more: f64,
    left: u32,
    right: u32,
    rank: u32,
}

impl Graph {
    fn of(nodes: usize, arcs: &[Arc]) -> Graph {
        let place =
            |arc: &Arc| Place { weight: f64::from(arc.weight), more: 0.0, left: NIL, right: NIL, rank: 1 };
        let mut graph = Graph {
            whole: (0..nodes).collect(),
            heaps: vec![NIL; nodes],
            heap: arcs.iter().map(place).collect(),
            from: arcs.iter().map(|arc| arc.from).collect(),
        };
        for (at, arc) in (0..).zip(arcs) {
            graph.heaps[arc.to] = graph.merge(graph.heaps[arc.to], at);
        }
        graph
    }

    /// A new node.
    fn add(&mut self) -> usize {
        self.whole.push(self.whole.len());
        self.heaps.push(NIL);
        self.whole.len() - 1
    }

    /// The node that one is contracted to by now.
    fn find(&mut self, node: usize) -> usize {
        let mut at = node;
        while self.whole[at] != at {
            self.whole[at] = self.whole[self.whole[at]];
            at = self.whole[at];
        }
        at
    }

    /// Contracts a node to another one.
    fn unite(&mut self, whole: usize, member: usize) {
        self.whole[member] = whole;
        self.heaps[whole] = self.merge(self.heaps[whole], self.heaps[member]);
    }

    /// The heaviest arc into a node from outside of it. What others weigh is told from then on by what they would lose in its
    /// place.
    fn take(&mut self, node: usize) -> Option<usize> {
        loop {
            let top = self.heaps[node];
            if top == NIL {
                return None;
            }
            self.settle(top);
            let Place { weight, left, right, .. } = self.heap[top as usize];
            self.heaps[node] = self.merge(left, right);
            if self.find(self.from[top as usize]) != node {
                if self.heaps[node] != NIL {
                    let rest = &mut self.heap[self.heaps[node] as usize];
                    rest.weight -= weight;
                    rest.more -= weight;
                }
                return Some(top as usize);
            }
        }
    }

    /// Adds to the places below one what is to be added to them.
    fn settle(&mut self, at: u32) {
        let Place { more, left, right, .. } = self.heap[at as usize];
        for below in [left, right].into_iter().filter(|below| *below != NIL) {
            let below = &mut self.heap[below as usize];
            below.weight += more;
            below.more += more;
        }
        self.heap[at as usize].more = 0.0;
    }

    /// One heap of two. It goes down right sides only, which are no longer than the logarithm of their sizes.
    fn merge(&mut self, a: u32, b: u32) -> u32 {
        if a == NIL || b == NIL {
            return a.min(b);
        }
        let order = self.heap[b as usize].weight.total_cmp(&self.heap[a as usize].weight).then(a.cmp(&b));
        let (top, other) = if order.is_le() { (a, b) } else { (b, a) };
        self.settle(top);
        let right = self.merge(self.heap[top as usize].right, other);
        let rank = |heap: &[Place], at: u32| if at == NIL { 0 } else { heap[at as usize].rank };
        let left = self.heap[top as usize].left;
        let (left, right) =
            if rank(&self.heap, left) < rank(&self.heap, right) { (right, left) } else { (left, right) };
        let rank = rank(&self.heap, right) + 1;
        let own = &mut self.heap[top as usize];
        (own.left, own.right, own.rank) = (left, right, rank);
        top
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_circles_are_contracted_one_in_the_other() {
        // each node would hang on the next one, and the last one on the first: the root enters where least is lost
        let nodes = 20_000;
        let arc = |from, to, weight, index| Arc { from, to, weight, index };
        let mut arcs: Vec<Arc> = (0..nodes).map(|at| arc((at + 1) % nodes, at, 0.5, 0)).collect();
        arcs.extend((0..nodes).map(|at| arc(nodes, at, if at == 777 { 0.2 } else { 0.1 }, 1)));
        arcs.extend((1..nodes).map(|at| arc(at - 1, at, 0.3 + at as f32 * 1e-6, 2)));
        let chosen = heaviest(nodes + 1, &arcs);
        assert_eq!(chosen.len(), nodes);
        let entries: Vec<usize> = chosen.iter().filter(|(_, index)| *index == 1).map(|(to, _)| *to).collect();
        assert_eq!(entries, [777]);
        assert!(chosen.iter().all(|(to, index)| *to == 777 || *index == 0));
    }
}

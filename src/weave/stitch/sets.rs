//! Disjoint sets, joined by size.

use rustc_hash::FxHashMap;

/// A partition of `0..n` (Galler and Fischer, CACM 1964, with union by size and path halving).
#[derive(Clone, Debug)]
pub struct Sets {
    parents: Vec<u32>,
    sizes: Vec<u32>,
}

impl Sets {
    pub fn new(count: usize) -> Sets {
        Sets { parents: (0..count as u32).collect(), sizes: vec![1; count] }
    }

    pub fn find(&mut self, mut at: u32) -> u32 {
        while self.parents[at as usize] != at {
            let above = self.parents[self.parents[at as usize] as usize];
            self.parents[at as usize] = above;
            at = above;
        }
        at
    }

    /// Joins two sets; whether they were two. Of equal sets the one with the lower root stays.
    pub fn union(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return false;
        }
        let (a_size, b_size) = (self.sizes[a as usize], self.sizes[b as usize]);
        let (root, child) =
            if (a_size, std::cmp::Reverse(a)) >= (b_size, std::cmp::Reverse(b)) { (a, b) } else { (b, a) };
        self.parents[child as usize] = root;
        self.sizes[root as usize] = a_size + b_size;
        true
    }

    pub fn size(&mut self, at: u32) -> u32 {
        let root = self.find(at);
        self.sizes[root as usize]
    }
}

/// Unions on trial over [`Sets`]: nothing holds until the caller makes them.
#[derive(Debug, Default)]
pub(super) struct Trial {
    parents: FxHashMap<u32, u32>,
}

impl Trial {
    pub fn find(&mut self, sets: &mut Sets, at: u32) -> u32 {
        let mut root = sets.find(at);
        let mut path = Vec::new();
        while let Some(&above) = self.parents.get(&root) {
            path.push(root);
            root = above;
        }
        for step in path {
            if step != root {
                self.parents.insert(step, root);
            }
        }
        root
    }

    /// Hangs one root under another.
    pub fn join(&mut self, child: u32, root: u32) {
        self.parents.insert(child, root);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_leave_the_sets_alone() {
        let mut sets = Sets::new(4);
        assert!(sets.union(0, 1));
        assert!(!sets.union(1, 0));
        let mut trial = Trial::default();
        let (a, b) = (trial.find(&mut sets, 1), trial.find(&mut sets, 2));
        trial.join(a, b);
        assert_eq!(trial.find(&mut sets, 0), trial.find(&mut sets, 2));
        assert_ne!(sets.find(0), sets.find(2));
        assert_eq!(sets.size(1), 2);
    }
}

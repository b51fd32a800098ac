//! Numbers as if drawn.

/// Numbers as if drawn, always the same ones (Knuth's linear generator).
pub struct Drawn(pub u64);

impl Drawn {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    /// From -0.5 to 0.5.
    pub fn centred(&mut self) -> f32 {
        (self.next() >> 7) as f32 / (1u64 << 24) as f32 - 0.5
    }
}

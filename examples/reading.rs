//! Reads logs to events and keeps none of them: how fast reading alone is. `cargo run --release --example reading PATH ...`

#![allow(clippy::print_stdout, reason = "a program that prints")]

use spanloom::engine::read::{Settings, Taker, read};
use spanloom::engine::worker::Notes;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::{Batch, SourceId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Counts events and details.
#[derive(Clone, Default)]
struct Count(Arc<(AtomicU64, AtomicU64)>);

impl Taker for Count {
    fn take(&mut self, _source: SourceId, _name: &str, batch: Batch, _notes: Notes) {
        self.0.0.fetch_add(batch.events.len() as u64, Ordering::Relaxed);
        self.0.1.fetch_add(batch.details.len() as u64, Ordering::Relaxed);
    }
}

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).map(|path| Input::Path(path.into())).collect();
    let found = discover(&paths, &DiscoverOptions::default());
    let settings = Settings::default();
    let count = Count::default();
    let start = Instant::now();
    let outcome = read(&found.streams, &settings, vec![Box::new(count.clone())]);
    let seconds = start.elapsed().as_secs_f64();
    let bytes: u64 = outcome.sources.iter().map(|source| source.bytes).sum();
    println!(
        "{bytes} bytes, {} events, {} details, {seconds:.3} s on one thread, {:.3} GB/s",
        count.0.0.load(Ordering::Relaxed),
        count.0.1.load(Ordering::Relaxed),
        bytes as f64 / 1e9 / seconds,
    );
}

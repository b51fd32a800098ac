//! Progress on standard error, when it is a terminal and the work is long.

use crate::input::Discovery;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Work that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// A bar that follows a counter until it is dropped.
pub struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Follows `read`, the bytes read so far; nothing is shown if standard error is no terminal.
    pub fn follow(discovery: &Discovery, read: Arc<AtomicU64>, quiet: bool) -> Progress {
        let done = Arc::new(AtomicBool::new(false));
        if quiet || !std::io::stderr().is_terminal() {
            return Progress { done, thread: None };
        }
        let sizes: Option<u64> =
            discovery.streams.iter().flat_map(|stream| &stream.sources).map(|source| source.size).sum();
        let stop = done.clone();
        let thread = std::thread::spawn(move || {
            std::thread::park_timeout(PATIENCE);
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let bar = bar(sizes);
            while !stop.load(Ordering::Relaxed) {
                bar.set_position(read.load(Ordering::Relaxed));
                std::thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        Progress { done, thread: Some(thread) }
    }
}

fn bar(size: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    let template = if size.is_some() {
        "reading [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
    } else {
        "reading {spinner} {bytes}, {bytes_per_sec}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

//! `extract`: writes what was read from each record as it is read.

use super::read::{Outcome, Settings, Taker, read};
use super::worker::{Note, Notes};
use crate::input::{Discovery, Stop};
use crate::model::{Batch, SourceId};
use crate::report::extract;
use crate::report::recipe::Recipe;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Decides by a record's line whether it is written.
pub type Keep = dyn Fn(&[u8]) -> bool + Send;

struct Print<'o> {
    keep: Option<Box<Keep>>,
    kept: Arc<AtomicU64>,
    out: &'o mut (dyn Write + Send),
    buffer: Vec<u8>,
    error: Arc<Mutex<Option<io::Error>>>,
    stop: Stop,
}

impl Taker for Print<'_> {
    fn take(&mut self, _source: SourceId, name: &str, batch: Batch, notes: Notes) {
        self.buffer.clear();
        let mut kept = 0;
        let opening = extract::opening(name);
        for (index, event) in batch.events.iter().enumerate() {
            let start = self.buffer.len();
            extract::line(&opening, event, notes.of(index), &mut self.buffer);
            match &self.keep {
                Some(keep) if !keep(&self.buffer[start..]) => self.buffer.truncate(start),
                _ => kept += 1,
            }
        }
        self.kept.fetch_add(kept, Ordering::Relaxed);
        // whoever watches a pipe sees records as they come
        if let Err(error) = self.out.write_all(&self.buffer).and_then(|()| self.out.flush()) {
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            self.stop.set();
        }
    }
}

/// Writes a line for each record of all streams that is to be kept, in their order; also tells how many there are.
pub fn run(
    discovery: &Discovery,
    settings: &Settings,
    keep: Option<Box<Keep>>,
    out: &mut (dyn Write + Send),
) -> io::Result<(Outcome, u64)> {
    let mut settings = Settings {
        note: Some(Note { write: extract::note, whole: false, recipe: Some(Recipe::learn) }),
        ..settings.clone()
    };
    settings.read.live = true;
    let error = Arc::new(Mutex::new(None));
    let kept = Arc::new(AtomicU64::new(0));
    let print = Print {
        keep,
        kept: kept.clone(),
        out,
        buffer: Vec::new(),
        error: error.clone(),
        stop: settings.read.stop.clone(),
    };
    let outcome = read(&discovery.streams, &settings, vec![Box::new(print)]);
    let failed = error.lock().unwrap_or_else(PoisonError::into_inner).take();
    match failed {
        Some(error) => Err(error),
        None => Ok((outcome, kept.load(Ordering::Relaxed))),
    }
}

//! The program; everything it does is in the library.
use spanloom::engine::{dating::Dating, seam::*, worker::*};
struct Out(String, Vec<u8>);
impl Consumer for Out { fn take(&mut self, batch: spanloom::model::Batch, notes: Notes) {
    for (i, e) in batch.events.iter().enumerate() { spanloom::report::extract::line(&self.0, e, notes.of(i), &mut self.1); }
    use std::io::Write; let _ = std::io::stdout().write_all(&self.1); self.1.clear();
} }
fn main() {
    let args: Vec<String> = std::env::args().collect();
    for file in &args[2..] {
        let bytes = std::fs::read(file).unwrap();
        let stem = std::path::Path::new(file).file_stem().unwrap().to_string_lossy().into_owned();
        let mut out = Out(file.clone(), vec![]);
        let source = SourceContext { profile: spanloom::record::Profile::of(&bytes[..bytes.len().min(65536)], vec![]), note: Some(spanloom::report::extract::note), defaults: spanloom::context::Defaults { source: Default::default(), service: spanloom::model::Symbol::of(stem.as_bytes()), service_is_sure: false, instance: Default::default(), zone: spanloom::record::timestamp::Zone::utc() } };
        let mut seam = Seam::new(Dating::default());
        let mut worker = Worker::default();
        let read = worker.block(&bytes, &source.profile, &source.defaults, seam.states(), source.note);
        seam.absorb(&bytes, 0, read, &source, &mut out);
        seam.end(&source, &mut out);
    }
}

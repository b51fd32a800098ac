//! How fast the stages and whole runs are, on generated logs. `cargo bench` runs it; `cargo bench reading` a part.

mod corpus;

use corpus::{Style, logs};
use divan::Bencher;
use divan::counter::BytesCount;
use spanloom::context::Defaults;
use spanloom::engine::load::{Loaded, load};
use spanloom::engine::read::Settings;
use spanloom::engine::run::{Selection, run};
use spanloom::engine::texts::Texts;
use spanloom::engine::worker::Worker;
use spanloom::gather::Fragments;
use spanloom::input::{DiscoverOptions, Input, discover};
use spanloom::model::{SourceId, Time};
use spanloom::record::Profile;
use spanloom::report::{Report, json};
use spanloom::weave::{Options, plan, rounds, weave};
use std::io::sink;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STYLES: [Style; 4] = [Style::Json, Style::Logfmt, Style::Text, Style::Plain];
const SIZE: usize = 4 << 20;
const SEED: u64 = 7;

fn main() {
    divan::main();
}

/// Lines to events, without input and output.
#[divan::bench(args = STYLES)]
fn reading(bencher: Bencher<'_, '_>, style: Style) {
    let files = logs(style, SIZE, SEED);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let defaults = Defaults::of(SourceId(0));
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut worker = Worker::default();
        for (_, text) in &files {
            let profile = Profile::of(&text[..text.len().min(64 << 10)], Vec::new(), None);
            for block in blocks(text) {
                divan::black_box(worker.block(block, &profile, &defaults, &[], None));
            }
        }
    });
}

/// Events to fragments.
#[divan::bench(args = STYLES)]
fn gathering(bencher: Bencher<'_, '_>, style: Style) {
    let corpus = Corpus::new(style, SIZE);
    let loaded = corpus.load(1);
    bencher.counter(BytesCount::new(corpus.bytes)).bench_local(|| Fragments::of(&loaded.store));
}

/// Events to traces.
#[divan::bench(args = STYLES, sample_count = 10)]
fn weaving(bencher: Bencher<'_, '_>, style: Style) {
    let corpus = Corpus::new(style, SIZE);
    let mut loaded = corpus.load(1);
    let options = Options::default();
    bencher.counter(BytesCount::new(corpus.bytes)).bench_local(|| {
        let plan = plan(&mut loaded.store, &options).expect("all fits into memory");
        let rounds = rounds(&loaded.store, &plan);
        let weave = |round| weave(&mut loaded.store, &plan, round, |_, _| ());
        (0..rounds).map(weave).collect::<Result<Vec<_>, _>>().expect("all fits into memory")
    });
}

/// Files to a report in JSON.
#[divan::bench(args = STYLES, sample_count = 10)]
fn reporting(bencher: Bencher<'_, '_>, style: Style) {
    let corpus = Corpus::new(style, SIZE);
    bencher.counter(BytesCount::new(corpus.bytes)).bench_local(|| corpus.report(1));
}

/// A report on two threads.
#[divan::bench(args = STYLES, sample_count = 10)]
fn reporting_on_two_threads(bencher: Bencher<'_, '_>, style: Style) {
    let corpus = Corpus::new(style, SIZE);
    bencher.counter(BytesCount::new(corpus.bytes)).bench_local(|| corpus.report(2));
}

/// The text in parts of whole lines.
fn blocks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let most = rest.len().min(1 << 20);
        let end = rest[..most].iter().rposition(|&byte| byte == b'\n').map_or(most, |end| end + 1);
        let (block, behind) = rest.split_at(end);
        rest = behind;
        (!block.is_empty()).then_some(block)
    })
}

/// Logs in a folder of their own.
struct Corpus {
    folder: tempfile::TempDir,
    bytes: usize,
}

impl Corpus {
    fn new(style: Style, size: usize) -> Corpus {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut bytes = 0;
        for (name, text) in logs(style, size, SEED) {
            bytes += text.len();
            std::fs::write(folder.path().join(name), text).expect("room for it");
        }
        Corpus { folder, bytes }
    }

    fn load(&self, threads: usize) -> Loaded {
        let found = discover(&[Input::Path(self.folder.path().to_owned())], &DiscoverOptions::default());
        let settings = Settings { threads, keep_text: true, ..Settings::default() };
        load(&found, &settings, Time(0)).expect("all fits into memory")
    }

    fn report(&self, threads: usize) {
        let mut loaded = self.load(threads);
        let woven = run(&mut loaded.store, &Selection::default(), &Options::default(), threads)
            .expect("all fits into memory");
        let report = Report {
            store: &loaded.store,
            traces: &woven.traces,
            transactions: woven.traces.len(),
            coverage: &woven.coverage,
            services: woven.services.clone(),
            findings: &woven.findings,
            map: None,
            operations: None,
        };
        let mut texts = Texts::new(&loaded.sources);
        json::write(&report, &mut |place| texts.get(place), &mut sink()).expect("it is thrown away");
    }
}

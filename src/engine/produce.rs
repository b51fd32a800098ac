//! Makes jobs and turns of what the input stage gives of a stream.

use super::dating::Dating;
use super::order::{Begun, Boundaries, Turn};
use super::read::{Job, Settings, Shared, lock, settle};
use super::seam::SourceContext;
use crate::context::Defaults;
use crate::input::{Block, Piece, ReadOptions, SourceInfo, StreamReader};
use crate::model::{SourceId, Symbol, Symbols, Time};
use crate::record::{LaneState, Profile, document};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// So many bytes at the front of a source tell its profile, whatever the block size.
const SAMPLE: usize = 64 << 10;

/// Reads streams until there are none left, and gives their blocks out.
pub(super) fn produce(shared: &Shared<'_>, line: usize, give: &mut dyn FnMut(Job)) {
    let options = ReadOptions { unlined: document::is_document, ..shared.settings.read.clone() };
    let mut turn = 0;
    let mut read_before = 0;
    loop {
        let index = shared.next_stream.fetch_add(1, Ordering::Relaxed);
        let Some(stream) = shared.streams.get(index) else { return };
        let mut reader = StreamReader::open(stream, &options);
        let mut producer = Producer { shared, line, turn: &mut turn, open: None };
        while let Some(piece) = reader.next() {
            producer.piece(piece, give);
            let read = reader.bytes_read();
            shared.settings.progress.fetch_add(read.saturating_sub(read_before), Ordering::Relaxed);
            read_before = read;
        }
        if shared.settings.read.stop.is_set() {
            return;
        }
        read_before = 0;
    }
}

/// Makes turns and jobs of a stream's pieces.
struct Producer<'p, 't> {
    shared: &'p Shared<'t>,
    line: usize,
    turn: &'p mut u64,
    open: Option<OpenSource>,
}

struct OpenSource {
    info: SourceInfo,
    sample: Vec<Block>,
    sampled: usize,
    /// Known as soon as the sample is complete.
    begun: Option<(Arc<SourceContext>, Boundaries)>,
    blocks: u64,
}

impl Producer<'_, '_> {
    fn piece(&mut self, piece: Piece, give: &mut dyn FnMut(Job)) {
        match piece {
            Piece::Begin(info) => {
                self.open = Some(OpenSource { info, sample: Vec::new(), sampled: 0, begun: None, blocks: 0 })
            }
            Piece::Block(block) => {
                let Some(open) = &mut self.open else { return };
                if open.begun.is_none() && open.sampled < SAMPLE {
                    open.sampled += block.bytes().len();
                    open.sample.push(block);
                    if open.sampled >= SAMPLE {
                        self.flush_sample(give);
                    }
                } else {
                    self.job(block, give);
                }
            }
            Piece::Skipped { reason, name, count } => {
                if self.open.is_some() {
                    self.flush_sample(give);
                    self.turn(Turn::Skipped { reason, count });
                } else {
                    lock(&self.shared.skipped).push((reason, name.to_string(), count));
                }
            }
            Piece::Pause => self.flush_sample(give),
            Piece::End { bytes } => {
                self.flush_sample(give);
                self.turn(Turn::End { bytes });
                self.open = None;
            }
        }
    }

    fn turn(&mut self, turn: Turn) {
        let number = *self.turn;
        *self.turn += 1;
        settle(self.shared, self.line, number, turn);
    }

    /// Begins the source, once its sample tells its profile, and gives out the blocks of the sample.
    fn flush_sample(&mut self, give: &mut dyn FnMut(Job)) {
        let Some(open) = &mut self.open else { return };
        if open.begun.is_none() {
            let mut sample = Vec::new();
            for block in &open.sample {
                let room = SAMPLE - sample.len();
                sample.extend_from_slice(&block.bytes()[..block.bytes().len().min(room)]);
            }
            let settings = self.shared.settings;
            let id = SourceId(self.shared.next_source.fetch_add(1, Ordering::Relaxed));
            let context = Arc::new(context(&open.info, id, &sample, settings));
            lock(&self.shared.symbols).absorb(context.defaults.names.clone());
            let hint = Arc::new(Mutex::new(guess(&sample, &context, open.sampled)));
            let date = open.info.hints.date.map(|date| (date.year, date.day));
            let mut dating = Dating::new(settings.zone.clone(), date, open.info.modified);
            dating.order_is_open = context.profile.order_is_open;
            open.begun = Some((context.clone(), hint.clone()));
            let begun = Begun {
                id,
                name: open.info.name.clone(),
                context,
                dating,
                original: open.info.original.clone(),
                hint,
            };
            self.turn(Turn::Begin(Box::new(begun)));
        }
        let Some(open) = &mut self.open else { return };
        for block in std::mem::take(&mut open.sample) {
            self.job(block, give);
        }
    }

    fn job(&mut self, block: Block, give: &mut dyn FnMut(Job)) {
        let Some(open) = &mut self.open else { return };
        let Some((context, hint)) = &open.begun else { return };
        let first = open.blocks == 0;
        open.blocks += 1;
        let job = Job {
            line: self.line,
            turn: *self.turn,
            block,
            context: context.clone(),
            hint: hint.clone(),
            first,
        };
        *self.turn += 1;
        // a permit comes back when an earlier block had its turn
        let _ = self.shared.permits.1.recv();
        give(job);
    }
}

/// The date in a source's name, or when it was changed last.
fn near(info: &SourceInfo) -> Option<Time> {
    let day = info.hints.date.and_then(|date| {
        let (month, day) = date.day?;
        Time::from_civil(date.year, month, day, 0)
    });
    day.or(info.modified)
}

/// What all blocks of a source share.
fn context(info: &SourceInfo, id: SourceId, sample: &[u8], settings: &Settings) -> SourceContext {
    let mut names = Symbols::default();
    let service = settings.service.as_deref().or(info.hints.service.as_deref()).unwrap_or_default();
    let defaults = Defaults {
        source: id,
        service: names.keep(service.as_bytes()),
        service_is_sure: settings.service.is_none() && info.hints.instance.is_some(),
        instance: info.hints.instance.as_deref().map_or(Symbol::NONE, |name| names.keep(name.as_bytes())),
        names,
        zone: settings.zone.clone(),
        keys: settings.keys.clone(),
    };
    SourceContext {
        profile: Profile::of(sample, (settings.patterns)(&info.name), near(info)),
        defaults,
        note: settings.note,
        document: document::is_document(sample),
    }
}

/// The lane states that blocks in the midst of a source most likely begin with: those at the end of the sample.
fn guess(sample: &[u8], context: &SourceContext, sampled: usize) -> Vec<(u64, LaneState)> {
    if sampled < SAMPLE {
        return Vec::new();
    }
    struct Ignore;
    impl crate::record::Sink for Ignore {
        fn record(&mut self, _: &crate::record::Record<'_>) {}

        // what lines of known patterns hold is not needed
        fn knows(&self, _: u32) -> bool {
            true
        }

        fn brief(&mut self, _: &crate::record::Brief<'_>) -> bool {
            true
        }

        fn alike(&mut self, _: &crate::record::Record<'_>) -> bool {
            true
        }
    }
    let end = memchr::memrchr(b'\n', sample).map_or(0, |end| end + 1);
    let exit = crate::record::Lines::default().block(&sample[..end], &context.profile, &[], &mut Ignore);
    exit.lanes.iter().map(|lane| (lane.lane, lane.exit)).collect()
}

//! Ctrl-C, and what else asks a program to end (SIGTERM, SIGHUP).
//!
//! The first one ends reading, and what was read is reported; the second ends the program. Reporting may not take for
//! ever: weaving gets as much time again as the program ran before, and at least [`LEAST`]. Once output is written nothing
//! ends it but a second one: who pages through a report may take as long as is liked.

use super::message::Voice;
use crate::input::Stop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Weaving what was read gets at least so long.
const LEAST: Duration = Duration::from_secs(10);

/// Output is being written.
static ANSWERING: AtomicBool = AtomicBool::new(false);

/// Says that output is being written from now on.
pub(super) fn answering() {
    ANSWERING.store(true, Ordering::Relaxed);
}

/// Minds interruptions from now on.
pub(super) fn listen(stop: Stop, voice: Voice) {
    let began = Instant::now();
    // fails only if a handler is set already, which then does the same
    let _ = ctrlc::set_handler(move || {
        if stop.set() {
            super::output::discard();
            std::process::exit(130);
        }
        voice.note("interrupted: reporting what was read so far");
        voice.hint("press Ctrl-C again to quit at once");
        let patience = patience(began.elapsed());
        std::thread::spawn(move || {
            std::thread::sleep(patience);
            give_up(&ANSWERING, || {
                voice.error("interrupted: what was read takes too long to weave, nothing is reported");
                super::output::discard();
                std::process::exit(130);
            });
        });
    });
}

/// How long weaving may take after an interruption, when the program ran for so long before.
fn patience(ran: Duration) -> Duration {
    ran.max(LEAST)
}

/// Gives up, unless there is an answer.
fn give_up(answering: &AtomicBool, end: impl FnOnce()) {
    if !answering.load(Ordering::Relaxed) {
        end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaving_may_take_as_long_as_what_was_before() {
        assert_eq!(patience(Duration::from_secs(1)), LEAST);
        assert_eq!(patience(Duration::from_secs(600)), Duration::from_secs(600));
    }

    #[test]
    fn what_is_being_written_is_left_alone() {
        for (answering, expected) in [(false, true), (true, false)] {
            let mut ended = false;
            give_up(&AtomicBool::new(answering), || ended = true);
            assert_eq!(ended, expected);
        }
    }
}

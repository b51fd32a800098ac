//! Reads what may have nothing to give for a while: pipes, terminals, sockets.
//!
//! The kernel would hold the thread until something comes; here it is asked again and again whether something is there,
//! so that a run can be ended while a pipe is silent.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Stop;

/// How long a wait lasts before the end of the run is thought of, in milliseconds.
const STEP: u64 = 50;
/// Silence of so many steps is a pause.
const PAUSE: u32 = 4;

/// A pipe, terminal or socket that is read as it comes.
pub(super) struct Waiting {
    pub(super) file: File,
    pub(super) stop: Stop,
    /// A pause is told, as [`io::ErrorKind::WouldBlock`]; whoever reads must ask again.
    pub(super) tells_pauses: Arc<AtomicBool>,
}

impl Read for Waiting {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut steps = 0;
        loop {
            if self.stop.is_set() {
                return Ok(0);
            }
            if is_ready(&self.file)? {
                match self.file.read(into) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read,
                }
            } else {
                steps += 1;
                if steps >= PAUSE && self.tells_pauses.load(Ordering::Relaxed) {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
            }
        }
    }
}

/// Waits a step; tells whether a read gives something, be it the end or an error.
#[cfg(unix)]
fn is_ready(file: &File) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let step = Timespec { tv_sec: 0, tv_nsec: (STEP * 1_000_000) as _ };
    match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&step)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn is_ready(_: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use super::*;

    fn pipe(tells_pauses: bool) -> (Waiting, io::PipeWriter) {
        let (output, input) = io::pipe().expect("a pipe");
        let file = File::from(OwnedFd::from(output));
        let tells_pauses = Arc::new(AtomicBool::new(tells_pauses));
        (Waiting { file, stop: Stop::default(), tells_pauses }, input)
    }

    #[test]
    fn a_silent_pipe_is_waited_for_until_something_comes_or_the_run_ends() {
        let (mut waiting, mut input) = pipe(false);
        let stop = waiting.stop.clone();
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(STEP * u64::from(PAUSE) + STEP));
            input.write_all(b"late").expect("it is read");
            std::thread::sleep(Duration::from_millis(STEP));
            stop.set();
            input
        });
        let mut into = [0; 10];
        assert_eq!(waiting.read(&mut into).expect("a pipe can be read"), 4);
        assert_eq!(waiting.read(&mut into).expect("a pipe can be read"), 0);
        drop(writer.join());
    }

    #[test]
    fn a_pause_is_told_to_those_who_ask() {
        let (mut waiting, mut input) = pipe(true);
        let mut into = [0; 10];
        let paused = waiting.read(&mut into).expect_err("nothing was written");
        assert_eq!(paused.kind(), io::ErrorKind::WouldBlock);
        input.write_all(b"x").expect("it is read");
        assert_eq!(waiting.read(&mut into).expect("a pipe can be read"), 1);
        drop(input);
        assert_eq!(waiting.read(&mut into).expect("a pipe can be read"), 0);
    }
}

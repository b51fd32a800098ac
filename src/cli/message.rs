//! What people see on standard error, and exit codes.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Exit {
    /// Done.
    #[default]
    Done,
    /// A check could not be judged.
    Unjudged,
    /// Nothing matched what was asked for, or a check failed.
    NoMatch,
    /// Wrong usage, a named path that cannot be read, or output that cannot be written.
    Trouble,
    /// Interrupted.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Unjudged => 3,
            Exit::NoMatch => 1,
            Exit::Trouble => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// Says things on standard error: one line each, with the program's name.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// Say errors only.
    pub quiet: bool,
}

impl Voice {
    /// Says what went wrong.
    pub fn error(self, what: impl fmt::Display) {
        say("spanloom", &what.to_string());
    }

    /// Says what may help.
    pub fn hint(self, what: impl fmt::Display) {
        if !self.quiet {
            say("hint", &what.to_string());
        }
    }

    /// Says what is worth knowing.
    pub fn note(self, what: impl fmt::Display) {
        if !self.quiet {
            say("spanloom", &what.to_string());
        }
    }
}

fn say(who: &str, what: &str) {
    // a name or a text from a log must not reach the terminal raw
    let clean: String = what
        .chars()
        .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    let _ = writeln!(std::io::stderr(), "{who}: {clean}");
}

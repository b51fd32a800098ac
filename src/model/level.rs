//! Severity, as OpenTelemetry names it.

use std::fmt;

/// Severity of a record. Source: OpenTelemetry logs data model, "Field: SeverityNumber".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Level {
    /// Finest detail (1 to 4).
    Trace = 1,
    /// For developers (5 to 8).
    Debug = 2,
    /// An event worth knowing (9 to 12).
    Info = 3,
    /// Not an error yet (13 to 16).
    Warn = 4,
    /// Something went wrong (17 to 20).
    Error = 5,
    /// The program cannot go on (21 to 24).
    Fatal = 6,
}

impl Level {
    /// The level of an OpenTelemetry severity number; `None` for 0 and numbers above 24.
    pub fn from_severity_number(number: u64) -> Option<Level> {
        Some(match number {
            1..=4 => Level::Trace,
            5..=8 => Level::Debug,
            9..=12 => Level::Info,
            13..=16 => Level::Warn,
            17..=20 => Level::Error,
            21..=24 => Level::Fatal,
            _ => return None,
        })
    }

    /// The level of a syslog severity (RFC 5424, 6.2.1): 0 (emergency) to 7 (debug).
    pub fn from_syslog(severity: u8) -> Option<Level> {
        Some(match severity {
            0..=2 => Level::Fatal,
            3 => Level::Error,
            4 => Level::Warn,
            5 | 6 => Level::Info,
            7 => Level::Debug,
            _ => return None,
        })
    }

    /// The name in capitals: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
        }
    }

    /// The level with the number that `self as u8` gives.
    pub fn from_number(number: u8) -> Option<Level> {
        Some(match number {
            1 => Level::Trace,
            2 => Level::Debug,
            3 => Level::Info,
            4 => Level::Warn,
            5 => Level::Error,
            6 => Level::Fatal,
            _ => return None,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

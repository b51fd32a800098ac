//! The words and numbers that logs use for severity.

use crate::model::Level;

/// The level that a word names, whatever its case: `warn`, `WARNING`, `SEVERE`, `crit`, `INF`.
pub fn from_word(word: &[u8]) -> Option<Level> {
    let mut lower = [0u8; 13];
    let folded = lower.get_mut(..word.len())?;
    folded.copy_from_slice(word);
    folded.make_ascii_lowercase();
    Some(match &*folded {
        b"trace" | b"trc" | b"finest" | b"finer" | b"silly" | b"vrb" | b"all" | b"trac" | b"trce" => {
            Level::Trace
        }
        b"debug" | b"debu" | b"dbg" | b"dbug" | b"debg" | b"fine" | b"verbose" | b"config" | b"deb"
        | b"debug1" | b"debug2" | b"debug3" | b"debug4" | b"debug5" => Level::Debug,
        b"info" | b"inf" | b"information" | b"informational" | b"notice" | b"note" | b"http" | b"success"
        | b"log" | b"audit" | b"ntc" | b"normal" | b"default" => Level::Info,
        b"warn" | b"warning" | b"wrn" | b"wrng" | b"warnings" | b"warni" => Level::Warn,
        b"error" | b"err" | b"eror" | b"fail" | b"failure" | b"severe" | b"erro" => Level::Error,
        b"fatal" | b"ftl" | b"critical" | b"crit" | b"crt" | b"cri" | b"panic" | b"dpanic" | b"emerg"
        | b"criti" | b"pani" | b"emergency" | b"alert" | b"fata" | b"pnc" | b"fault" | b"system" => {
            Level::Fatal
        }
        _ => return None,
    })
}

/// The level that a single capital stands for, as klog, Ruby, Android and MongoDB write it.
pub fn from_letter(letter: u8) -> Option<Level> {
    Some(match letter {
        b'T' | b'V' => Level::Trace,
        b'D' => Level::Debug,
        b'I' | b'N' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' | b'C' | b'A' | b'P' => Level::Fatal,
        _ => return None,
    })
}

/// Whether a word in a line's header may be a level: all capitals, all small, or capitalized, and one that no message
/// is likely to begin with.
pub fn stands_for_level(word: &[u8]) -> Option<Level> {
    let upper = word.iter().all(u8::is_ascii_uppercase);
    let level = from_word(word)?;
    match word.to_ascii_lowercase().as_slice() {
        b"all" | b"config" | b"system" | b"default" | b"note" | b"success" | b"normal" | b"http" | b"log"
        | b"fault" | b"alert" | b"audit" | b"fine" | b"fail" | b"failure" | b"config1" | b"deb"
            if !upper =>
        {
            None
        }
        b"all" | b"http" | b"system" => None,
        _ => Some(level),
    }
}

/// The level of a JSON number: pino and bunyan (10 to 60), syslog (0 to 7), Python (10 to 50), OpenTelemetry (1 to 24),
/// log4j's `level_value` and Monolog (100 to 600). `scale` tells them apart where the number alone does not.
pub fn from_number(number: u64, scale: Scale) -> Option<Level> {
    match (scale, number) {
        (Scale::Syslog, 0..=7) => Level::from_syslog(number as u8),
        (Scale::AppInsights, 0..=4) => {
            Some([Level::Trace, Level::Info, Level::Warn, Level::Error, Level::Fatal][number as usize])
        }
        (Scale::Nextcloud, 0..=4) => {
            Some([Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal][number as usize])
        }
        (Scale::Windows, 0..=5) => Some(
            [Level::Info, Level::Fatal, Level::Error, Level::Warn, Level::Info, Level::Debug]
                [number as usize],
        ),
        (Scale::Severity, 1..=24) => Level::from_severity_number(number),
        (Scale::Verbosity, 0) => Some(Level::Info),
        (Scale::Verbosity, _) => Some(Level::Debug),
        (_, 0..=7) => Level::from_syslog(number as u8),
        (_, 10) => Some(if scale == Scale::Python { Level::Debug } else { Level::Trace }),
        (Scale::Python, 11..=50) => Some(match number {
            11..=19 => Level::Debug,
            20..=29 => Level::Info,
            30..=39 => Level::Warn,
            40..=49 => Level::Error,
            _ => Level::Fatal,
        }),
        (_, 8..=60) => Some(match number {
            8..=19 => Level::Trace,
            20..=29 => Level::Debug,
            30..=39 => Level::Info,
            40..=49 => Level::Warn,
            50..=59 => Level::Error,
            _ => Level::Fatal,
        }),
        // Monolog (RFC 5424 names): 100 debug, 200 info, 250 notice, 300 warning, 400 error, 500 critical, 550, 600
        (_, 100..=600) => Some(match number {
            100..=199 => Level::Debug,
            200..=299 => Level::Info,
            300..=399 => Level::Warn,
            400..=499 => Level::Error,
            _ => Level::Fatal,
        }),
        // logback's level_value
        (_, 5000) => Some(Level::Trace),
        (_, 10_000) => Some(Level::Debug),
        (_, 20_000) => Some(Level::Info),
        (_, 30_000) => Some(Level::Warn),
        (_, 40_000) => Some(Level::Error),
        _ => None,
    }
}

/// Which numbers a logger uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Not known.
    Unknown,
    /// Syslog severities: 0 to 7.
    Syslog,
    /// OpenTelemetry severity numbers: 1 to 24.
    Severity,
    /// Python's logging: 10 to 50.
    Python,
    /// Windows events: 1 critical to 5 verbose.
    Windows,
    /// Azure Application Insights: 0 to 4.
    AppInsights,
    /// Nextcloud: 0 to 4.
    Nextcloud,
    /// logr: 0 is what is always told, more is told in detail.
    Verbosity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loggers_words_become_levels() {
        for (word, level) in [
            ("WARNING", Level::Warn),
            ("SEVERE", Level::Error),
            ("inf", Level::Info),
            ("dbug", Level::Debug),
            ("Critical", Level::Fatal),
        ] {
            assert_eq!(from_word(word.as_bytes()), Some(level), "{word}");
        }
        assert_eq!(from_word(b"informational messages"), None);
        assert_eq!(stands_for_level(b"success"), None);
        assert_eq!(stands_for_level(b"SUCCESS"), Some(Level::Info));
    }

    #[test]
    fn numbers_are_read_on_their_scale() {
        assert_eq!(from_number(30, Scale::Unknown), Some(Level::Info));
        assert_eq!(from_number(30, Scale::Python), Some(Level::Warn));
        assert_eq!(from_number(3, Scale::Unknown), Some(Level::Error));
        assert_eq!(from_number(9, Scale::Severity), Some(Level::Info));
        assert_eq!(from_number(300, Scale::Unknown), Some(Level::Warn));
    }
}

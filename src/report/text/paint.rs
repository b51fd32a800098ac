//! Colours: a few, each with one meaning.

use crate::model::{Level, Severity, Status, Symbol};
use anstyle::{Ansi256Color, AnsiColor, Style as Codes};

/// What a piece of text is; tells its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Paint {
    /// Text like any other.
    Plain,
    /// What a row or part is about.
    Strong,
    /// What only helps to read the rest.
    Faint,
    /// Something failed.
    Error,
    /// Somebody should look.
    Warning,
    /// A service, by its name.
    Service(Symbol),
}

/// Colours of services: apart from each other and from those of errors and warnings, and with a contrast of at least
/// 3.3 (WCAG 2, relative luminance) on black and on white.
const SERVICES: [u8; 13] = [32, 130, 134, 30, 169, 100, 63, 28, 67, 132, 97, 29, 68];

/// The bits of a name's hash from here on pick its colour.
const PICK: u32 = 23;

/// Ochre: the terminal's own yellow cannot be read on white.
const WARNING: u8 = 136;

impl Paint {
    /// The codes before and after a text.
    pub(super) fn codes(self) -> Codes {
        let plain = Codes::new();
        match self {
            Paint::Plain => plain,
            Paint::Strong => plain.bold(),
            Paint::Faint => plain.dimmed(),
            Paint::Error => plain.fg_color(Some(AnsiColor::Red.into())).bold(),
            Paint::Warning => plain.fg_color(Some(Ansi256Color(WARNING).into())).bold(),
            Paint::Service(name) if name.is_none() => plain.dimmed(),
            Paint::Service(name) => {
                let index = ((name.0 >> PICK) % SERVICES.len() as u64) as usize;
                plain.fg_color(Some(Ansi256Color(SERVICES[index]).into()))
            }
        }
    }

    /// The colour of a level.
    pub(super) fn of_level(level: Option<Level>) -> Paint {
        match level {
            Some(Level::Error | Level::Fatal) => Paint::Error,
            Some(Level::Warn) => Paint::Warning,
            Some(Level::Info) => Paint::Plain,
            _ => Paint::Faint,
        }
    }

    /// The colour of a transaction's status.
    pub(super) fn of_status(status: Status) -> Paint {
        match status {
            Status::Ok => Paint::Plain,
            Status::Error => Paint::Error,
            Status::Incomplete => Paint::Warning,
            Status::Truncated => Paint::Faint,
        }
    }

    /// The colour of a finding.
    pub(super) fn of_severity(severity: Severity) -> Paint {
        match severity {
            Severity::Critical => Paint::Error,
            Severity::Warning => Paint::Warning,
            Severity::Info => Paint::Faint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue of an entry of the 256 colours beyond the first 16 (xterm's cube).
    fn components(color: u8) -> [f64; 3] {
        let step = |step: u8| if step == 0 { 0.0 } else { f64::from(step) * 40.0 + 55.0 };
        let cube = color - 16;
        [step(cube / 36), step(cube / 6 % 6), step(cube % 6)]
    }

    fn luminance(color: u8) -> f64 {
        let linear = |part: f64| {
            let part = part / 255.0;
            if part <= 0.039_28 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = components(color).map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn services_can_be_read_on_black_and_on_white() {
        for color in SERVICES {
            let light = luminance(color);
            assert!((light + 0.05) / 0.05 >= 3.3 && 1.05 / (light + 0.05) >= 3.3, "{color}: {light}");
        }
    }

    #[test]
    fn one_name_has_one_colour() {
        let codes = |name: &[u8]| Paint::Service(Symbol::of(name)).codes();
        assert_eq!(codes(b"orders"), codes(b"orders"));
        assert_ne!(codes(b"orders"), Codes::new());
    }
}

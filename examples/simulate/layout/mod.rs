//! How a line looks: headers, levels, fields, ids, and what containers wrap around it.
//!
//! `json` and `text` hold the tables of layouts as the loggers of many languages print them.
//! A layout knows nothing of what is said in a line.

pub(crate) mod json;
pub(crate) mod tail;
pub(crate) mod text;

use crate::stamp::{self, Stamp};
use tail::Tail;

/// The language that a service is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lang {
    Java,
    Python,
    Node,
    Go,
    Rust,
    DotNet,
    Ruby,
    Php,
    Cpp,
    Elixir,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// How a layout spells levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `WARN`
    Upper,
    /// `WARNING`
    UpperLong,
    /// `warn`
    Lower,
    /// `warning`
    LowerLong,
    /// `Warning`, `Information`
    Title,
    /// `WRN`
    Three,
    /// `W`
    Letter,
    /// `fail`, `dbug`
    Four,
    /// pino and bunyan: 40
    Tens,
    /// monolog: 300
    Hundreds,
    /// syslog: 4
    Syslog,
}

impl Spelling {
    /// The spelling that the tables call `name`.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "Upper" => Self::Upper,
            "UpperLong" => Self::UpperLong,
            "Lower" => Self::Lower,
            "LowerLong" => Self::LowerLong,
            "Title" => Self::Title,
            "Three" => Self::Three,
            "Letter" => Self::Letter,
            "Four" => Self::Four,
            "Tens" => Self::Tens,
            "Hundreds" => Self::Hundreds,
            "Syslog" => Self::Syslog,
            _ => unreachable!("no spelling of levels is called {name}"),
        }
    }
}

impl Level {
    /// The level in this spelling.
    pub(crate) fn spelled(self, spelling: Spelling) -> &'static str {
        let row: [&'static str; 4] = match spelling {
            Spelling::Upper => ["DEBUG", "INFO", "WARN", "ERROR"],
            Spelling::UpperLong => ["DEBUG", "INFO", "WARNING", "ERROR"],
            Spelling::Lower => ["debug", "info", "warn", "error"],
            Spelling::LowerLong => ["debug", "info", "warning", "error"],
            Spelling::Title => ["Debug", "Information", "Warning", "Error"],
            Spelling::Three => ["DBG", "INF", "WRN", "ERR"],
            Spelling::Letter => ["D", "I", "W", "E"],
            Spelling::Four => ["dbug", "info", "warn", "fail"],
            Spelling::Tens => ["20", "30", "40", "50"],
            Spelling::Hundreds => ["100", "200", "300", "400"],
            Spelling::Syslog => ["7", "6", "4", "3"],
        };
        row[self as usize]
    }
}

/// A value beside the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Quoted in JSON.
    Text(String),
    /// Not quoted in JSON: numbers, true, false.
    Bare(String),
    /// Several.
    List(Vec<String>),
}

impl Value {
    /// As a person would write it.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Text(text) | Self::Bare(text) => text.clone(),
            Self::List(all) => format!("[{}]", all.join(", ")),
        }
    }
}

/// What a line says about its span.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ids<'a> {
    /// Nobody prints ids.
    Hidden,
    /// Logged outside any span.
    Outside,
    /// Trace and span, spelled as this system spells them.
    Inside(&'a str, &'a str),
}

/// Names of the fields of ids that take the place of a layout's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdNames {
    /// The object that holds them in JSON.
    pub(crate) parent: Option<String>,
    /// The trace id's.
    pub(crate) trace: String,
    /// The span id's.
    pub(crate) span: String,
}

/// All that a layout needs to print one record.
pub(crate) struct Line<'a> {
    /// Nanoseconds since the epoch by the service's own clock.
    pub(crate) at: i64,
    pub(crate) level: Level,
    pub(crate) service: &'a str,
    pub(crate) host: &'a str,
    pub(crate) company: &'a str,
    pub(crate) pid: u32,
    pub(crate) logger: &'a str,
    /// File and line.
    pub(crate) source: &'a str,
    pub(crate) function: &'a str,
    /// Empty where the runtime has none.
    pub(crate) thread: &'a str,
    pub(crate) message: &'a str,
    pub(crate) fields: &'a [(String, Value)],
    pub(crate) ids: Ids<'a>,
    /// Lines of a stack trace.
    pub(crate) stack: &'a [String],
}

/// A layout of either family.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// One JSON object a record.
    Json(&'static json::Json),
    /// A header pattern.
    Text(&'static text::Text),
}

/// The `at`-th of all layouts that keep fractions of a second, counted round and round.
pub(crate) fn numbered(at: usize) -> Layout {
    let at = at % (json::TABLE.len() + text::TABLE.len());
    match json::TABLE.get(at) {
        Some(json) => Layout::Json(json),
        None => Layout::Text(&text::TABLE[at - json::TABLE.len()]),
    }
}

/// All layouts of `lang`.
pub(crate) fn of(lang: Lang) -> Vec<Layout> {
    let json = json::TABLE.iter().filter(|layout| layout.langs.contains(&lang)).map(Layout::Json);
    let text = text::TABLE.iter().filter(|layout| layout.langs.contains(&lang)).map(Layout::Text);
    json.chain(text).collect()
}

impl Layout {
    /// What the layout is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json(json) => json.name,
            Self::Text(text) => text.name,
        }
    }

    /// The spellings of time that its logger can be set to.
    pub(crate) fn stamps(self) -> &'static [Stamp] {
        match self {
            Self::Json(json) => json.stamps,
            Self::Text(text) => text.stamps,
        }
    }

    /// The languages whose loggers print it.
    pub(crate) fn langs(self) -> &'static [Lang] {
        match self {
            Self::Json(json) => json.langs,
            Self::Text(text) => text.langs,
        }
    }

    /// The physical lines of one record.
    pub(crate) fn write(
        self,
        line: &Line<'_>,
        time: Stamp,
        tail: Tail,
        names: Option<&IdNames>,
    ) -> Vec<String> {
        match self {
            Self::Json(layout) => vec![layout.write(line, time, names)],
            Self::Text(layout) => layout.write(line, time, tail, names),
        }
    }
}

/// What the collector puts around each physical line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrap {
    None,
    /// `2026-11-22T08:29:19.892876543Z stdout F …`
    Cri,
    /// `{"log":"…\n","stream":"stdout","time":"…"}`
    Docker,
    /// `orders-1  | …`
    Compose,
    /// `[pod/orders-7d9f8b6c5d-x2x4q/app] …`
    Kubectl,
}

impl Wrap {
    /// `text` as the collector stores it.
    pub(crate) fn around(self, text: &str, at: i64, service: &str, pod: &str) -> String {
        match self {
            Self::None => text.to_owned(),
            Self::Cri => format!("{} stdout F {text}", stamp::iso(9).write(at + 41_000)),
            Self::Docker => format!(
                "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"{}\"}}",
                json::quoted(&format!("{text}\n")),
                stamp::iso(9).write(at + 63_000)
            ),
            Self::Compose => format!("{:<22}| {text}", format!("{service}-1")),
            Self::Kubectl => format!("[pod/{pod}/app] {text}"),
        }
    }
}

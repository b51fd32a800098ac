//! One service: what it is written in, how it logs, and what its authors' habits are.

use std::collections::BTreeMap;

use crate::company::{Broker, Company, IdSpelling};
use crate::domain::Domain;
use crate::draw::Draw;
use crate::layout::tail::{self, Tail};
use crate::layout::text::SECONDS;
use crate::layout::{self, IdNames, Lang, Layout, Wrap};
use crate::naming;
use crate::plan::{self, Step};
use crate::slot::Slot;
use crate::stamp::Stamp;
use crate::words::{Case, Task};

/// The voice of whoever wrote a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    Plain,
    Terse,
    Arrow,
    /// No words of direction at all.
    State,
    /// Constants for events.
    Const,
    /// Names of classes and functions.
    Code,
    Chat,
    Past,
}

impl Tone {
    /// All of them, with how common they are.
    pub(crate) const TABLE: [(u32, Tone); 8] = [
        (52, Tone::Plain),
        (15, Tone::Terse),
        (10, Tone::Arrow),
        (9, Tone::State),
        (8, Tone::Const),
        (12, Tone::Code),
        (4, Tone::Chat),
        (8, Tone::Past),
    ];

    /// Its name in `phrases.txt`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Terse => "terse",
            Self::Arrow => "arrow",
            Self::State => "state",
            Self::Const => "const",
            Self::Code => "code",
            Self::Chat => "chat",
            Self::Past => "past",
        }
    }
}

/// At which of its two ends a span logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ends {
    Both,
    First,
    Last,
    Neither,
}

impl Ends {
    pub(crate) fn first(self) -> bool {
        matches!(self, Self::Both | Self::First)
    }

    pub(crate) fn last(self) -> bool {
        matches!(self, Self::Both | Self::Last)
    }

    /// These ends around `steps`: a span that speaks also says when it begins. Lines that only come after those of
    /// its children would not show that it was around them.
    pub(crate) fn around(self, steps: &[Step]) -> Self {
        if self == Self::Neither && plan::has_voice(steps) { Self::First } else { self }
    }
}

/// How a service tells in v2 who called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ParentHabit {
    /// The incoming header, as a field, on the receiving line.
    Header,
    /// The incoming headers as an object, on the receiving line.
    Headers,
    /// The parent's id, on the receiving line.
    Id,
    /// The parent's id, on every line.
    Everywhere,
}

/// How durations stand in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duration {
    /// `12 ms`
    SpacedMs,
    /// `12ms`
    Ms,
    /// `12.345ms`
    FineMs,
    /// `0.012s`
    Seconds,
    /// `12.345678ms` or `1.2s`, as Go prints it
    Go,
    /// `PT0.012S`
    Iso,
}

impl Duration {
    /// `ns` nanoseconds, with the unit.
    pub(crate) fn write(self, ns: i64) -> String {
        let ms = ns as f64 / 1e6;
        match self {
            Self::SpacedMs => format!("{ms:.0} ms"),
            Self::Ms => format!("{ms:.0}ms"),
            Self::FineMs => format!("{ms:.3}ms"),
            Self::Seconds => format!("{:.3}s", ms / 1e3),
            Self::Go if ns < 1_000_000_000 => format!("{}ms", fraction(ns, 1_000_000)),
            Self::Go => format!("{}s", fraction(ns, 1_000_000_000)),
            Self::Iso => format!("PT{:.3}S", ms / 1e3),
        }
    }
}

/// `ns` in units of `unit`, without zeros at the end.
fn fraction(ns: i64, unit: i64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", ns / unit, ns % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the authors of a service tend to do; shares are probabilities.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    pub(crate) entry: [(u32, Ends); 4],
    pub(crate) client: [(u32, Ends); 4],
    pub(crate) work: [(u32, Ends); 4],
    pub(crate) producer: [(u32, Ends); 4],
    /// Publishing has a span of its own.
    pub(crate) producer_span: f64,
    /// Calling has a span of its own.
    pub(crate) client_span: f64,
    /// The "sent" line stands in the span that publishes, not in the producer's own.
    pub(crate) sent_outside: f64,
    /// One phrase serves for all routes, and one for all topics.
    pub(crate) house: bool,
    /// Business keys are printed where they are known.
    pub(crate) keys: f64,
    /// Values stand within the sentence.
    pub(crate) inline: f64,
    /// Slots that stand in every line of a request, as a mapped context does it.
    pub(crate) context: Vec<Slot>,
    /// Details are logged at debug level.
    pub(crate) debug: f64,
    /// Lines between a span's ends.
    pub(crate) details: f64,
    pub(crate) parent: ParentHabit,
    /// Every HTTP request also makes an access-log line without ids.
    pub(crate) access_log: bool,
    /// A duration is that of the whole transaction so far.
    pub(crate) aged: f64,
    /// Errors come with a stack trace.
    pub(crate) stacks: f64,
}

/// One service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// The name without the company's prefix and suffix.
    pub(crate) stem: String,
    pub(crate) tasks: Vec<Task>,
    pub(crate) lang: Lang,
    pub(crate) layout: Layout,
    pub(crate) stamp: Stamp,
    pub(crate) tail: Tail,
    /// Values are part of the message although the layout has fields.
    pub(crate) embed: bool,
    pub(crate) tone: Tone,
    pub(crate) wrap: Wrap,
    /// Index into the company's hosts.
    pub(crate) host: usize,
    pub(crate) pid: u32,
    pub(crate) pod: String,
    pub(crate) port: u16,
    pub(crate) version: String,
    pub(crate) case: Case,
    /// The names of fields.
    pub(crate) names: BTreeMap<Slot, String>,
    pub(crate) id_names: Option<IdNames>,
    pub(crate) duration: Duration,
    /// Events are called by their type, not by their topic; the case of the type's name.
    pub(crate) event_case: Option<Case>,
    pub(crate) loggers: [String; 5],
    pub(crate) sources: [String; 5],
    /// Patterns of thread names: of servers, consumers, side_threads, timers. Empty where there are none.
    pub(crate) threads: [&'static str; 4],
    pub(crate) broker: Broker,
    pub(crate) habits: Habits,
    /// Bounds the numbers of workers: an event loop takes everything at once.
    pub(crate) event_loop: bool,
    /// Everything here is so many times as slow as elsewhere.
    pub(crate) pace: f64,
}

/// What the platform team hands out.
pub(crate) struct Platform {
    lang: Lang,
    layout: Layout,
    tone: Tone,
    tail: Tail,
    case: Case,
    inline: f64,
}

/// Draws the platform's choice; services may or may not follow it.
pub(crate) fn platform(draw: &mut Draw, layout: Layout) -> Platform {
    let lang = *draw.pick(layout.langs());
    Platform {
        lang,
        layout,
        tone: draw.weighted(&Tone::TABLE),
        tail: draw.weighted(&tail::TABLE),
        case: case(draw, lang),
        inline: draw.unit(),
    }
}

fn lang(draw: &mut Draw) -> Lang {
    draw.weighted(&[
        (24, Lang::Java),
        (18, Lang::Python),
        (16, Lang::Node),
        (16, Lang::Go),
        (6, Lang::Rust),
        (10, Lang::DotNet),
        (4, Lang::Ruby),
        (4, Lang::Php),
        (4, Lang::Cpp),
        (3, Lang::Elixir),
    ])
}

fn case(draw: &mut Draw, lang: Lang) -> Case {
    match lang {
        Lang::DotNet => Case::Pascal,
        Lang::Java | Lang::Node => draw.weighted(&[(7, Case::Camel), (2, Case::Snake), (1, Case::Dotted)]),
        Lang::Go => draw.weighted(&[(5, Case::Snake), (3, Case::Camel), (1, Case::Kebab)]),
        _ => draw.weighted(&[(8, Case::Snake), (1, Case::Camel), (1, Case::Kebab)]),
    }
}

/// How a service's layout is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Looks {
    /// By chance, or as the platform team wants it.
    Free,
    /// This one.
    Given(Layout),
    /// One that keeps whole seconds only, by this number.
    WholeSeconds(usize),
}

/// Draws a service called `stem`.
pub(crate) fn draw(
    draw: &mut Draw,
    domain: &Domain,
    company: &Company,
    platform: &Platform,
    stem: &str,
    tasks: &[Task],
    looks: Looks,
) -> Service {
    let follows = draw.chance(company.uniform);
    let mut lang = if follows { platform.lang } else { lang(draw) };
    let layout = match looks {
        Looks::Free if follows => platform.layout,
        Looks::Free => *draw.pick(&layout::of(lang)),
        Looks::Given(layout) => {
            lang = *draw.pick(layout.langs());
            layout
        }
        Looks::WholeSeconds(at) => Layout::Text(&SECONDS[at % SECONDS.len()]),
    };
    let stamp = *draw.pick(layout.stamps());
    let case = if follows { platform.case } else { case(draw, lang) };
    let name = format!("{}{stem}{}", company.service_prefix, company.service_suffix);
    let broker = *draw.pick(&company.brokers);
    let event_loop = matches!(lang, Lang::Node | Lang::Go | Lang::Rust | Lang::Elixir) || draw.chance(0.2);
    let wrapped = draw.chance(company.wrap.1);
    let port = (8000 + draw.below(2000)) as u16;
    Service {
        stem: stem.to_owned(),
        tasks: tasks.to_vec(),
        lang,
        layout,
        stamp,
        tail: if follows { platform.tail } else { draw.weighted(&tail::TABLE) },
        embed: draw.chance(0.2),
        tone: if follows && draw.chance(0.6) { platform.tone } else { draw.weighted(&Tone::TABLE) },
        wrap: if wrapped { company.wrap.0 } else { Wrap::None },
        host: draw.below(company.hosts.len()),
        pid: if wrapped { 1 } else { draw.range(300, 60_000) as u32 },
        pod: format!("{name}-{}-{}", draw.hex(9), draw.of(b"bcdfghjklmnpqrstvwxz2456789", 5)),
        port,
        version: format!("{}.{}.{}", draw.range(0, 5), draw.range(0, 20), draw.range(0, 9)),
        names: naming::fields(draw, domain, broker, case, follows),
        case,
        id_names: id_names(draw, company.ids),
        duration: *draw.pick(&match lang {
            Lang::Go => vec![Duration::Go, Duration::Ms, Duration::FineMs],
            Lang::Java => vec![Duration::SpacedMs, Duration::Ms, Duration::Iso],
            _ => vec![Duration::SpacedMs, Duration::Ms, Duration::FineMs, Duration::Seconds],
        }),
        event_case: draw
            .chance(0.35)
            .then(|| *draw.pick(&[Case::Pascal, Case::Pascal, Case::Dotted, Case::Upper])),
        loggers: naming::loggers(draw, lang, &company.name, stem),
        sources: naming::sources(draw, lang, stem),
        threads: naming::threads(draw, lang),
        broker,
        habits: habits(draw, company.wordiness, if follows { Some(platform.inline) } else { None }),
        event_loop,
        pace: draw.magnitude(0.5, 2.0),
        name,
    }
}

fn id_names(draw: &mut Draw, ids: IdSpelling) -> Option<IdNames> {
    let named = |parent: Option<&str>, trace: &str, span: &str| {
        Some(IdNames { parent: parent.map(str::to_owned), trace: trace.to_owned(), span: span.to_owned() })
    };
    match ids {
        IdSpelling::Decimal | IdSpelling::HexDecimal if draw.chance(0.3) => {
            named(Some("dd"), "trace_id", "span_id")
        }
        IdSpelling::Decimal | IdSpelling::HexDecimal => named(None, "dd.trace_id", "dd.span_id"),
        // With dashes inside they need a name.
        IdSpelling::Xray => named(None, draw.word(&["xray_trace_id", "trace_id"]), "span_id"),
        IdSpelling::Uuid if draw.chance(0.5) => named(None, "traceId", "spanId"),
        IdSpelling::Uuid => named(None, "trace_id", "span_id"),
        _ => None,
    }
}

/// `wordiness`: see [`Company::wordiness`].
fn habits(draw: &mut Draw, wordiness: f64, inline: Option<f64>) -> Habits {
    let wordiness = (wordiness * draw.magnitude(0.4, 2.5)).min(1.0);
    let mut ends = |both: u32, first: u32, last: u32, neither: u32| {
        let mut weight =
            |usual: u32| (f64::from(usual) * draw.magnitude(0.3, 2.2)) as u32 + u32::from(usual > 20);
        [
            ((f64::from(weight(both)) * wordiness) as u32, Ends::Both),
            (weight(first), Ends::First),
            (weight(last), Ends::Last),
            (weight(neither) + 1, Ends::Neither),
        ]
    };
    let (entry, client) = (ends(60, 34, 16, 5), ends(34, 20, 20, 18));
    let (work, producer) = (ends(22, 30, 22, 26), ends(12, 20, 52, 8));
    let context = [Slot::Request, Slot::Correlation, Slot::Key, Slot::Tenant, Slot::Actor];
    let mut chosen = Vec::new();
    if draw.chance(0.1) {
        // The same in every line, and worth nothing.
        chosen.push(*draw.pick(&[Slot::Region, Slot::Version]));
    }
    if draw.chance(0.4) {
        for slot in context {
            if draw.chance(0.45) {
                chosen.push(slot);
            }
        }
    }
    Habits {
        entry,
        client,
        work,
        producer,
        producer_span: if draw.chance(0.85) { 1.0 } else { 0.3 },
        client_span: if draw.chance(0.9) { 1.0 } else { 0.4 },
        sent_outside: *draw.pick(&[0.0, 0.0, 0.5, 1.0]),
        house: draw.chance(0.65),
        keys: draw.between(0.75, 1.0),
        inline: inline.unwrap_or_else(|| draw.unit()),
        context: chosen,
        debug: draw.unit() * 0.7,
        details: draw.between(0.05, 0.5) * wordiness,
        parent: draw.weighted(&[
            (40, ParentHabit::Header),
            (12, ParentHabit::Headers),
            (32, ParentHabit::Id),
            (16, ParentHabit::Everywhere),
        ]),
        access_log: draw.chance(0.25),
        aged: *draw.pick(&[0.0, 0.0, 0.0, 0.4]),
        stacks: draw.unit(),
    }
}

//! `--where`

use crate::analyze::query::{FIELDS, Known, Of, RECORD_FIELDS};
use clap::Args;
use std::fmt::Write;

/// `--where`
#[derive(Debug, Args, Clone, Default)]
pub struct WhereArgs {
    /// Take transactions that meet EXPR, such as 'service = shipping && duration > 2s'
    #[arg(long = "where", value_name = "EXPR", help_heading = "Selection", long_help = manual())]
    pub condition: Option<String>,
}

/// What `--help` says of conditions.
fn manual() -> String {
    let mut text = String::from(
        "Take transactions that meet EXPR\n\n\
         A condition is about spans: a transaction meets it if one of its spans meets all of it.\n\n\
         \u{a0} service = shipping && duration > 2s\n\
         \u{a0} error && name ~ '^POST '\n\
         \u{a0} trace.status != ok && key.order_id = ORD-1234\n\n\
         Braces make a set of spans of its own, so that several spans can be asked for; a text in quotes, or a word, stands \
         for the spans of a service or name. Sets stand in relations:\n\n\
         \u{a0} {service = orders} && !{service = shipping}   orders has a part, shipping has none\n\
         \u{a0} storefront >> shipping                        shipping somewhere below storefront\n\
         \u{a0} {name = checkout} > {error}                   a child of checkout failed\n\
         \u{a0} sends && not >> {receives}                    something is sent that nobody receives\n\n\
         > means child, >> descendant, < parent, << ancestor. Within a condition they lead from its span: not > {} has no \
         child. Operators: = != < <= > >=, ~ and !~ for regular expressions, in (a, b), && (and), || (or), ! (not), \
         parentheses. Durations are written as 150ms, 2s or 1m30s. What a span lacks meets no comparison. Quote texts that \
         hold blanks or operators.\n\nFields:\n",
    );
    fields(FIELDS, &mut text);
    let key = "a key such as an order number, by any spelling of its name";
    let _ = write!(text, "\n\u{a0} {:width$}  {key}", "key.NAME", width = width(FIELDS));
    text
}

/// `--where` of records
#[derive(Debug, Args, Clone, Default)]
pub struct WhereRecordArgs {
    /// Take records that meet EXPR, such as 'level = error && service = shipping'
    #[arg(long = "where", value_name = "EXPR", help_heading = "Selection", long_help = of_records())]
    pub condition: Option<String>,
}

/// What `--help` says of conditions on records.
fn of_records() -> String {
    let mut text = String::from(
        "Take records that meet EXPR\n\n\
         \u{a0} level = error && service = shipping\n\
         \u{a0} message ~ 'timed out' && not trace_id\n\
         \u{a0} ids.order_id in (ORD-1234, ORD-1235)\n\n\
         Operators: = != < <= > >=, ~ and !~ for regular expressions, in (a, b), && (and), || (or), ! (not), parentheses; a \
         field alone asks whether there is one. What a record lacks meets no comparison. Quote texts that hold blanks or \
         operators.\n\nFields:\n",
    );
    fields(RECORD_FIELDS, &mut text);
    let ids = "an id or key of the record, by any spelling of its name";
    let _ = write!(text, "\n\u{a0} {:width$}  {ids}", "ids.NAME", width = width(RECORD_FIELDS));
    text
}

fn width(fields: &[Known]) -> usize {
    fields.iter().map(|known| known.name.len()).max().unwrap_or(0)
}

fn fields(fields: &[Known], text: &mut String) {
    let width = width(fields);
    for known in fields {
        let values = match known.of {
            Of::Choice(words) if words.len() < 9 => format!(": {}", words.join(", ")),
            Of::Choice(words) => format!(": {}, …", words[..3].join(", ")),
            _ => String::new(),
        };
        // writing to a String does not fail
        let _ = write!(text, "\n\u{a0} {:width$}  {}{values}", known.name, known.about);
    }
}

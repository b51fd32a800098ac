//! Conditions on transactions, as `--where` and the rules of `check` have them.
//!
//! A condition is about spans: a transaction meets it if one of its spans does. `{ … }` makes a set of spans of its own, which
//! other sets can be put in relation to: `{a} > {b}` (a has a child b), `{a} >> {b}` (a descendant), and within a condition
//! `> {b}`, `>> {b}`, `< {b}`, `<< {b}` (this span has such a child, descendant, parent, ancestor).

mod eval;
mod fields;
mod parse;
mod read;
mod record;

pub use eval::{Context, View};
pub use fields::{FIELDS, Known, Of, RECORD_FIELDS, Table};
pub use parse::Mistake;
pub use read::{duration, share};
pub use record::Facts;

use regex::Regex;

use crate::model::Symbol;
use fields::Field;

/// A condition that was read.
#[derive(Clone, Debug)]
pub struct Query {
    expr: Expr,
}

impl Query {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Query, Mistake> {
        parse::parse(text, Table::Spans).map(|expr| Query { expr })
    }

    /// Reads a condition on records.
    pub fn of_records(text: &str) -> Result<Query, Mistake> {
        parse::parse(text, Table::Records).map(|expr| Query { expr })
    }

    /// Whether a record meets a condition on records.
    pub fn holds(&self, record: &Facts) -> bool {
        record::holds(&self.expr, record)
    }

    /// Whether a transaction meets it.
    pub fn meets(&self, view: &View<'_>) -> bool {
        eval::spans(&self.expr, view).contains(&true)
    }

    /// The first span that meets it, by its index in the trace.
    pub fn first(&self, view: &View<'_>) -> Option<usize> {
        let met = eval::spans(&self.expr, view);
        met.iter().position(|met| *met).filter(|_| !view.trace.spans.is_empty())
    }
}

/// An expression: what it says of each span.
#[derive(Clone, Debug)]
enum Expr {
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    /// Some span meets it; says the same of every span.
    Some(Box<Expr>),
    /// The span stands in this relation to one that meets it.
    Related(Relation, Box<Expr>),
    Test(Test),
}

/// How spans stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Relation {
    Child,
    Descendant,
    Parent,
    Ancestor,
}

/// One comparison.
#[derive(Clone, Debug)]
enum Test {
    /// Every span.
    True,
    /// The field is set, or holds.
    Has(Field),
    /// The span's service or name.
    Named(String),
    /// One of these texts; none of them, if `not`.
    Is { field: Field, texts: Vec<String>, not: bool },
    /// Matched by a regular expression; or by no means.
    Matches { field: Field, pattern: Regex, not: bool },
    /// Compared with a number: nanoseconds for durations.
    Number { field: Field, order: Order, number: f64 },
    /// Holds one of these values of a key; or does not.
    Key { name: Symbol, values: Vec<Symbol>, not: bool },
}

/// Orders of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[cfg(test)]
mod tests;

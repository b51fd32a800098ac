//! The grammar of conditions.
//!
//! ```text
//! any      = all (("||" | "or") all)*
//! all      = not (("&&" | "and") not)*
//! not      = ("!" | "not")* one
//! one      = "(" any ")" | relation set | set (relation set)* | field [operator value]
//! set      = "{" [any] "}" | text in quotes | word, before or behind a relation
//! relation = ">>" | ">" | "<<" | "<"
//! operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~" | ["not"] "in"
//! ```

use super::fields::{Field, Known, Of, Table};
use super::read::{Compare, Piece, compare, duration, keyword, quoted, share, sign, space, value, word};
use super::{Expr, Order, Relation, Test};
use crate::model::Symbol;
use regex::RegexBuilder;
use winnow::combinator::{alt, not, opt, peek};
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful};

/// A longer condition is not read.
const MAX_LENGTH: usize = 16 << 10;
/// Brackets within brackets.
const MAX_DEPTH: usize = 50;
/// Bytes that a compiled regular expression may have.
const MAX_PATTERN: usize = 1 << 20;

pub(super) type Input<'i> = Stateful<LocatingSlice<&'i str>, Table>;
pub(super) type Parsed<T> = ModalResult<T, Mistake>;

/// What is wrong with a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The first byte.
    pub at: usize,
    /// How many bytes.
    pub len: usize,
    /// What is wrong.
    pub what: String,
    /// What may help.
    pub hint: Option<String>,
}

impl Mistake {
    fn hint(self, hint: impl Into<String>) -> Mistake {
        Mistake { hint: Some(hint.into()), ..self }
    }

    /// The condition with a mark under the place, in two lines.
    pub fn pointer(&self, text: &str) -> String {
        let one_line = |text: &str| text.replace(|c: char| c.is_whitespace(), " ");
        let end = (self.at + self.len).min(text.len());
        let columns = |part: &str| unicode_width::UnicodeWidthStr::width(one_line(part).as_str());
        let before = " ".repeat(columns(text.get(..self.at).unwrap_or(text)));
        let marks = "^".repeat(columns(text.get(self.at..end).unwrap_or_default()).max(1));
        format!("  {}\n  {before}{marks}", one_line(text))
    }
}

impl<'i> ParserError<Input<'i>> for Mistake {
    type Inner = Mistake;

    fn from_input(input: &Input<'i>) -> Mistake {
        let at = input.current_token_start();
        let len = input.chars().next().map_or(0, char::len_utf8);
        Mistake { at, len, what: String::new(), hint: None }
    }

    fn into_inner(self) -> Result<Mistake, Mistake> {
        Ok(self)
    }
}

/// Reads a condition that asks for the fields of a table.
pub(super) fn parse(text: &str, table: Table) -> Result<Expr, Mistake> {
    let mistake = |at: usize, what: &str| Mistake { at, len: 1, what: what.to_owned(), hint: None };
    if text.len() > MAX_LENGTH {
        return Err(mistake(0, "the condition is too long"));
    }
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        depth = match c {
            '(' | '{' => depth + 1,
            ')' | '}' => depth.saturating_sub(1),
            _ => depth,
        };
        if depth > MAX_DEPTH {
            return Err(mistake(at, "too many brackets within brackets"));
        }
    }
    let mut input = Input { input: LocatingSlice::new(text), state: table };
    let whole = |input: &mut Input<'_>| {
        let expr = any(input)?;
        space(input)?;
        if input.is_empty() { Ok(expr) } else { expected(input, "&&, || or the end") }
    };
    whole(&mut input).map_err(|error| match error {
        ErrMode::Backtrack(mistake) | ErrMode::Cut(mistake) => mistake,
        ErrMode::Incomplete(_) => mistake(text.len(), "the condition ends too early"),
    })
}

/// Fails for good, and says what should stand where the input is.
fn expected<T>(input: &mut Input<'_>, what: &str) -> Parsed<T> {
    space(input)?;
    let at = input.current_token_start();
    let found = match peek(opt(alt((quoted, word)))).parse_next(input)? {
        Some(piece) => (piece.len, format!("'{}'", piece.text)),
        None => match input.chars().next() {
            Some(c) => (c.len_utf8(), format!("'{c}'")),
            None => (0, "the end".to_owned()),
        },
    };
    let what = format!("expected {what}, found {}", found.1);
    Err(ErrMode::Cut(Mistake { at, len: found.0, what, hint: None }))
}

fn any(input: &mut Input<'_>) -> Parsed<Expr> {
    let mut list = vec![all(input)?];
    while opt(alt((sign("||"), keyword("or")))).parse_next(input)?.is_some() {
        list.push(all(input)?);
    }
    Ok(if list.len() == 1 { list.remove(0) } else { Expr::Any(list) })
}

fn all(input: &mut Input<'_>) -> Parsed<Expr> {
    let mut list = vec![negated(input)?];
    while opt(alt((sign("&&"), keyword("and")))).parse_next(input)?.is_some() {
        list.push(negated(input)?);
    }
    Ok(if list.len() == 1 { list.remove(0) } else { Expr::All(list) })
}

fn negated(input: &mut Input<'_>) -> Parsed<Expr> {
    let mut not = false;
    while opt(alt((sign("!"), keyword("not")))).parse_next(input)?.is_some() {
        not = !not;
    }
    let expr = one(input)?;
    Ok(if not { Expr::Not(Box::new(expr)) } else { expr })
}

fn one(input: &mut Input<'_>) -> Parsed<Expr> {
    if opt(sign("(")).parse_next(input)?.is_some() {
        let expr = any(input)?;
        return close(input, ")").map(|()| expr);
    }
    if input.state == Table::Records {
        alone(input)?;
    }
    if let Some(relation) = opt(relation).parse_next(input)? {
        let to = set(input)?;
        return Ok(Expr::Related(relation, Box::new(to)));
    }
    if peek(opt(alt((sign("{"), quoted.void())))).parse_next(input)?.is_some() {
        let first = set(input)?;
        return chain(input, first);
    }
    let Some(name) = opt(word).parse_next(input)? else {
        return expected(input, "a field, { or (");
    };
    let Some(known) = input.state.lookup(&name.text) else {
        // what is compared with a number is meant to be a field
        let related = peek(opt((relation, opt(word)))).parse_next(input)?;
        if input.state == Table::Spans
            && related
                .is_some_and(|(_, to)| to.is_none_or(|to| !to.text.starts_with(|c: char| c.is_ascii_digit())))
        {
            return chain(input, Expr::Test(Test::Named(name.text)));
        }
        let mistake = name.mistake(format!("unknown field '{}'", name.text));
        let hint = match input.state.similar(&name.text) {
            Some(similar) => format!("did you mean '{similar}'?"),
            None => "--help lists the fields; keys of your own are key.NAME".to_owned(),
        };
        return Err(ErrMode::Cut(mistake.hint(hint)));
    };
    field(input, &name, known)
}

/// Fails where a condition on records asks for spans.
fn alone(input: &mut Input<'_>) -> Parsed<()> {
    space(input)?;
    let at = input.current_token_start();
    if peek(opt(alt((sign("{"), relation.void(), quoted.void())))).parse_next(input)?.is_none() {
        return Ok(());
    }
    let what = "records stand in no relation to each other: a field is expected here".to_owned();
    Err(ErrMode::Cut(Mistake {
        at,
        len: 1,
        what,
        hint: Some("--help lists the fields of records".to_owned()),
    }))
}

fn close(input: &mut Input<'_>, bracket: &'static str) -> Parsed<()> {
    if opt(sign(bracket)).parse_next(input)?.is_some() {
        return Ok(());
    }
    expected(input, &format!("{bracket}, && or ||"))
}

fn relation(input: &mut Input<'_>) -> Parsed<Relation> {
    space(input)?;
    alt((
        ">>".value(Relation::Descendant),
        "<<".value(Relation::Ancestor),
        (">", not("=")).value(Relation::Child),
        ("<", not("=")).value(Relation::Parent),
    ))
    .parse_next(input)
}

/// A set of spans.
fn set(input: &mut Input<'_>) -> Parsed<Expr> {
    if opt(sign("{")).parse_next(input)?.is_some() {
        if opt(sign("}")).parse_next(input)?.is_some() {
            return Ok(Expr::Test(Test::True));
        }
        let expr = any(input)?;
        return close(input, "}").map(|()| expr);
    }
    if let Some(name) = opt(value).parse_next(input)? {
        if !name.quoted && input.state.lookup(&name.text).is_some() {
            let mistake = name.mistake(format!("'{}' is a field, not a set of spans", name.text));
            return Err(ErrMode::Cut(
                mistake.hint("put braces around a condition: {duration > 2s} >> {error}"),
            ));
        }
        return Ok(Expr::Test(Test::Named(name.text)));
    }
    expected(input, "spans: { … } or a service's name")
}

/// `{a} > {b} >> {c}`: an a with a child b that has a descendant c.
fn chain(input: &mut Input<'_>, first: Expr) -> Parsed<Expr> {
    let mut links = vec![(None, first)];
    while let Some(relation) = opt(relation).parse_next(input)? {
        links.push((Some(relation), set(input)?));
    }
    let mut below: Option<(Relation, Expr)> = None;
    for (relation, set) in links.into_iter().rev() {
        let set = match below {
            Some((relation, expr)) => Expr::All(vec![set, Expr::Related(relation, Box::new(expr))]),
            None => set,
        };
        match relation {
            Some(relation) => below = Some((relation, set)),
            None => return Ok(Expr::Some(Box::new(set))),
        }
    }
    expected(input, "spans")
}

/// A field, and what it is compared with.
fn field(input: &mut Input<'_>, name: &Piece, known: Known) -> Parsed<Expr> {
    let Some(how) = opt(compare).parse_next(input)? else {
        return match known.of {
            Of::Flag | Of::Text => Ok(Expr::Test(Test::Has(known.field))),
            _ => expected(input, &format!("an operator such as = behind '{}'", name.text)),
        };
    };
    let values = values(input, how, known)?;
    let not = matches!(how, Compare::MatchesNot | Compare::NotIn | Compare::Order(Order::Unequal));
    let test = match (known.of, known.field, how) {
        (
            _,
            Field::Key(key),
            Compare::In | Compare::NotIn | Compare::Order(Order::Equal | Order::Unequal),
        ) => {
            let values = values.iter().map(|value| Symbol::of(value.text.as_bytes())).collect();
            Test::Key { name: key, values, not }
        }
        (Of::Text, field, Compare::Matches | Compare::MatchesNot) if !matches!(field, Field::Key(_)) => {
            Test::Matches { field, pattern: pattern(&values[0])?, not }
        }
        (
            Of::Text | Of::Choice(_),
            field,
            Compare::In | Compare::NotIn | Compare::Order(Order::Equal | Order::Unequal),
        ) => {
            let texts = values.iter().map(|value| chosen(value, known)).collect::<Parsed<_>>()?;
            Test::Is { field, texts, not }
        }
        (Of::Flag, field, Compare::Order(Order::Equal | Order::Unequal)) => {
            let set = match values[0].text.as_str() {
                "true" => true,
                "false" => false,
                _ => return Err(ErrMode::Cut(values[0].mistake("expected true or false"))),
            };
            let test = Expr::Test(Test::Has(field));
            return Ok(if set != not { test } else { Expr::Not(Box::new(test)) });
        }
        (Of::Duration | Of::Count | Of::Share, field, Compare::Order(order)) => {
            Test::Number { field, order, number: number(&values[0], known.of)? }
        }
        _ => {
            let mut mistake = name.mistake(format!("'{}' cannot be compared like this", name.text));
            mistake.len = values[0].at - name.at;
            let hint = match known.of {
                Of::Text if matches!(known.field, Field::Key(_)) => "keys are compared by =, != and in",
                Of::Text => "texts are compared by =, !=, ~, !~ and in",
                Of::Choice(_) => "words are compared by =, != and in",
                Of::Flag => "flags are compared by = and !=, or stand alone",
                _ => "numbers are compared by =, !=, <, <=, > and >=",
            };
            return Err(ErrMode::Cut(mistake.hint(hint)));
        }
    };
    Ok(Expr::Test(test))
}

/// What stands behind an operator: a value, or a list of them.
fn values(input: &mut Input<'_>, how: Compare, known: Known) -> Parsed<Vec<Piece>> {
    let wanted = match known.of {
        Of::Duration => "a duration such as 2s or 150ms",
        Of::Count => "a whole number",
        Of::Share => "a number from 0 to 1",
        Of::Flag => "true or false",
        Of::Text | Of::Choice(_) => "a text",
    };
    let one = |input: &mut Input<'_>| match opt(value).parse_next(input)? {
        Some(value) => Ok(value),
        None => expected(input, wanted),
    };
    if !matches!(how, Compare::In | Compare::NotIn) {
        return Ok(vec![one(input)?]);
    }
    if opt(sign("(")).parse_next(input)?.is_none() {
        return expected(input, "a list such as (a, b)");
    }
    let mut list = vec![one(input)?];
    while opt(sign(",")).parse_next(input)?.is_some() {
        list.push(one(input)?);
    }
    if opt(sign(")")).parse_next(input)?.is_none() {
        return expected(input, ", or )");
    }
    Ok(list)
}

fn pattern(value: &Piece) -> Parsed<regex::Regex> {
    RegexBuilder::new(&value.text).size_limit(MAX_PATTERN).build().map_err(|error| {
        let cause = match error {
            regex::Error::Syntax(text) => {
                let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                format!("cannot read the regular expression: {last}")
            }
            _ => "the regular expression is too large".to_owned(),
        };
        ErrMode::Cut(value.mistake(cause))
    })
}

/// A text, or one of the words of a choice.
fn chosen(value: &Piece, known: Known) -> Parsed<String> {
    let Of::Choice(words) = known.of else { return Ok(value.text.clone()) };
    match words.iter().find(|word| word.eq_ignore_ascii_case(&value.text)) {
        Some(word) => Ok((*word).to_owned()),
        None => {
            let mistake =
                value.mistake(format!("'{}' is none of the values of '{}'", value.text, known.name));
            Err(ErrMode::Cut(mistake.hint(format!("they are {}", words.join(", ")))))
        }
    }
}

fn number(value: &Piece, of: Of) -> Parsed<f64> {
    let (number, wanted) = match of {
        Of::Duration => (duration(&value.text), "a duration such as 2s or 150ms"),
        Of::Share => (share(&value.text), "a number from 0 to 1"),
        _ => (value.text.parse::<u64>().ok().map(|number| number as f64), "a whole number"),
    };
    number.ok_or_else(|| ErrMode::Cut(value.mistake(format!("expected {wanted}, found '{}'", value.text))))
}

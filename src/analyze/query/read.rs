//! Words, texts, operators and values of conditions.

use super::Order;
use super::parse::{Input, Mistake, Parsed};
use winnow::combinator::{alt, opt, preceded};
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::Location;
use winnow::token::{one_of, take_while};

/// A part of the text with its place.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) quoted: bool,
}

impl Piece {
    /// What is wrong with it.
    pub(super) fn mistake(&self, what: impl Into<String>) -> Mistake {
        Mistake { at: self.at, len: self.len, what: what.into(), hint: None }
    }
}

pub(super) fn space(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

/// A sign, with blanks before it.
pub(super) fn sign<'i>(sign: &'static str) -> impl Parser<Input<'i>, (), ErrMode<Mistake>> {
    preceded(space, sign).void()
}

/// Characters of words without quotes.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || "_-./:*@$%#+".contains(c)
}

/// A word without quotes, with blanks before it.
pub(super) fn word(input: &mut Input<'_>) -> Parsed<Piece> {
    space.parse_next(input)?;
    let (text, range) = take_while(1.., in_word).with_span().parse_next(input)?;
    Ok(Piece { text: text.to_owned(), at: range.start, len: range.len(), quoted: false })
}

/// One of the words that are operators.
pub(super) fn keyword<'i>(wanted: &'static str) -> impl Parser<Input<'i>, (), ErrMode<Mistake>> {
    word.verify(move |word: &Piece| word.text.eq_ignore_ascii_case(wanted)).void()
}

/// A text in quotes, with blanks before it; a backslash takes the next character as it is.
pub(super) fn quoted(input: &mut Input<'_>) -> Parsed<Piece> {
    space.parse_next(input)?;
    let start = input.current_token_start();
    let quote = one_of(['"', '\'']).parse_next(input)?;
    let mut text = String::new();
    loop {
        let plain = take_while(0.., |c: char| c != quote && c != '\\').parse_next(input)?;
        text.push_str(plain);
        if opt(quote).parse_next(input)?.is_some() {
            let len = input.current_token_start() - start;
            return Ok(Piece { text, at: start, len, quoted: true });
        }
        if opt('\\').parse_next(input)?.is_some() {
            // of a regular expression everything but the quote keeps its backslash
            match opt(winnow::token::any).parse_next(input)? {
                Some(c) if c == quote => text.push(c),
                Some(c) => text.extend(['\\', c]),
                None => {}
            }
            continue;
        }
        let mistake =
            Mistake { at: start, len: 1, what: "this quote is never closed".to_owned(), hint: None };
        return Err(ErrMode::Cut(mistake));
    }
}

/// A value: a word or a text in quotes.
pub(super) fn value(input: &mut Input<'_>) -> Parsed<Piece> {
    alt((quoted, word)).parse_next(input)
}

/// How a field is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compare {
    Order(Order),
    Matches,
    MatchesNot,
    In,
    NotIn,
}

/// An operator behind a field, with blanks before it; nothing of the relations `>>` and `<<`.
pub(super) fn compare(input: &mut Input<'_>) -> Parsed<Compare> {
    space.parse_next(input)?;
    let patterns =
        alt(("!~".value(Compare::MatchesNot), "=~".value(Compare::Matches), "~".value(Compare::Matches)));
    let orders = alt((
        "!=".value(Compare::Order(Order::Unequal)),
        "==".value(Compare::Order(Order::Equal)),
        "=".value(Compare::Order(Order::Equal)),
        ">=".value(Compare::Order(Order::AtLeast)),
        "<=".value(Compare::Order(Order::AtMost)),
        (">", winnow::combinator::not(">")).value(Compare::Order(Order::More)),
        ("<", winnow::combinator::not("<")).value(Compare::Order(Order::Less)),
    ));
    alt((
        patterns,
        orders,
        keyword("in").value(Compare::In),
        (keyword("not"), keyword("in")).value(Compare::NotIn),
    ))
    .parse_next(input)
}

/// `2s`, `1m30s`, `1.5ms`, `250us`, `0` in nanoseconds.
pub fn duration(text: &str) -> Option<f64> {
    if text == "0" {
        return Some(0.0);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let letters = rest[digits..]
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .map_or(rest.len(), |length| digits + length);
        total += number * unit(&rest[digits..letters])?;
        rest = &rest[letters..];
    }
    (!text.is_empty()).then_some(total)
}

fn unit(name: &str) -> Option<f64> {
    Some(match name {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" | "sec" => 1e9,
        "m" | "min" => 60e9,
        "h" => 3_600e9,
        "d" => 86_400e9,
        _ => return None,
    })
}

/// `0.9` or `90%`.
pub fn share(text: &str) -> Option<f64> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    (0.0..=1.0).contains(&number).then_some(number)
}

//! What a condition says of one record.

use super::fields::{Field, key_name};
use super::{Expr, Order, Test};
use crate::model::Symbol;

/// What is known of a record: its members by name, as texts, and its ids.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Members by their names in `extract`.
    pub members: Vec<(String, String)>,
    /// Ids by their names as written.
    pub ids: Vec<(String, String)>,
}

impl Facts {
    fn text(&self, field: Field) -> Option<&str> {
        let Field::Part(name) = field else { return None };
        self.members.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    fn values(&self, key: Symbol) -> impl Iterator<Item = &str> {
        let ids = self.ids.iter().filter(move |(name, _)| key_name(name) == key);
        ids.map(|(_, value)| value.as_str())
    }

    fn failed(&self) -> bool {
        self.text(Field::Part("level")).is_some_and(|level| matches!(level, "ERROR" | "FATAL"))
    }
}

/// Whether a record meets an expression.
pub(super) fn holds(expr: &Expr, record: &Facts) -> bool {
    match expr {
        Expr::Not(inner) => !holds(inner, record),
        Expr::All(list) => list.iter().all(|expr| holds(expr, record)),
        Expr::Any(list) => list.iter().any(|expr| holds(expr, record)),
        Expr::Some(inner) => holds(inner, record),
        Expr::Related(..) => false,
        Expr::Test(test) => meets(test, record),
    }
}

fn meets(test: &Test, record: &Facts) -> bool {
    match test {
        Test::True => true,
        Test::Named(_) => false,
        Test::Has(Field::Failed) => record.failed(),
        Test::Has(Field::Key(name)) => record.values(*name).next().is_some(),
        Test::Has(field) => record.text(*field).is_some(),
        Test::Is { field, texts, not } => {
            // levels are asked for in small letters and shown in capital ones
            let level = *field == Field::Part("level");
            let equal = |found: &str, wanted: &String| match level {
                true => found.eq_ignore_ascii_case(wanted),
                false => found == wanted,
            };
            record.text(*field).is_some_and(|found| texts.iter().any(|wanted| equal(found, wanted)) != *not)
        }
        Test::Matches { field, pattern, not } => {
            record.text(*field).is_some_and(|found| pattern.is_match(found) != *not)
        }
        Test::Number { field, order, number } => record
            .text(*field)
            .and_then(|found| found.parse::<f64>().ok())
            .is_some_and(|found| Order::holds(*order, found, *number)),
        Test::Key { name, values, not } => {
            let mut found = record.values(*name).peekable();
            found.peek().is_some()
                && found.any(|value| values.contains(&Symbol::of(value.as_bytes()))) != *not
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Query;
    use super::*;

    fn record() -> Facts {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let members = [
            ("file", "a.log"),
            ("line", "12"),
            ("service", "orders"),
            ("level", "ERROR"),
            ("message", "no luck"),
        ];
        Facts { members: members.map(pair).to_vec(), ids: vec![pair(("orderId", "A-1"))] }
    }

    #[test]
    fn records_are_asked_for_what_extract_prints() {
        let cases = [
            ("service = orders", true),
            ("service != orders", false),
            ("level in (warn, error) && line >= 12", true),
            ("error and not trace_id", true),
            ("message ~ '^no'", true),
            ("message !~ luck", false),
            ("ids.order_id = A-1", true),
            ("key.orderid != A-1", false),
            ("ids.booking", false),
            ("trace_id != abc", false),
            ("(line < 5 || line > 20)", false),
        ];
        for (text, expected) in cases {
            assert_eq!(Query::of_records(text).expect(text).holds(&record()), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        let cases = [
            ("servce = a", "unknown field 'servce'", Some("did you mean 'service'?")),
            ("duration > 2s", "unknown field 'duration'", None),
            ("{error}", "records stand in no relation to each other: a field is expected here", None),
            ("level = loud", "'loud' is none of the values of 'level'", None),
        ];
        for (text, what, hint) in cases {
            let mistake = Query::of_records(text).expect_err(text);
            assert_eq!(mistake.what, what, "{text}");
            assert!(hint.is_none() || mistake.hint.as_deref() == hint, "{text}: {:?}", mistake.hint);
        }
    }
}

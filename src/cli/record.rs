//! A line of `extract`, as conditions ask for it.

use crate::analyze::query::Facts;
use serde_json::Value;

/// The members and ids of a record's line.
pub fn facts(line: &[u8]) -> Facts {
    let mut facts = Facts::default();
    let Ok(Value::Object(members)) = serde_json::from_slice(line) else { return facts };
    for (name, value) in members {
        match value {
            Value::String(text) => facts.members.push((name, text)),
            Value::Number(number) => facts.members.push((name, number.to_string())),
            Value::Object(ids) => {
                let text = |value: Value| match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                facts.ids.extend(ids.into_iter().map(|(name, value)| (name, text(value))));
            }
            _ => {}
        }
    }
    facts
}

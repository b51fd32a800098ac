//! The rules of `check` in `spanloom.toml`.

use crate::analyze::check::rules::{Ceiling, EdgeRule, Rule, Rules, Tolerance};
use crate::analyze::query::{duration, share};
use crate::cli::options::condition;
use crate::model::FindingKind;
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[check]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckEntry {
    min_placed: Option<Share>,
    min_transactions: Option<u64>,
    max_failed: Option<Share>,
    max_context_lost: Option<Share>,
    #[serde(default)]
    findings: BTreeMap<String, u64>,
    #[serde(default)]
    rule: Vec<RuleEntry>,
    #[serde(default)]
    edge: Vec<EdgeEntry>,
    baseline: Option<BaselineEntry>,
}

/// `[check.baseline]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineEntry {
    slower: Option<f64>,
    #[serde(default)]
    strict: bool,
}

/// `[[check.rule]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    name: String,
    when: Option<String>,
    require: Option<String>,
    forbid: Option<String>,
    may_break: Option<Share>,
    min_transactions: Option<u64>,
    p50: Option<String>,
    p90: Option<String>,
    p95: Option<String>,
    p99: Option<String>,
    max: Option<String>,
}

/// `[[check.edge]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeEntry {
    from: String,
    to: String,
    #[serde(default)]
    forbidden: bool,
    max_failed: Option<Share>,
    max_context_lost: Option<Share>,
    p50: Option<String>,
    p99: Option<String>,
    wait_p50: Option<String>,
    wait_p99: Option<String>,
}

/// `0.01` or `"1%"`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Share {
    Number(f64),
    Text(String),
}

impl Share {
    fn value(&self, name: &str) -> Result<f64> {
        let text = match self {
            Share::Number(number) => number.to_string(),
            Share::Text(text) => text.clone(),
        };
        share(&text).ok_or_else(|| anyhow!("{name}: expected a share such as \"1%\" or 0.01, found '{text}'"))
    }
}

fn shared(name: &str, share: &Option<Share>) -> Result<Option<f64>> {
    share.as_ref().map(|share| share.value(name)).transpose()
}

fn ceilings(entries: &[(&str, f64, &Option<String>)]) -> Result<Vec<Ceiling>> {
    let mut ceilings = Vec::new();
    for (name, share, text) in entries {
        let Some(text) = text else { continue };
        let Some(most) = duration(text) else {
            bail!("{name}: expected a duration such as \"2s\" or \"150ms\", found '{text}'");
        };
        ceilings.push(Ceiling { name: (*name).to_owned(), share: *share, most: most as u64 });
    }
    Ok(ceilings)
}

impl CheckEntry {
    /// The rules, judged.
    pub(super) fn rules(&self) -> Result<Rules> {
        let kind = |name: &str| {
            FindingKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
                let names: Vec<&str> = FindingKind::ALL.iter().map(|kind| kind.name()).collect();
                anyhow!("check.findings: no kind is called '{name}'; kinds are {}", names.join(", "))
            })
        };
        let mut rules = Rules {
            min_placed: shared("check.min_placed", &self.min_placed)?,
            min_transactions: self.min_transactions.unwrap_or(1),
            max_failed: shared("check.max_failed", &self.max_failed)?,
            max_context_lost: shared("check.max_context_lost", &self.max_context_lost)?,
            ..Rules::default()
        };
        for (name, most) in &self.findings {
            rules.max_findings.push((kind(name)?, *most));
        }
        for entry in &self.rule {
            let rule = entry.rule().with_context(|| format!("check.rule '{}'", entry.name))?;
            rules.rules.push(rule);
        }
        for entry in &self.edge {
            let edge =
                entry.rule().with_context(|| format!("check.edge '{} -> {}'", entry.from, entry.to))?;
            rules.edges.push(edge);
        }
        if let Some(entry) = &self.baseline {
            let slower = entry.slower.unwrap_or(Tolerance::default().slower);
            if !(1.0..=1e6).contains(&slower) {
                bail!("check.baseline.slower: expected a number of at least 1, found {slower}");
            }
            rules.tolerance = Tolerance { slower, strict: entry.strict };
        }
        Ok(rules)
    }
}

impl RuleEntry {
    fn rule(&self) -> Result<Rule> {
        let query = |place: &str, text: &Option<String>| {
            text.as_deref().map(|text| condition(place, text)).transpose()
        };
        let rule = Rule {
            name: self.name.clone(),
            when: query("when", &self.when)?,
            require: query("require", &self.require)?,
            forbid: query("forbid", &self.forbid)?,
            may_break: shared("may_break", &self.may_break)?.unwrap_or(0.0),
            ceilings: ceilings(&[
                ("p50", 0.5, &self.p50),
                ("p90", 0.9, &self.p90),
                ("p95", 0.95, &self.p95),
                ("p99", 0.99, &self.p99),
                ("max", 1.0, &self.max),
            ])?,
            min_transactions: self.min_transactions.unwrap_or(1),
        };
        if rule.require.is_none() && rule.forbid.is_none() && rule.ceilings.is_empty() {
            bail!("has none of require, forbid, p50, p90, p95, p99 and max");
        }
        Ok(rule)
    }
}

impl EdgeEntry {
    fn rule(&self) -> Result<EdgeRule> {
        Ok(EdgeRule {
            from: self.from.clone(),
            to: self.to.clone(),
            forbidden: self.forbidden,
            max_failed: shared("max_failed", &self.max_failed)?,
            max_context_lost: shared("max_context_lost", &self.max_context_lost)?,
            ceilings: ceilings(&[("p50", 0.5, &self.p50), ("p99", 0.99, &self.p99)])?,
            queue_ceilings: ceilings(&[("p50", 0.5, &self.wait_p50), ("p99", 0.99, &self.wait_p99)])?,
        })
    }
}

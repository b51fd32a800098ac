//! Transactions and the business values that they carry.

use std::rc::Rc;

use super::{MS, Planned, Run};
use crate::draw::Draw;
use crate::plan::Origin;
use crate::values;

/// One transaction.
pub(crate) struct Transaction {
    pub(crate) flow: usize,
    pub(crate) kind: &'static str,
    pub(crate) key: String,
    pub(crate) subs: Vec<String>,
    pub(crate) request: String,
    pub(crate) correlation: String,
    pub(crate) actor: String,
    pub(crate) tenant: String,
    pub(crate) amount: String,
    pub(crate) units: Vec<String>,
    pub(crate) root: Option<usize>,
    pub(crate) started: i64,
    pub(crate) declined: bool,
    pub(crate) failed: bool,
    pub(crate) planned: Option<Planned>,
    pub(super) draw: Draw,
}

/// Units of a transaction.
const UNITS: usize = 5;

impl Run {
    /// Makes a transaction with its business values.
    pub(super) fn transaction(&mut self, flow: usize, at: i64) -> usize {
        let system = Rc::clone(&self.system);
        let number = self.transactions.len();
        let mut draw = self.draw.fork("transaction");
        let prefix = &system.domain.actor.prefix;
        let mut units: Vec<String> = Vec::new();
        while units.len() < UNITS {
            let unit = match &system.unit_shape {
                Some(shape) => shape.value(&mut draw, number * UNITS + units.len(), at),
                None => format!("{}{}", system.domain.unit.prefix, 100 + draw.rank(180) * 5),
            };
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        let key = system.key_shape.value(&mut draw, number, at);
        let subs = system.sub_shapes.iter().map(|shape| shape.value(&mut draw, number, at)).collect();
        let kind = if system.flows[flow].origin == Origin::Clock { "scheduled" } else { "request" };
        let mut made = Transaction {
            flow,
            kind,
            key,
            subs,
            request: values::request_id(&mut draw, system.seed),
            correlation: values::uuid(&mut draw),
            actor: values::actor(prefix, draw.rank(300)),
            tenant: draw.pick(&system.domain.tenant.1).clone(),
            amount: values::amount(&mut draw),
            units,
            root: None,
            started: at,
            declined: false,
            failed: false,
            planned: None,
            draw,
        };
        if system.flows[flow].origin == Origin::FollowUp {
            self.follow(&mut made);
        }
        made.planned = self.plan_fault(flow, &mut made.draw);
        self.transactions.push(made);
        number
    }

    /// Takes over the business values of an earlier transaction.
    fn follow(&mut self, made: &mut Transaction) {
        let rest = 20_000 * MS;
        let earlier: Vec<usize> = (0..self.transactions.len())
            .filter(|at| {
                self.transactions[*at].kind == "request"
                    && self.transactions[*at].started + rest < made.started
            })
            .collect();
        if earlier.is_empty() {
            return;
        }
        let source = &self.transactions[*made.draw.pick(&earlier)];
        made.key.clone_from(&source.key);
        made.actor.clone_from(&source.actor);
        made.tenant.clone_from(&source.tenant);
    }
}

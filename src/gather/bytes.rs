//! Numbers as bytes: small ones are short, and what repeats is written once.

use crate::model::{Symbol, TraceId};
use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Numbers things that repeat, in the order in which they come first.
#[derive(Debug)]
pub struct Seen<T>(FxHashMap<T, u64>);

impl<T> Default for Seen<T> {
    fn default() -> Seen<T> {
        Seen(FxHashMap::default())
    }
}

impl<T: Hash + Eq> Seen<T> {
    /// The number of a thing, and whether it is new.
    pub fn number(&mut self, thing: T) -> (u64, bool) {
        let next = self.0.len() as u64;
        let number = *self.0.entry(thing).or_insert(next);
        (number, number == next)
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Writes numbers.
pub trait Put {
    /// A number of which small ones are common: seven bits a byte.
    fn number(&mut self, number: u64);
    /// A number that may be negative, likewise.
    #[inline]
    fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63) as u64);
    }
    /// A number all of whose bits vary.
    fn bits(&mut self, bits: u64);
    /// A symbol: in full where it comes first.
    fn symbol(&mut self, symbol: Symbol, seen: &mut Seen<Symbol>) {
        let (number, new) = seen.number(symbol);
        self.number(number);
        if new {
            self.bits(symbol.0);
        }
    }
    /// A trace id in full.
    fn trace_id(&mut self, id: TraceId) {
        self.bits(id.bits() as u64);
        self.bits((id.bits() >> 64) as u64);
    }
}

impl Put for Vec<u8> {
    #[inline]
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.push(number as u8);
    }

    #[inline]
    fn bits(&mut self, bits: u64) {
        self.extend_from_slice(&bits.to_le_bytes());
    }
}

/// Reads what [`Put`] wrote; `None` where there is nothing more.
#[derive(Debug)]
pub struct Get<'b>(pub &'b [u8]);

impl<'b> Get<'b> {
    /// Whether all was read.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    /// A number of which small ones are common.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
            if shift > 63 {
                return None;
            }
        }
    }

    /// A number that may be negative.
    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number all of whose bits vary.
    #[inline]
    pub fn bits(&mut self) -> Option<u64> {
        let (bits, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bits))
    }

    /// A symbol, of those that came before, to which it is added where it is new.
    pub fn symbol(&mut self, known: &mut Vec<Symbol>) -> Option<Symbol> {
        let number = self.number()? as usize;
        if number == known.len() {
            known.push(Symbol(self.bits()?));
        }
        known.get(number).copied()
    }

    /// A trace id in full.
    pub fn trace_id(&mut self) -> Option<TraceId> {
        let (low, high) = (self.bits()?, self.bits()?);
        TraceId::new(u128::from(high) << 64 | u128::from(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(number in any::<u64>(), signed in any::<i64>(), bits in any::<u64>()) {
            let mut bytes = Vec::new();
            bytes.number(number);
            bytes.signed(signed);
            bytes.bits(bits);
            let mut get = Get(&bytes);
            prop_assert_eq!((get.number(), get.signed(), get.bits()), (Some(number), Some(signed), Some(bits)));
            prop_assert!(get.is_empty() && get.number().is_none());
        }
    }
}

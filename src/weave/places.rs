//! Places of a list in the order of the symbols that stand there.

use crate::model::Symbol;

/// The symbols in order, each with its place; of equal ones the first comes first. Two are compared in one step, as one number
/// with their places.
pub(super) fn in_order(symbols: impl Iterator<Item = Symbol>) -> Vec<(Symbol, u32)> {
    let joined = |(symbol, place): (Symbol, u32)| u128::from(symbol.0) << 32 | u128::from(place);
    let mut order: Vec<u128> = symbols.zip(0..).map(joined).collect();
    order.sort_unstable();
    order.into_iter().map(|joined| (Symbol((joined >> 32) as u64), joined as u32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_come_in_order_and_equal_ones_by_place() {
        let symbols = [u64::MAX, 7, 1 << 40, 7, 0];
        let expected = [(0, 4), (7, 1), (7, 3), (1 << 40, 2), (u64::MAX, 0)];
        assert_eq!(
            in_order(symbols.map(Symbol).into_iter()),
            expected.map(|(value, at)| (Symbol(value), at))
        );
    }
}

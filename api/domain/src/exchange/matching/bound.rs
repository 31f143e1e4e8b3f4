//! The certificate: no plan over the same edges can score more than this.
//!
//! Give each place of a need a price, whatever it is. A plan scores at most what the places are priced at, and for each calendar the most that it
//! can have of scores less prices; every limit of the calendar is kept in this, exactly. That holds for any prices; those of the auction make it
//! tight. (Lagrangian duality: only the needs' places are relaxed.)

use super::bundle::{self, Item};
use super::instance::Instance;

/// The bound at these prices of a place, each at least 0.
pub(super) fn of(instance: &Instance, prices: &[i64]) -> i64 {
    let for_places: i64 = prices.iter().zip(&instance.places).map(|(price, places)| price * i64::from(*places)).sum();
    let mut items = Vec::new();
    let mut had = 0;
    for (calendar, limits) in instance.limits.iter().enumerate() {
        items.clear();
        for &at in instance.of_calendar(calendar) {
            let edge = instance.edges[at as usize];
            let gain = edge.score - prices[edge.need as usize];
            if gain > 0 {
                items.push(Item { at, gain, edge });
            }
        }
        had += bundle::value(&mut items, limits);
    }
    for_places + had
}

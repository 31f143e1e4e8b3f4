//! Places as coordinates, and how exactly they are kept.
//!
//! A point is kept rounded to a *cell* of 0.002° (some 220 m from south to north, 190 m from west to east in the middle of China), whoever asks; the
//! exact one stands in the sealed contact of a listing alone. Distances are measured between cells, so that asking from many places finds no door.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};

/// Side of a cell in millionths of a degree.
pub const CELL: i64 = 2_000;
/// Metres of one degree of latitude.
pub const DEGREE_METRES: i64 = 111_320;

/// A place on the map, in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Point {
    /// North of the equator.
    pub latitude: i64,
    /// East of Greenwich.
    pub longitude: i64,
}

impl Point {
    /// Reads degrees.
    ///
    /// # Errors
    /// `BAD_INPUT` on `field` for what lies on no map.
    pub fn of_degrees(latitude: f64, longitude: f64, field: &'static str) -> Result<Self> {
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return Err(Error::from(Code::BadInput).on(field));
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 180 million")]
        let millionths = |degrees: f64| (degrees * 1e6).round() as i64;
        Ok(Self { latitude: millionths(latitude), longitude: millionths(longitude) })
    }

    /// The point as columns hold it, where there is one.
    #[must_use]
    pub fn of_columns(latitude: Option<i64>, longitude: Option<i64>) -> Option<Self> {
        Some(Self { latitude: latitude?, longitude: longitude? })
    }

    /// Degrees, north and east.
    #[must_use]
    pub fn degrees(self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "at most 180 million")]
        let degrees = |millionths: i64| millionths as f64 / 1e6;
        (degrees(self.latitude), degrees(self.longitude))
    }

    /// The middle of its cell.
    #[must_use]
    pub fn cell(self) -> Self {
        let round = |value: i64| (value + CELL / 2).div_euclid(CELL) * CELL;
        Self { latitude: round(self.latitude), longitude: round(self.longitude) }
    }

    /// Metres of one degree of longitude at this latitude.
    #[must_use]
    pub fn longitude_metres(self) -> i64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most the metres of a degree")]
        let metres = (DEGREE_METRES as f64 * self.degrees().0.to_radians().cos()).round() as i64;
        metres
    }

    /// Squared distance in metres to another point of the same region, in whole numbers: the same arithmetic as [`Point::squared_sql`].
    #[must_use]
    pub fn squared_metres(self, other: Self) -> i64 {
        let north = (other.latitude - self.latitude) * DEGREE_METRES / 1_000_000;
        let east = (other.longitude - self.longitude) * self.longitude_metres() / 1_000_000;
        north * north + east * east
    }

    /// Distance in whole metres.
    #[must_use]
    pub fn metres(self, other: Self) -> i64 {
        self.squared_metres(other).isqrt()
    }

    /// The squared distance from this point to the columns `latitude` and `longitude` of `table`, as both databases work it out alike.
    #[must_use]
    pub fn squared_sql(self, table: &str) -> String {
        let north = format!("(({table}.latitude - {}) * {DEGREE_METRES} / 1000000)", self.latitude);
        let east = format!("(({table}.longitude - {}) * {} / 1000000)", self.longitude, self.longitude_metres());
        format!("({north} * {north} + {east} * {east})")
    }
}

#[cfg(test)]
mod tests {
    use super::Point;

    #[test]
    fn a_cell_hides_the_door_and_keeps_the_neighbourhood() {
        let door = Point::of_degrees(28.112_345, 112.987_654, "point").expect("on the map");
        let cell = door.cell();
        assert_eq!((cell.latitude, cell.longitude), (28_112_000, 112_988_000));
        assert_eq!(cell.cell(), cell);
        assert!(door.metres(cell) < 160);
        assert!(Point::of_degrees(91.0, 0.0, "point").is_err() && Point::of_degrees(f64::NAN, 0.0, "point").is_err());
    }

    #[test]
    fn a_kilometre_is_a_kilometre() {
        let here = Point { latitude: 28_100_000, longitude: 113_000_000 };
        assert_eq!(here.metres(Point { latitude: 28_108_983, ..here }), 999);
        assert!((here.metres(Point { longitude: 113_010_183, ..here }) - 1_000).abs() < 3);
    }
}

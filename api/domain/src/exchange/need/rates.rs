//! The three rates (三率): response (回应率), resolution (办结率), satisfaction (满意率).
//!
//! They are read off the log of the needs filed in a period, whatever became of them later, and not off columns that change. A need that its author took
//! back before anybody replied is left out.

use entity::id::RegionId;
use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use crate::community::region;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};

/// Stars from which a rating counts as satisfied.
const SATISFIED: i32 = 4;
/// Longest period, in microseconds.
const PERIOD_MAX: i64 = 731 * UtcMicros::DAY;

/// Needs filed from a moment on and before another.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// From.
    pub from: UtcMicros,
    /// Before.
    pub to: UtcMicros,
}

/// Figures of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Needs filed.
    pub filed: i64,
    /// Of them replied to.
    pub replied: i64,
    /// Of them resolved.
    pub resolved: i64,
    /// Of them rated.
    pub rated: i64,
    /// Of those rated with four or five stars.
    pub satisfied: i64,
    /// Minutes from filing to the first reply, on average over those replied to; 0 for none.
    pub reply_minutes: i64,
}

impl Rates {
    /// A part of a whole in ten-thousandths; nothing of nothing.
    #[must_use]
    pub fn bps(part: i64, whole: i64) -> Option<i64> {
        (whole > 0).then(|| part * 10_000 / whole)
    }
}

/// The figures of the actor's community, or of a region and everything below.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND` on `regionId`, `BAD_INPUT` for a period that ends before it begins or is longer than two years.
pub async fn rates(connection: &impl ConnectionTrait, actor: &Actor, region_id: Option<RegionId>, period: Period) -> Result<Rates> {
    let place = match region_id {
        Some(id) => region::place_of(&region::get_of(connection, actor.community_id, id, "regionId").await?),
        None => actor.home(),
    };
    actor.require(Action::ReadNeedRates, &place)?;
    if period.to <= period.from || period.to.0.saturating_sub(period.from.0) > PERIOD_MAX {
        return Err(Error::from(Code::BadInput).on("to"));
    }
    let text = "SELECT COUNT(*) AS filed, CAST(COALESCE(SUM(n.replied), 0) AS BIGINT) AS replied, CAST(COALESCE(SUM(n.resolved), 0) AS BIGINT) AS resolved, \
                CAST(COALESCE(SUM(n.rated), 0) AS BIGINT) AS rated, CAST(COALESCE(SUM(n.satisfied), 0) AS BIGINT) AS satisfied, \
                CAST(COALESCE(SUM(n.waited), 0) AS BIGINT) AS waited FROM (\
                SELECT MAX(CASE WHEN s.kind = 'REPLIED' THEN 1 ELSE 0 END) AS replied, MAX(CASE WHEN s.kind = 'RESOLVED' THEN 1 ELSE 0 END) AS resolved, \
                MAX(CASE WHEN s.kind = 'RATED' THEN 1 ELSE 0 END) AS rated, MAX(CASE WHEN s.stars >= $5 THEN 1 ELSE 0 END) AS satisfied, \
                MAX(CASE WHEN s.kind = 'WITHDRAWN' THEN 1 ELSE 0 END) AS withdrawn, \
                (MIN(CASE WHEN s.kind = 'REPLIED' THEN s.happened_at END) - MIN(s.happened_at)) / 60000000 AS waited \
                FROM listing_step f JOIN listing l ON l.id = f.listing_id JOIN region r ON r.id = l.region_id JOIN listing_step s ON s.listing_id = l.id \
                WHERE f.community_id = $1 AND f.kind = 'FILED' AND f.happened_at >= $2 AND f.happened_at < $3 AND l.kind = 'NEED' \
                AND substr(r.path, 1, $6) = $4 GROUP BY l.id) AS n WHERE n.withdrawn = 0 OR n.replied = 1";
    let length = i32::try_from(place.path.chars().count()).unwrap_or(i32::MAX);
    let values = [actor.community_id.into(), period.from.into(), period.to.into(), place.path.into(), SATISFIED.into(), length.into()];
    let row = connection.query_one_raw(sql(connection, text, values)).await?.ok_or_else(|| Error::internal("no figures"))?;
    let waited: i64 = row.try_get("", "waited")?;
    let replied: i64 = row.try_get("", "replied")?;
    Ok(Rates {
        filed: row.try_get("", "filed")?,
        replied,
        resolved: row.try_get("", "resolved")?,
        rated: row.try_get("", "rated")?,
        satisfied: row.try_get("", "satisfied")?,
        reply_minutes: waited.checked_div(replied).unwrap_or(0),
    })
}

//! Reading a board: the top, one's own place and one's neighbours.

use std::sync::Arc;

use chrono::Datelike;
use entity::leaderboard_board::BoardSubject;
use entity::team::TeamColour;
use entity::time::{BusinessDate, UtcMicros};
use uuid::Uuid;

use super::at_hand::{Named, own_region};
use super::order::{Away, Order};
use super::period::{Period, unpack};
use super::place::line_of;
use super::{Board, BoardKey, Metric, Scope, from_sql, identity};
use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::page::SIZE_MAX;
use crate::people::permission::{Actor, Place};

/// Neighbours shown on each side.
pub const AROUND: i64 = 2;
/// Before Redis drops an old period it is no longer asked for it: its clock is not the program's.
const MARGIN: i64 = UtcMicros::DAY;

/// A place on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The place, 1 for the first. No two members share one.
    pub rank: i64,
    /// Who, as readers see them.
    pub member: Arc<Named>,
    /// The total.
    pub value: i64,
    /// Whether it is the reader.
    pub me: bool,
}

/// What a reader sees of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Members from the place asked for.
    pub entries: Vec<Entry>,
    /// The reader, or the reader's home place on a board of places.
    pub me: Option<Entry>,
    /// Up to two members before and after the reader, the reader among them.
    pub neighbours: Vec<Entry>,
    /// Members on the board.
    pub total: i64,
}

/// What to look for on a board.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seek {
    /// Places to skip.
    pub(super) skip: i64,
    /// Places to give.
    pub(super) give: i64,
    /// Whose place to find.
    pub(super) me: Option<Uuid>,
    /// Neighbours on each side.
    pub(super) around: i64,
}

/// What was found, with scores; places count from 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) members: i64,
    pub(super) top: Vec<(Uuid, i64)>,
    pub(super) me: Option<(i64, i64)>,
    pub(super) near_from: i64,
    pub(super) near: Vec<(Uuid, i64)>,
}

/// Reads a board: `first` members after the place `after`, the reader's own place, and the reader's neighbours.
///
/// # Errors
/// `PAGE_SIZE` for a `first` outside 1 to 100, `BAD_INPUT` for a day outside 2020 to 2100, `NOT_FOUND` for a scope that is neither above nor
/// below the reader's community nor within a grant.
pub async fn read(app: &App, actor: &Actor, board: Board, first: i64, after: i64) -> Result<Standing> {
    if !(1..=i64::from(SIZE_MAX)).contains(&first) {
        return Err(Error::from(Code::PageSize).on("first"));
    }
    if after < 0 {
        return Err(Error::from(Code::BadInput).on("afterRank"));
    }
    let date = match board.date {
        None => app.db.now().business_date(),
        Some(date) if (2020..=2100).contains(&date.year()) => BusinessDate::from_naive(date),
        Some(_) => return Err(Error::from(Code::BadInput).on("date")),
    };
    let period = Period::of(board.period, date);
    let (scope_id, colour) = locate(app, actor, board.scope).await?;
    let key = BoardKey { scope_id, colour, subject: board.subject, period: board.period, period_key: period.key };
    let me = match board.subject {
        BoardSubject::Volunteer => actor.volunteer.map(|volunteer| volunteer.id.0),
        BoardSubject::Grid => actor.volunteer.map(|volunteer| volunteer.region_id.0),
        BoardSubject::Team | BoardSubject::Unit => None,
    };
    let seek = Seek { skip: after, give: first, me, around: AROUND };
    let found = find(app, &key, board.metric, period, &seek).await?;
    named(app, &key, &seek, found).await
}

/// The region or community that a scope stands for, and its colour.
///
/// # Errors
/// `NOT_FOUND` for a scope that is neither above nor below the reader's community nor within a grant.
pub async fn locate(app: &App, actor: &Actor, scope: Option<Scope>) -> Result<(Uuid, Option<TeamColour>)> {
    Ok(match scope {
        None => (own_region(&actor.community_path).ok_or(Code::NotFound)?, None),
        Some(Scope::Colour(colour)) => (actor.community_id.0, Some(colour)),
        Some(Scope::Region(region_id)) => {
            if !line_of(&actor.community_path).contains(&region_id.0) {
                let path = app.at_hand.path(app.db.reader(), region_id).await?;
                let place = Place { community_id: actor.community_id, path: path.to_string(), team_id: None };
                if !path.starts_with(&actor.community_path) && !actor.grants.iter().any(|grant| grant.covers(&place)) {
                    return Err(Code::NotFound.into());
                }
            }
            (region_id.0, None)
        }
    })
}

/// From Redis when it can be trusted, else from the tables.
async fn find(app: &App, key: &BoardKey, metric: Metric, period: Period, seek: &Seek) -> Result<Found> {
    let kept = period.kept_until().is_none_or(|until| app.db.now() < until.plus(-MARGIN));
    if let Some(order) = app.order.as_deref().filter(|order| kept && !order.is_resting()) {
        let mut mark = order.fresh_mark();
        if mark.is_none() {
            mark = identity::find(app.db.reader()).await?;
            order.remember_mark(mark);
        }
        if let Some(mark) = mark
            && let Ok(Some(found)) = from_redis(order, mark, key, metric, seek).await
        {
            return Ok(found);
        }
    }
    match app.at_hand.board_id(app.db.reader(), key).await? {
        Some(board_id) => from_sql::find(app.db.reader(), board_id, metric, key.period, seek).await,
        None => Ok(Found::default()),
    }
}

/// One round trip. `None` when the family does not carry the database's mark.
async fn from_redis(order: &Order, mark: Uuid, key: &BoardKey, metric: Metric, seek: &Seek) -> Result<Option<Found>, Away> {
    let mut invocation = order.scripts().read.prepare_invoke();
    invocation.key(order.set_key(key, metric)).key(order.meta_key(key));
    invocation.arg(mark.simple().to_string()).arg(seek.skip).arg(seek.give);
    match seek.me {
        Some(me) => invocation.arg(me.as_bytes().as_slice()),
        None => invocation.arg(""),
    };
    invocation.arg(seek.around);
    let reply: Vec<u8> = order.invoke(&invocation).await?;
    Ok(unpack_reply(&reply, seek))
}

/// Reads the text the script gives. `None` when it is not believed.
fn unpack_reply(reply: &[u8], seek: &Seek) -> Option<Found> {
    let mut rest = reply;
    let members = number(line(&mut rest)?)?;
    let near_from = line(&mut rest)?;
    let given = usize::try_from(number(line(&mut rest)?)?).ok()?;
    let mut places = Vec::with_capacity(given + 5);
    while !rest.is_empty() {
        let (id, after) = rest.split_at_checked(16)?;
        rest = after.strip_prefix(b"\n")?;
        places.push((Uuid::from_slice(id).ok()?, number(line(&mut rest)?)?));
    }
    let near = if given <= places.len() { places.split_off(given) } else { return None };
    let near_from = if near_from.is_empty() { 0 } else { number(near_from)? };
    let own = near.iter().zip(near_from..).find(|((id, _), _)| Some(*id) == seek.me);
    let me = own.map(|((_, score), rank)| (rank, *score));
    Some(Found { members, top: places, me, near_from, near })
}

/// The text up to the end of the line, which is taken off.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line)
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Puts names to what was found.
async fn named(app: &App, key: &BoardKey, seek: &Seek, found: Found) -> Result<Standing> {
    let ids: Vec<Uuid> = found.top.iter().chain(&found.near).map(|(id, _)| *id).collect();
    let mut names = app.at_hand.names(app.db.reader(), key.subject, &ids).await?.into_iter();
    let mut entries = |from: i64, places: &[(Uuid, i64)]| -> Vec<Entry> {
        let numbered = (from + 1..).zip(places).zip(&mut names);
        let known = numbered.filter_map(|(place, member)| Some((place, member?)));
        known.map(|((rank, (id, score)), member)| Entry { rank, member, value: unpack(key.period, *score).0, me: seek.me == Some(*id) }).collect()
    };
    let top = entries(seek.skip, &found.top);
    let neighbours = entries(found.near_from, &found.near);
    let me = neighbours.iter().find(|entry| entry.me).cloned();
    Ok(Standing { entries: top, me, neighbours, total: found.members })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Found, Seek, unpack_reply};

    fn place(id: u8, score: i64) -> Vec<u8> {
        // A member's bytes may hold anything, the end of a line among it.
        [&[id; 16], format!("\n{score}\n").as_bytes()].concat()
    }

    #[test]
    fn a_reply_is_read_whole_or_not_believed() {
        let id = |byte: u8| Uuid::from_bytes([byte; 16]);
        let seek = Seek { skip: 0, give: 2, me: Some(id(b'\n')), around: 2 };
        let reply = [b"7\n3\n2\n".to_vec(), place(1, 90), place(2, 80), place(4, 60), place(b'\n', 50)].concat();
        let found =
            Found { members: 7, top: vec![(id(1), 90), (id(2), 80)], me: Some((4, 50)), near_from: 3, near: vec![(id(4), 60), (id(b'\n'), 50)] };
        assert_eq!(unpack_reply(&reply, &seek), Some(found));
        assert_eq!(unpack_reply(b"0\n\n0\n", &seek), Some(Found::default()));
        for bad in [&b""[..], b"7", b"7\n3\n", b"7\n3\n2\n", &reply[..reply.len() - 1], &reply[..40], b"x\n\n0\n", b"7\n\n-1\n"] {
            assert_eq!(unpack_reply(bad, &seek), None, "{bad:?}");
        }
    }
}

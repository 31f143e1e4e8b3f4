//! Lists in pages: keyset paging with opaque cursors.
//!
//! A list is ordered by one column and an id, both never null; a cursor is the pair of the last row seen. One row more than asked for
//! is read, to know whether there is a next page. Going through the pages while rows are added shows no row twice.

use entity::id::TypedId;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select, Value};

use crate::error::{Code, Error, Result};

/// Rows of a page when the client does not say.
pub const SIZE_DEFAULT: u32 = 20;
/// Most rows of a page.
pub const SIZE_MAX: u32 = 100;

/// Which page a client asks for.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// This many from the front.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// This many from the back.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

/// A checked page request.
#[derive(Clone, Debug)]
pub struct Page {
    /// Rows at most.
    pub size: u64,
    /// From the back of the list.
    pub backward: bool,
    /// Only rows after this place.
    pub after: Option<Cursor>,
    /// Only rows before this place.
    pub before: Option<Cursor>,
}

/// A place in a list: the sort key and the id of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key.
    pub key: i64,
    /// The id, in its outside form.
    pub id: String,
}

impl Cursor {
    /// The text a client sends back.
    #[must_use]
    pub fn opaque(&self) -> String {
        hex::encode(format!("1:{}:{}", self.key, self.id))
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// `BAD_CURSOR` when the text was not made by [`Cursor::opaque`].
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::from(Code::BadCursor);
        if text.len() > 200 {
            return Err(bad());
        }
        let bytes = hex::decode(text).map_err(|_| bad())?;
        let plain = String::from_utf8(bytes).map_err(|_| bad())?;
        let mut parts = plain.splitn(3, ':');
        match (parts.next(), parts.next().and_then(|key| key.parse().ok()), parts.next()) {
            (Some("1"), Some(key), Some(id)) => Ok(Self { key, id: id.to_owned() }),
            _ => Err(bad()),
        }
    }
}

impl PageArgs {
    /// Checks what the client sent.
    ///
    /// # Errors
    /// `PAGE_SIZE` for `first` or `last` outside 1 to 100 or both at once; `BAD_CURSOR`.
    pub fn check(&self) -> Result<Page> {
        let (size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Error::from(Code::PageSize).on("last")),
            (first, None) => (first.map_or(Ok(SIZE_DEFAULT), u32::try_from), false),
            (None, last) => (last.map_or(Ok(SIZE_DEFAULT), u32::try_from), true),
        };
        let field = if backward { "last" } else { "first" };
        let size = size.ok().filter(|size| (1..=SIZE_MAX).contains(size)).ok_or_else(|| Error::from(Code::PageSize).on(field))?;
        let place = |text: &Option<String>, field| text.as_deref().map(Cursor::parse).transpose().map_err(|error: Error| error.on(field));
        Ok(Page { size: u64::from(size), backward, after: place(&self.after, "after")?, before: place(&self.before, "before")? })
    }
}

/// The rows of one page, and what lies around it.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// In list order.
    pub rows: Vec<T>,
    /// More rows follow.
    pub has_next: bool,
    /// Rows come before.
    pub has_previous: bool,
}

/// How a list is ordered.
#[derive(Clone, Copy, Debug)]
pub struct ListOrder<C> {
    /// The sort key, an integer column; the id alone orders the list when there is none.
    pub key: Option<C>,
    /// The id, which breaks ties.
    pub id: C,
    /// Newest, highest first.
    pub descending: bool,
}

impl Page {
    /// Narrows and orders a query to the rows of this page, plus one.
    ///
    /// # Errors
    /// `BAD_CURSOR` when a cursor belongs to another list.
    pub fn select<E, I>(&self, mut query: Select<E>, order: ListOrder<E::Column>) -> Result<Select<E>>
    where
        E: EntityTrait,
        I: TypedId + Into<Value>,
    {
        for (place, towards_end) in [(&self.after, true), (&self.before, false)] {
            let Some(cursor) = place else { continue };
            let id: I = cursor.id.parse().map_err(|_| Error::from(Code::BadCursor))?;
            let greater = towards_end != order.descending;
            let beyond = |column: E::Column, value: Value| if greater { column.gt(value) } else { column.lt(value) };
            query = query.filter(match order.key {
                None => Condition::all().add(beyond(order.id, id.into())),
                Some(key) => Condition::any()
                    .add(beyond(key, cursor.key.into()))
                    .add(Condition::all().add(key.eq(cursor.key)).add(beyond(order.id, id.into()))),
            });
        }
        let direction = if self.backward == order.descending { Order::Asc } else { Order::Desc };
        if let Some(key) = order.key {
            query = query.order_by(key, direction.clone());
        }
        Ok(query.order_by(order.id, direction).limit(self.size + 1))
    }

    /// Makes a page of what was read: up to `size + 1` rows, in reading direction.
    #[must_use]
    pub fn rows<T>(&self, mut read: Vec<T>) -> Rows<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = read.len() > size;
        read.truncate(size);
        if self.backward {
            read.reverse();
            return Rows { rows: read, has_next: self.before.is_some(), has_previous: more };
        }
        Rows { rows: read, has_next: more, has_previous: self.after.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, PageArgs};
    use crate::error::Code;

    #[test]
    fn cursors_come_back_whole_and_nothing_else_passes() {
        let cursor = Cursor { key: -5, id: "vol_x".to_owned() };
        assert_eq!(Cursor::parse(&cursor.opaque()).ok(), Some(cursor));
        for bad in ["", "zz", "3", "é1", "313a", "hello"] {
            assert_eq!(Cursor::parse(bad).map_err(|error| error.code), Err(Code::BadCursor), "{bad}");
        }
    }

    #[test]
    fn page_sizes_outside_the_range_are_refused() {
        for size in [-1, 0, 101, i32::MAX, i32::MIN] {
            let first = PageArgs { first: Some(size), ..PageArgs::default() };
            assert_eq!(first.check().map_err(|error| error.code).err(), Some(Code::PageSize), "{size}");
        }
        assert_eq!(PageArgs::default().check().map(|page| page.size).ok(), Some(20));
    }
}

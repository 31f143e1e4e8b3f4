//! The community's words as numbers.
//!
//! Kinds of service, qualifications, skills and categories of resources are numbered together, those in use first. There is room for 256; a community
//! with more of them has words that matching does not know, and a need that asks for one of those is left out.

use std::collections::HashMap;

use entity::id::CommunityId;
use sea_orm::DatabaseConnection;

use super::each;
use crate::error::Result;
use crate::exchange::matching::problem::{Term as Number, TermSet};

/// Of which list a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Kinds of service.
    Service,
    /// Qualifications.
    Qualification,
    /// Skills.
    Skill,
    /// Categories of resources.
    Resource,
}

/// A term as clients know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Of which list.
    pub list: List,
    /// Its code.
    pub code: String,
    /// The word shown.
    pub label: String,
}

/// The numbered terms of a community.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    all: Vec<Term>,
    numbers: HashMap<(List, String), Number>,
}

impl Terms {
    /// The number of a code.
    pub(super) fn number(&self, list: List, code: &str) -> Option<Number> {
        // Numbers are few: a scan of a short list without a new text is faster than a look-up with one.
        self.numbers.get(&(list, code.to_owned())).copied()
    }

    /// The term behind a number.
    #[must_use]
    pub fn get(&self, number: Number) -> Option<&Term> {
        self.all.get(usize::from(number))
    }

    /// All terms of a list.
    pub(super) fn of(&self, list: List) -> TermSet {
        let mut set = TermSet::default();
        for (number, _) in (0..).zip(&self.all).filter(|(_, term)| term.list == list) {
            set.insert(number);
        }
        set
    }

    /// The numbers of a list's codes, for columns read a hundred thousand times.
    pub(super) fn codes(&self, list: List) -> HashMap<&str, Number> {
        (0..).zip(&self.all).filter(|(_, term)| term.list == list).map(|(number, term)| (term.code.as_str(), number)).collect()
    }
}

/// Reads the terms of a community.
pub(super) async fn terms(connection: &DatabaseConnection, community_id: CommunityId) -> Result<Terms> {
    let text = "SELECT kind, code, label FROM taxonomy_term \
        WHERE community_id = $1 AND kind IN ('SERVICE_TYPE', 'QUALIFICATION', 'SKILL', 'RESOURCE_CATEGORY') \
        ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, kind, position, code LIMIT 256";
    let mut terms = Terms::default();
    each(connection, text, vec![community_id.into()], |row| {
        let kind: String = row.try_get_by_index(0)?;
        let list = match kind.as_str() {
            "SERVICE_TYPE" => List::Service,
            "QUALIFICATION" => List::Qualification,
            "SKILL" => List::Skill,
            _ => List::Resource,
        };
        let term = Term { list, code: row.try_get_by_index(1)?, label: row.try_get_by_index(2)? };
        if let Ok(number) = Number::try_from(terms.all.len()) {
            terms.numbers.insert((list, term.code.clone()), number);
            terms.all.push(term);
        }
        Ok(())
    })
    .await?;
    Ok(terms)
}

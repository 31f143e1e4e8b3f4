//! Who may do what, where: one table, and the actor it is asked about.
//!
//! A role is granted over a region's subtree, over one team, or for one unit, where it reaches what is the unit's and nothing else. An [`Action`]
//! lists the roles that may do it; [`Actor::require`] asks whether one of the actor's grants has such a role and covers the place. What lies outside
//! every grant is answered as not found, what is known but not allowed as forbidden. Acting on one's own things (signing up, redeeming) needs the
//! VOLUNTEER role in the home community.
//!
//! Three things come before roles: who has no phone yet may bind one and leave, nothing else; who acts for somebody else does not touch how that
//! person signs in; what staff may do beyond others sleeps until a second factor was shown.
//!
//! Invariant: every mutation of the schema has a row in [`action`]; a test compares the two lists.

use entity::id::{AccountId, ActingRelationId, CommunityId, LoginSessionId, RegionId, TeamId, UnitId, VolunteerId, WalletId};
use entity::role_grant::Role;
use entity::time::UtcMicros;

use crate::error::{Code, Result};

mod action;

pub use action::{Action, OPEN_MUTATIONS, SIGN_INS};

/// Where an action happens.
#[derive(Clone, Debug)]
pub struct Place {
    /// The community of the row.
    pub community_id: CommunityId,
    /// The path of its region.
    pub path: String,
    /// The team it belongs to, where it belongs to one.
    pub team_id: Option<TeamId>,
}

/// One live grant of an actor.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Path of the region it covers, with everything below.
    pub path: Option<String>,
    /// Or the one team it covers.
    pub team_id: Option<TeamId>,
    /// Or the one unit it speaks for.
    pub unit_id: Option<UnitId>,
}

/// The volunteer behind an account.
#[derive(Clone, Copy, Debug)]
pub struct ActorVolunteer {
    /// The volunteer.
    pub id: VolunteerId,
    /// Its points account.
    pub wallet_id: WalletId,
    /// Where the person lives.
    pub region_id: RegionId,
}

/// How somebody stands with the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// There is none, and none is needed.
    None,
    /// Staff of this deployment need one and have none.
    ToSetUp,
    /// There is one, and this sign-in has not shown it.
    Due,
    /// This sign-in has shown it.
    Shown,
}

/// That somebody else acts for the owner of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActsFor {
    /// Who acts.
    pub helper_id: AccountId,
    /// By which relation.
    pub relation_id: ActingRelationId,
}

/// Who is asking. Built from the token and the database, never from the input.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account.
    pub account_id: AccountId,
    /// The signed-in device.
    pub login_session_id: LoginSessionId,
    /// Home community; rows of another community do not exist for the actor unless a grant reaches there.
    pub community_id: CommunityId,
    /// Path of the home community's region.
    pub community_path: String,
    /// The volunteer, once registered.
    pub volunteer: Option<ActorVolunteer>,
    /// Live grants.
    pub grants: Vec<Grant>,
    /// Grants that would be live had a second factor been shown.
    pub asleep: Vec<Grant>,
    /// How the sign-in stands with the second factor.
    pub factor: Factor,
    /// Whether the account has a phone.
    pub phone_bound: bool,
    /// Who acts for the owner of the account, where somebody does.
    pub acts_for: Option<ActsFor>,
    /// When a grant begins or ends by its date next.
    pub until: Option<UtcMicros>,
}

impl Actor {
    /// Whether some grant lets the actor do `action` at `place`.
    #[must_use]
    pub fn may(&self, action: Action, place: &Place) -> bool {
        self.holds(action.roles(), place)
    }

    /// Whether rows at `place` exist for the actor at all.
    #[must_use]
    pub fn sees(&self, place: &Place) -> bool {
        place.community_id == self.community_id || self.grants.iter().any(|grant| grant.covers(place))
    }

    /// Whether the actor holds one of these roles at `place`: for verbs whose roles differ in what they may do it to.
    #[must_use]
    pub fn holds(&self, roles: &[Role], place: &Place) -> bool {
        self.grants.iter().any(|grant| roles.contains(&grant.role) && grant.covers(place))
    }

    /// Lets the actor do `action` at `place`, or refuses.
    ///
    /// # Errors
    /// `NOT_FOUND` for a place outside every grant, `FORBIDDEN` for one where another role is needed; `SECOND_FACTOR_REQUIRED` where that role is
    /// asleep, `PHONE_REQUIRED` before a phone is bound.
    pub fn require(&self, action: Action, place: &Place) -> Result<()> {
        let asleep = |grant: &Grant| action.roles().contains(&grant.role) && grant.covers(place);
        if !self.sees(place) && !self.asleep.iter().any(asleep) {
            return Err(Code::NotFound.into());
        }
        if !self.phone_bound && !action.needs_no_phone() {
            return Err(Code::PhoneRequired.into());
        }
        if self.acts_for.is_some() && action.is_own_alone() {
            return Err(Code::Forbidden.into());
        }
        if self.may(action, place) {
            return Ok(());
        }
        Err(if self.asleep.iter().any(asleep) { Code::SecondFactorRequired.into() } else { Code::Forbidden.into() })
    }

    /// Whether the actor is the liaison (单位联络员) of a unit.
    #[must_use]
    pub fn liaises(&self, unit_id: UnitId) -> bool {
        self.grants.iter().any(|grant| grant.role == Role::UnitLiaison && grant.unit_id == Some(unit_id))
    }

    /// Lets the actor do `action` on what is a unit's, as its liaison or by a role over `place`, or refuses.
    ///
    /// # Errors
    /// `NOT_FOUND` for a place outside every grant, `FORBIDDEN` for one where another role is needed.
    pub fn require_for_unit(&self, action: Action, unit_id: UnitId, place: &Place) -> Result<()> {
        if self.liaises(unit_id) && action.roles().contains(&Role::UnitLiaison) { Ok(()) } else { self.require(action, place) }
    }

    /// The actor's home community as a place.
    #[must_use]
    pub fn home(&self) -> Place {
        Place { community_id: self.community_id, path: self.community_path.clone(), team_id: None }
    }

    /// The volunteer behind the actor.
    ///
    /// # Errors
    /// `NOT_VOLUNTEER` before registration.
    pub fn volunteer(&self) -> Result<ActorVolunteer> {
        self.volunteer.ok_or_else(|| Code::NotVolunteer.into())
    }

    /// Lets the actor do `action` on own things.
    ///
    /// # Errors
    /// `NOT_VOLUNTEER` or `FORBIDDEN`.
    pub fn require_own(&self, action: Action) -> Result<ActorVolunteer> {
        let volunteer = self.volunteer()?;
        self.require(action, &self.home())?;
        Ok(volunteer)
    }
}

impl Grant {
    /// Whether the grant reaches `place`.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        match (&self.path, self.team_id) {
            (Some(path), _) => place.path.starts_with(path.as_str()),
            (None, Some(team_id)) => place.team_id == Some(team_id),
            (None, None) => false,
        }
    }
}

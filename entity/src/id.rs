//! Typed ids: one type per table, so that no id can be passed where another is meant.
//!
//! In the database an id is a UUID of version 7 (rows keep the order of their making) or, in the ledger, a growing integer. Outside it is a
//! prefix that names the kind, `_`, and 22 base62 characters: `vol_0V3x…`. That is at most 32 characters of `[0-9A-Za-z_]`, which fits the scene
//! of a `WeChat` code, and lets `node(id:)` find the table by the prefix.
//!
//! This is the only place where ids are made.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use uuid::{ContextV7, Timestamp, Uuid};

use crate::time::UtcMicros;

/// The text was not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

/// What every typed id can do.
pub trait TypedId: Copy + fmt::Display + FromStr<Err = NotAnId> {
    /// The word before the underscore.
    const PREFIX: &'static str;
}

/// The 22 base62 characters of a number, with leading zeros.
fn encode(number: u128) -> String {
    format!("{:0>22}", base62::encode(number))
}

/// An id as it is written outside, where the kind is known by its prefix alone.
#[must_use]
pub fn outside(prefix: &str, id: Uuid) -> String {
    format!("{prefix}_{}", encode(id.as_u128()))
}

fn decode(prefix: &str, text: &str) -> Result<u128, NotAnId> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId)?;
    if digits.len() != 22 || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(NotAnId);
    }
    base62::decode(digits).map_err(|_| NotAnId)
}

/// Whether a text has the form of an id, of whatever kind.
#[must_use]
pub fn has_form(text: &str) -> bool {
    let (prefix, _) = text.split_once('_').unwrap_or_default();
    prefix.len() <= 8 && prefix.bytes().all(|byte| byte.is_ascii_lowercase()) && !prefix.is_empty() && decode(prefix, text).is_ok()
}

/// Counts the ids made within one millisecond, so that rows keep the order of their making even under a clock that stands still. The only state this
/// crate keeps, and no decision depends on it.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

fn new_v7(now: UtcMicros) -> Uuid {
    let micros = u64::try_from(now.0).unwrap_or_default();
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or_default() * 1_000;
    Uuid::new_v7(Timestamp::from_unix(&ORDER, micros / 1_000_000, nanos))
}

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::DeriveValueType, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id that sorts by `now`.
            #[must_use]
            pub fn new(now: UtcMicros) -> Self {
                Self(new_v7(now))
            }

            /// Below every id made at `moment` or after it, and above every one made a millisecond before.
            #[must_use]
            pub fn first_of(moment: UtcMicros) -> Self {
                let millis = u128::try_from(moment.0 / 1_000).unwrap_or_default();
                Self(Uuid::from_u128(millis << 80))
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}_{}", Self::PREFIX, encode(self.0.as_u128()))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                decode(Self::PREFIX, text).map(|number| Self(Uuid::from_u128(number)))
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::Custom(concat!(stringify!($name), " is not a number").to_owned()))
            }
        }
    )+};
}

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::DeriveValueType, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub i64);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}_{}", Self::PREFIX, encode(u128::from(self.0.unsigned_abs())))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let number = decode(Self::PREFIX, text)?;
                i64::try_from(number).map(Self).map_err(|_| NotAnId)
            }
        }
    )+};
}

uuid_id! {
    /// A place in the region tree.
    RegionId = "reg";
    /// A community, the tenant.
    CommunityId = "com";
    /// A word of one of a community's lists.
    TaxonomyTermId = "tax";
    /// A local unit.
    UnitId = "unit";
    /// Someone who can sign in.
    AccountId = "acc";
    /// A signed-in device.
    LoginSessionId = "ses";
    /// A volunteer.
    VolunteerId = "vol";
    /// A volunteer team.
    TeamId = "team";
    /// A role someone was given.
    RoleGrantId = "grt";
    /// A leader's signing device.
    DeviceKeyId = "dev";
    /// A proposed correction of points.
    AdjustmentId = "adj";
    /// An item of the points store.
    RewardId = "rwd";
    /// A reward taken for points.
    RedemptionId = "rdm";
    /// An activity.
    ActivityId = "act";
    /// One occurrence of an activity.
    ActivitySessionId = "occ";
    /// A place taken, queued for or given back in a session.
    SignUpId = "sup";
    /// Presence at a session.
    AttendanceId = "att";
    /// A check-in that came from a device without network.
    OfflineCheckInId = "off";
    /// A piece of service.
    ServiceRecordId = "rec";
    /// An in-app message.
    NotificationId = "ntf";
    /// A listing of whatever kind; outside it goes by the id of its kind.
    ListingId = "lst";
    /// A need.
    NeedId = "need";
    /// A resource.
    ResourceId = "res";
    /// A service that is offered.
    ServiceOfferId = "svc";
    /// Something that happened to a listing.
    ListingStepId = "lsp";
    /// A bookable time.
    ListingSlotId = "slt";
    /// A person served.
    RecipientId = "rcp";
    /// What of a listing is promised.
    ReservationId = "rsv";
    /// A look at a sealed contact.
    ContactLookId = "look";
    /// Somebody as WeChat knows them.
    WechatIdentityId = "wxi";
    /// A message to be sent through WeChat.
    WechatMessageId = "wxm";
    /// A picture that WeChat looks at.
    WechatCheckId = "wxc";
    /// A picture that somebody sent.
    MediaId = "med";
    /// Somebody who acts for somebody else.
    ActingRelationId = "atr";
    /// Something done for somebody else.
    ActingStepId = "ats";
    /// A line of the audit log.
    AuditLineId = "aud";
    /// A consent.
    ConsentId = "cns";
    /// A look at somebody's whole name and telephone.
    UnmaskingId = "unm";
    /// A certificate of service.
    CertificateId = "cert";
    /// An entry of a volunteer's file.
    DossierEntryId = "dos";
    /// A Party member.
    PartyMemberId = "pmb";
    /// A look at a Party member's whole name.
    PartyMemberUnmaskingId = "pmu";
    /// The rules of a year of merit.
    MeritSchemeId = "msc";
    /// A member's merit of a year.
    MeritAccountId = "mra";
    /// Merit recorded or claimed.
    MeritEntryId = "mre";
    /// An appeal against an entry of merit.
    MeritAppealId = "map";
    /// Two people of one family.
    KinshipId = "kin";
    /// A round of review.
    ReviewRoundId = "rvr";
    /// Evidence as it stood at a submission.
    EvidencePackId = "evp";
    /// A co-building project.
    ProjectId = "prj";
    /// Something that happened to a project.
    ProjectStepId = "pst";
    /// What a partner promises a project.
    ProjectCommitmentId = "cmt";
    /// Leave to pass a gate.
    GateOverrideId = "gto";
    /// A year's selection.
    SelectionRoundId = "sel";
    /// Somebody nominated.
    SelectionNomineeId = "nom";
    /// A sealed ballot.
    SelectionBallotId = "blt";
    /// An objection.
    SelectionObjectionId = "obj";
    /// An honour.
    HonourId = "hon";
    /// A match: one helper for one need.
    NeedMatchId = "mat";
    /// Something that happened to a match.
    MatchStepId = "mst";
    /// A pair that is not to be proposed for a while.
    MatchDismissalId = "mdis";
    /// A plan of matches for a community.
    MatchPlanId = "plan";
    /// A seat in the alliance.
    AllianceMemberId = "aly";
    /// An agreement with units.
    AgreementId = "agr";
    /// A unit that has checked in.
    UnitCheckInId = "uci";
    /// A member who has checked in.
    MemberCheckInId = "mci";
    /// A year's word to a unit.
    UnitFeedbackId = "ufb";
    /// A unit paired with a place.
    PairingId = "pair";
    /// A joint meeting.
    JointMeetingId = "jmt";
    /// A decision of a joint meeting.
    JointDecisionId = "jdc";
    /// A visit between the community and a unit.
    UnitVisitId = "uvs";
    /// A model unit of a year.
    ModelUnitId = "mdl";
    /// The tasks of a month.
    TaskListId = "tkl";
    /// A co-building task.
    TaskId = "task";
    /// Something somebody asks to have put right.
    CorrectionId = "cor";
}

number_id! {
    /// A volunteer's points account.
    WalletId = "wal";
    /// One business operation of the ledger.
    OperationId = "op";
    /// One wallet side of an operation.
    EntryId = "ent";
    /// A sealed block of operations.
    ProofBlockId = "blk";
    /// One ranking.
    BoardId = "brd";
    /// A change that people follow.
    ChangeId = "evt";
}

macro_rules! listing_id {
    ($($name:ident)+) => {$(
        impl From<$name> for ListingId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }

        impl From<ListingId> for $name {
            fn from(id: ListingId) -> Self {
                Self(id.0)
            }
        }
    )+};
}

listing_id! { NeedId ResourceId ServiceOfferId }

#[cfg(test)]
mod tests {
    use super::{OperationId, RewardId, TypedId, VolunteerId, has_form};
    use crate::time::UtcMicros;

    #[test]
    fn ids_of_one_moment_keep_the_order_of_their_making() {
        let moment = UtcMicros(1_790_000_000_000_000);
        let made: Vec<VolunteerId> = (0..1_000).map(|_| VolunteerId::new(moment)).collect();
        assert!(made.is_sorted());
    }

    #[test]
    fn an_id_survives_the_way_out_and_back_and_only_as_its_own_kind() {
        let id = VolunteerId::new(UtcMicros(1_790_000_000_000_000));
        let text = id.to_string();
        assert_eq!(text.len(), VolunteerId::PREFIX.len() + 23);
        assert_eq!(text.parse(), Ok(id));
        assert!(text.parse::<RewardId>().is_err());
        assert_eq!("op_0000000000000000000001".parse(), Ok(OperationId(1)));
        assert!(has_form(&text) && has_form("op_0000000000000000000001"));
        for bad in ["13900000001", "张三", "vol_ 张三", "_0000000000000000000001", "vol_0000000000000000000001 "] {
            assert!(!has_form(bad), "{bad}");
        }
        for bad in ["", "vol_", "vol_!!!!!!!!!!!!!!!!!!!!!!", "vol_zzzzzzzzzzzzzzzzzzzzzz", "op_zzzzzzzzzzzzzzzzzzzzzz"] {
            assert!(bad.parse::<VolunteerId>().is_err() && bad.parse::<OperationId>().is_err(), "{bad}");
        }
    }
}

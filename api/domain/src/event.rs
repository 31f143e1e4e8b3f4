//! Facts that a committed transaction leaves behind, and the relay hands on.
//!
//! An event names what happened in the past tense and carries what its readers need, as it was at that moment. Events may arrive more than
//! once and, between different nouns, in another order; every reader is safe against both.

use entity::id::{
    AccountId, ActivitySessionId, CommunityId, CorrectionId, JointMeetingId, ListingId, NeedMatchId, ProjectId, RedemptionId, RegionId,
    ReviewRoundId, SelectionNomineeId, ServiceRecordId, SignUpId, TaskId, TaskListId, TeamId, UnitFeedbackId, UnitId, VolunteerId,
};
use entity::joint_meeting::JointMeetingState;
use entity::listing_step::StepKind;
use entity::match_step::MatchStepKind;
use entity::project_step::ProjectStep;
use entity::review_round::Verdict;
use entity::team::TeamColour;
use entity::time::{BusinessDate, UtcMicros};
use serde::{Deserialize, Serialize};

/// A certified or revoked record, with everything that decides where it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFact {
    /// The record.
    pub record_id: ServiceRecordId,
    /// Who served.
    pub volunteer_id: VolunteerId,
    /// The account to tell, where there is one.
    pub account_id: Option<AccountId>,
    /// The team at the time, where there was one.
    pub team_id: Option<TeamId>,
    /// Its sponsor at the time.
    pub unit_id: Option<UnitId>,
    /// The place it counts for.
    pub region_id: RegionId,
    /// The team's colour at the time.
    pub colour: Option<TeamColour>,
    /// The day it counts for.
    pub business_date: BusinessDate,
    /// Minutes.
    pub minutes: i64,
    /// Points awarded for it.
    pub points: i64,
    /// When it was certified.
    pub certified_at: UtcMicros,
}

/// What people decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewKind {
    /// A service record that waits, back-fill among them.
    Record,
    /// A conflict of an offline check-in.
    OfflineCheckIn,
    /// A proposed adjustment of points.
    Adjustment,
    /// A round of review, before a panel.
    Round,
}

/// What people are told about a round of review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewNews {
    /// To a reviewer: you are on the panel.
    Appointed,
    /// To a reviewer: the time ends soon.
    Reminded,
    /// To reviewers and who opened it: the time is over, and not enough have scored.
    Over,
    /// To who opened it: somebody was recused and nobody is left to come in.
    Short,
    /// To who opened it: enough have scored.
    Closed,
    /// To who opened it and the panel: enough have scored, and they lie far apart.
    Wide,
    /// To who has a stake: the verdict.
    Published(Verdict),
}

/// What became of somebody nominated for a selection, or of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SelectionNews {
    /// Was nominated, and is to say whether to stand.
    Nominated,
    /// Is on public notice as one of the chosen.
    Listed,
    /// Was not chosen.
    NotListed,
    /// Is out: the panel rejected it, or an objection was upheld.
    Excluded,
    /// Was given the honour, and is to say whether it is shown.
    Honoured,
    /// The selection was called off.
    Cancelled,
    /// To who objected: it was upheld.
    ObjectionUpheld,
    /// To who objected: the nominee stays.
    ObjectionDismissed,
}

/// News of projects and what is judged, for who applied, judges, or is in charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Judging {
    /// Something happened to a round of review.
    Review {
        /// The round.
        round_id: ReviewRoundId,
        /// Title of its subject.
        title: String,
        /// What.
        what: ReviewNews,
        /// When; a reminder may come more than once.
        at: UtcMicros,
    },
    /// A project went a step.
    Project {
        /// The project.
        project_id: ProjectId,
        /// Its title.
        title: String,
        /// The step.
        step: ProjectStep,
        /// What was said.
        note: Option<String>,
        /// When; some steps may be taken again.
        at: UtcMicros,
    },
    /// Something happened in a selection.
    Selection {
        /// About which nominee.
        nominee_id: SelectionNomineeId,
        /// What the selection is called.
        title: String,
        /// What.
        what: SelectionNews,
        /// When; a name may come on notice again.
        at: UtcMicros,
    },
}

/// What people are told about a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionNews {
    /// To staff: it is to be decided soon.
    Due,
    /// To whoever asked: it was granted.
    Granted,
    /// To whoever asked: it was refused.
    Refused,
}

/// What became of a task of the monthly list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskChange {
    /// A unit claimed it.
    Claimed,
    /// A unit declined it or gave it back.
    Declined,
    /// The unit returned it.
    Returned,
    /// It was taken off the list.
    Withdrawn,
}

/// News of co-building (共建), for a unit's liaison or for who runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum CoBuilding {
    /// The task list of a month was drawn, and waits to be issued.
    TaskListDrawn {
        /// The list.
        task_list_id: TaskListId,
        /// Its month, `yyyymm`.
        month: i32,
        /// How many tasks.
        tasks: usize,
        /// When they are to be returned.
        due_on: BusinessDate,
    },
    /// The task list of a month was issued.
    TaskListIssued {
        /// The list.
        task_list_id: TaskListId,
        /// Its month, `yyyymm`.
        month: i32,
        /// How many tasks.
        tasks: usize,
        /// When they are to be returned.
        due_on: BusinessDate,
    },
    /// Something became of a task.
    TaskChanged {
        /// The task.
        task_id: TaskId,
        /// Its title.
        title: String,
        /// The unit's name.
        unit: String,
        /// What.
        change: TaskChange,
        /// When; a task may be given back and claimed again.
        at: UtcMicros,
    },
    /// A claimed task is due soon, or is overdue.
    TaskDue {
        /// The task.
        task_id: TaskId,
        /// Its title.
        title: String,
        /// When it is to be returned.
        due_on: BusinessDate,
        /// Whether that day is over.
        overdue: bool,
    },
    /// A joint meeting was called or called off.
    JointMeetingChanged {
        /// The meeting.
        meeting_id: JointMeetingId,
        /// Its title.
        title: String,
        /// Where.
        place: String,
        /// When.
        starts_at: UtcMicros,
        /// Its state now.
        state: JointMeetingState,
    },
    /// The community told a unit about a year.
    UnitFeedbackGiven {
        /// The feedback.
        unit_feedback_id: UnitFeedbackId,
        /// The unit's name.
        unit: String,
        /// The year.
        year: i32,
        /// Members who were checked in.
        members: i64,
        /// Minutes they served.
        minutes: i64,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A record was certified; its minutes count.
    RecordCertified(RecordFact),
    /// A certified record was taken back.
    RecordRevoked(RecordFact),
    /// A seat is held for someone on the waitlist.
    SeatOffered {
        /// The sign-up.
        sign_up_id: SignUpId,
        /// Whom to tell.
        account_id: Option<AccountId>,
        /// Until when.
        offer_until: UtcMicros,
    },
    /// A session someone signed up for was called off.
    SessionCancelled {
        /// The sign-up.
        sign_up_id: SignUpId,
        /// Whom to tell.
        account_id: Option<AccountId>,
    },
    /// A reward was reserved, fetched, cancelled or ran out.
    RedemptionChanged {
        /// The redemption.
        redemption_id: RedemptionId,
        /// Its state now, as the schema writes it.
        state: String,
        /// Whom to tell.
        account_id: Option<AccountId>,
    },
    /// Points run out soon.
    PointsExpiring {
        /// Whom to tell.
        account_id: AccountId,
        /// How many.
        points: i64,
        /// The last day they can be used.
        expires_on: BusinessDate,
        /// Days of warning, 30 or 7.
        days: u32,
    },
    /// Someone signed up for a session, came, left or was noted as missing, or the session was called off or closed. At most one for each session
    /// and transaction.
    AttendanceChanged {
        /// The session.
        session_id: ActivitySessionId,
    },
    /// Something happened to a listing that its owner should know.
    ListingChanged {
        /// The listing.
        listing_id: ListingId,
        /// What happened.
        step: StepKind,
        /// When; a reply may come more than once.
        at: UtcMicros,
        /// Whom to tell: the owner, where that is a person with an account.
        account_id: Option<AccountId>,
    },
    /// A volunteer's stars rose or fell.
    StarsChanged {
        /// Who.
        volunteer_id: VolunteerId,
        /// Whom to tell.
        account_id: Option<AccountId>,
        /// Stars before.
        before: i32,
        /// Stars now.
        stars: i32,
        /// When; the same number may come again.
        at: UtcMicros,
    },
    /// Something happened to a round of review or a project that somebody should know.
    JudgingChanged {
        /// Whom to tell.
        account_id: AccountId,
        /// What.
        news: Judging,
    },
    /// Something happened to a match that one of its sides should know.
    MatchChanged {
        /// The match.
        match_id: NeedMatchId,
        /// What happened.
        step: MatchStepKind,
        /// Whom to tell.
        account_id: AccountId,
    },
    /// Something happened in co-building that somebody should know.
    CoBuildingChanged {
        /// Whom to tell.
        account_id: AccountId,
        /// What.
        news: CoBuilding,
    },
    /// A correction was decided, or is to be decided soon. What it is about is not told.
    CorrectionChanged {
        /// The correction.
        correction_id: CorrectionId,
        /// Whom to tell.
        account_id: AccountId,
        /// What.
        news: CorrectionNews,
    },
    /// Something waits for a decision, or no longer does.
    ReviewQueueChanged {
        /// Where.
        community_id: CommunityId,
        /// Of which kind.
        kind: ReviewKind,
    },
}

impl Event {
    /// The topic it is filed under.
    #[must_use]
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::RecordCertified(_) | Self::RecordRevoked(_) => "record",
            Self::SeatOffered { .. } | Self::SessionCancelled { .. } => "sign_up",
            Self::RedemptionChanged { .. } => "redemption",
            Self::PointsExpiring { .. } => "points",
            Self::AttendanceChanged { .. } => "attendance",
            Self::ListingChanged { .. } => "listing",
            Self::StarsChanged { .. } => "star",
            Self::MatchChanged { .. } => "need_match",
            Self::ReviewQueueChanged { .. } => "review",
            Self::JudgingChanged { .. } => "judging",
            Self::CoBuildingChanged { .. } => "co_building",
            Self::CorrectionChanged { .. } => "correction",
        }
    }
}

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
//! Invariant: every mutation of the schema has a row here; a test compares the two lists.

use entity::id::{AccountId, ActingRelationId, CommunityId, LoginSessionId, RegionId, TeamId, UnitId, VolunteerId, WalletId};
use entity::role_grant::Role;
use entity::time::UtcMicros;

use crate::error::{Code, Result};

macro_rules! actions {
    ($($name:ident = $mutation:literal : $($role:ident)|+;)+) => {
        /// Something a role permits. Mutations carry the name they have in the schema; the rest are staff reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = $mutation] $name,)+
        }

        impl Action {
            /// The whole table.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The field of the schema it guards.
            #[must_use]
            pub const fn field(self) -> &'static str {
                match self { $(Self::$name => $mutation,)+ }
            }

            /// The roles that may do it within their scope.
            #[must_use]
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),+],)+ }
            }
        }
    };
}

actions! {
    // community
    CreateRegion = "createRegion": Admin;
    SetRegionLevels = "setRegionLevels": Admin;
    AddTaxonomyTerm = "addTaxonomyTerm": Admin;
    RetireTaxonomyTerm = "retireTaxonomyTerm": Admin;
    CreateUnit = "createUnit": Admin;
    SeatAllianceMember = "seatAllianceMember": Admin;
    EndAllianceTerm = "endAllianceTerm": Admin;
    FileAgreement = "fileAgreement": Admin;
    EndAgreement = "endAgreement": Admin;
    CheckInUnit = "checkInUnit": UnitLiaison | Admin;
    CheckOutUnit = "checkOutUnit": UnitLiaison | Admin;
    CheckInMember = "checkInMember": Volunteer;
    WithdrawMemberCheckIn = "withdrawMemberCheckIn": Volunteer;
    ListMemberCheckIns = "memberCheckIns": UnitLiaison | Admin;
    GiveUnitFeedback = "giveUnitFeedback": Admin;
    ReadUnitFeedback = "unitFeedback": UnitLiaison | Admin;
    PairUnit = "pairUnit": Admin;
    PairUnits = "pairUnits": Admin;
    EndPairing = "endPairing": Admin;
    ReadPairingCoverage = "pairingCoverage": Admin;
    CallJointMeeting = "callJointMeeting": Admin;
    RecordJointMeeting = "recordJointMeeting": Admin;
    CancelJointMeeting = "cancelJointMeeting": Admin;
    FollowUpDecision = "followUpDecision": UnitLiaison | Admin;
    FileUnitVisit = "fileUnitVisit": UnitLiaison | Admin;
    AwardModelUnit = "awardModelUnit": Admin;
    RevokeModelUnit = "revokeModelUnit": Admin;
    // people
    LogOut = "logOut": Resident;
    ChangePassword = "changePassword": Resident;
    SignOutDevice = "signOutDevice": Resident;
    SignOutOtherDevices = "signOutOtherDevices": Resident;
    SetUpSecondFactor = "setUpSecondFactor": Resident;
    ConfirmSecondFactor = "confirmSecondFactor": Resident;
    ShowSecondFactor = "showSecondFactor": Resident;
    RemoveSecondFactor = "removeSecondFactor": Resident;
    ResetSecondFactor = "resetSecondFactor": Admin;
    BindPhone = "bindPhone": Resident;
    RecordSubscriptions = "recordSubscriptions": Resident;
    CheckText = "checkText": Resident;
    MakePageCode = "makePageCode": TeamLeader | GridWorker | RedemptionDesk | Admin;
    InviteHelper = "inviteHelper": Resident;
    AcceptHelping = "acceptHelping": Resident;
    RecordHelping = "recordHelping": GridWorker | Admin;
    EndHelping = "endHelping": Resident | GridWorker | Admin;
    ActFor = "actFor": Resident;
    ListRoleGrants = "roleGrants": Admin;
    RegisterVolunteer = "registerVolunteer": Resident;
    UpdateMyProfile = "updateMyProfile": Volunteer;
    GrantRole = "grantRole": Admin;
    EndRole = "endRole": Admin;
    VerifyQualification = "verifyQualification": Admin | GridWorker;
    SetVolunteerState = "setVolunteerState": Admin;
    CreateTeam = "createTeam": Admin;
    AddTeamMember = "addTeamMember": Admin | TeamLeader;
    JoinTeam = "joinTeam": Volunteer;
    LeaveTeam = "leaveTeam": Volunteer;
    RegisterDevice = "registerDevice": TeamLeader;
    RevokeDevice = "revokeDevice": TeamLeader | Admin;
    RecordKinship = "recordKinship": Admin;
    EndKinship = "endKinship": Admin;
    ListKinships = "kinships": Admin;
    ListVolunteers = "volunteers": Admin | GridWorker | TeamLeader;
    // service
    CreateActivity = "createActivity": Admin | TeamLeader;
    UpdateActivity = "updateActivity": Admin | TeamLeader;
    PublishActivity = "publishActivity": Admin | TeamLeader;
    CancelActivity = "cancelActivity": Admin | TeamLeader;
    ScheduleSession = "scheduleSession": Admin | TeamLeader;
    CancelSession = "cancelSession": Admin | TeamLeader;
    SignUp = "signUp": Volunteer;
    AcceptOffer = "acceptOffer": Volunteer;
    WithdrawSignUp = "withdrawSignUp": Volunteer;
    CheckIn = "checkIn": Volunteer;
    CheckOut = "checkOut": Volunteer;
    CallRoll = "callRoll": Admin | TeamLeader;
    SubmitOfflineCheckIns = "submitOfflineCheckIns": Admin | TeamLeader;
    DecideOfflineCheckIn = "decideOfflineCheckIn": Admin | TeamLeader;
    ShowCheckInCode = "checkInCode": Admin | TeamLeader;
    RequestBackfill = "requestBackfill": Volunteer | TeamLeader | Admin;
    DecideRecord = "decideRecord": Admin | GridWorker;
    RevokeRecord = "revokeRecord": Admin;
    ListRecords = "records": Admin | GridWorker | TeamLeader;
    // exchange. A listing of one's own is everybody's to offer, change and take back; the other roles act for teams, units and people served.
    FileNeed = "fileNeed": Resident;
    FileNeedOnBehalf = "fileNeedOnBehalf": GridWorker | Admin;
    UpdateNeed = "updateNeed": Resident | GridWorker | Admin;
    OfferResource = "offerResource": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    UpdateResource = "updateResource": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    OfferService = "offerService": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    UpdateServiceOffer = "updateServiceOffer": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    AddSlot = "addSlot": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    CloseSlot = "closeSlot": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    WithdrawListing = "withdrawListing": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    VerifyListing = "verifyListing": GridWorker | Admin;
    PublishListing = "publishListing": GridWorker | Admin;
    CloseListing = "closeListing": GridWorker | Admin;
    ReplyNeed = "replyNeed": GridWorker | Admin;
    RateNeed = "rateNeed": Resident | GridWorker;
    RevealContact = "revealContact": Resident | GridWorker;
    ListContactLooks = "contactLooks": Resident | GridWorker | Admin;
    ReadNeedRates = "needRates": GridWorker | Reviewer | Admin;
    SetMySupply = "setMySupply": Volunteer;
    PauseMySupply = "pauseMySupply": Volunteer;
    ListTeamSupply = "teamSupply": TeamLeader | GridWorker | Admin;
    // recognition. A certificate of one's own is everybody's; another's is for who keeps the files.
    PublishStarPolicy = "publishStarPolicy": Admin;
    AddDossierEntry = "addDossierEntry": GridWorker | Admin;
    WithdrawDossierEntry = "withdrawDossierEntry": GridWorker | Admin;
    IssueCertificate = "issueCertificate": Volunteer | GridWorker | Admin;
    RevokeCertificate = "revokeCertificate": Admin;
    ListCertificates = "certificates": GridWorker | Admin;
    // Whoever stands in a selection runs nothing of it, whatever the role.
    SetWorkCalendar = "setWorkCalendar": Admin;
    OpenSelection = "openSelection": Admin;
    NominateForSelection = "nominateForSelection": Resident | TeamLeader | UnitLiaison;
    AnswerNomination = "answerNomination": Volunteer;
    BeginSelectionVoting = "beginSelectionVoting": Admin;
    CastBallot = "castBallot": Resident;
    CloseSelectionVoting = "closeSelectionVoting": Admin;
    ObjectToNominee = "objectToNominee": Resident;
    DecideObjection = "decideObjection": Admin;
    AnnounceSelection = "announceSelection": Admin;
    CancelSelection = "cancelSelection": Admin;
    ShowHonour = "showHonour": Volunteer;
    // Merit of Party members: to the members and to party workers; administrators have no part in it.
    DeclarePartyMembership = "declarePartyMembership": Resident;
    WithdrawPartyMembership = "withdrawPartyMembership": Resident;
    ConfirmPartyMember = "confirmPartyMember": PartyWorker;
    ListPartyMembers = "partyMembers": PartyWorker;
    PublishMeritScheme = "publishMeritScheme": PartyWorker;
    RecordMerit = "recordMerit": PartyWorker;
    ClaimMerit = "claimMerit": Resident;
    DecideMeritClaim = "decideMeritClaim": PartyWorker;
    AppealMerit = "appealMerit": Resident;
    DecideMeritAppeal = "decideMeritAppeal": PartyWorker;
    CloseMeritYear = "closeMeritYear": PartyWorker;
    // A project of a team or unit is for who speaks for it to write, hand in and carry out, and for staff of the place.
    CreateProject = "createProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    UpdateProject = "updateProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    SubmitProject = "submitProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    CancelProject = "cancelProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    RepeatProject = "repeatProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    PublishProject = "publishProject": GridWorker | Admin;
    MatchProject = "matchProject": GridWorker | Admin;
    StartProject = "startProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    CompleteProject = "completeProject": GridWorker | Admin;
    EvaluateProject = "evaluateProject": GridWorker | Admin;
    RecordProjectPapers = "recordProjectPapers": GridWorker | Admin;
    ReportMilestone = "reportMilestone": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    LinkProject = "linkProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    CommitToProject = "commitToProject": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    ConfirmCommitment = "confirmCommitment": GridWorker | Admin;
    WithdrawCommitment = "withdrawCommitment": Resident | TeamLeader | UnitLiaison | GridWorker | Admin;
    ProposeGateOverride = "proposeGateOverride": GridWorker | Admin;
    DecideGateOverride = "decideGateOverride": Admin;
    PublishReviewPolicy = "publishReviewPolicy": Admin;
    OpenReview = "openReview": Admin;
    AppointReviewer = "appointReviewer": Admin;
    ScoreReview = "scoreReview": Reviewer;
    DeclareTie = "declareTie": Reviewer;
    NoteConsensus = "noteConsensus": Reviewer | Admin;
    PublishReview = "publishReview": Admin;
    ExtendReview = "extendReview": Admin;
    CancelReview = "cancelReview": Admin;
    ListSuggestions = "suggestions": GridWorker | Admin;
    PlanMatches = "planMatches": Admin;
    ProposePlan = "proposePlan": Admin;
    ProposeMatch = "proposeMatch": GridWorker | Admin;
    OfferHelp = "offerHelp": Volunteer | TeamLeader | Resident;
    AcceptMatch = "acceptMatch": Resident | GridWorker | Admin;
    DeclineMatch = "declineMatch": Resident | GridWorker | Admin;
    StartMatch = "startMatch": Resident;
    FinishMatch = "finishMatch": Resident | GridWorker;
    ConfirmMatch = "confirmMatch": Resident | GridWorker | TeamLeader;
    WithdrawMatch = "withdrawMatch": Resident | GridWorker | Admin;
    DisputeMatch = "disputeMatch": Resident | GridWorker;
    ResolveDispute = "resolveDispute": Admin;
    DismissMatch = "dismissMatch": Resident | GridWorker | Admin;
    ListMatches = "matches": GridWorker | Admin;
    PublishTaskListPolicy = "publishTaskListPolicy": Admin;
    AddTask = "addTask": Admin;
    WithdrawTask = "withdrawTask": Admin;
    IssueTaskList = "issueTaskList": Admin;
    ClaimTask = "claimTask": UnitLiaison;
    DeclineTask = "declineTask": UnitLiaison;
    ReturnTask = "returnTask": UnitLiaison;
    // points
    PublishPointsPolicy = "publishPointsPolicy": Admin;
    ProposeAdjustment = "proposeAdjustment": Admin | GridWorker;
    DecideAdjustment = "decideAdjustment": Admin;
    ListAdjustments = "adjustments": Admin | GridWorker;
    CreateReward = "createReward": Admin | RedemptionDesk;
    UpdateReward = "updateReward": Admin | RedemptionDesk;
    StockReward = "stockReward": Admin | RedemptionDesk;
    RedeemReward = "redeemReward": Volunteer;
    CancelRedemption = "cancelRedemption": Volunteer | RedemptionDesk | Admin;
    FulfilRedemption = "fulfilRedemption": RedemptionDesk;
    ListRedemptions = "redemptions": RedemptionDesk | Admin;
    // insight
    MarkNotificationsRead = "markNotificationsRead": Resident;
}

/// Mutations that need no token, because they are how one gets it.
pub const OPEN_MUTATIONS: &[&str] = &["register", "logIn", "refreshTokens", "requestPhoneCode", "logInWithCode", "setPassword", "logInWithWechat"];

impl Action {
    /// Whether it is open to somebody without a phone.
    const fn needs_no_phone(self) -> bool {
        matches!(self, Self::LogOut | Self::BindPhone | Self::SignOutDevice | Self::SignOutOtherDevices | Self::RecordSubscriptions)
    }

    /// Whether it is about how somebody signs in, or lends it on, or a consent that only they can give: nobody else does that for them.
    const fn is_own_alone(self) -> bool {
        matches!(
            self,
            Self::ChangePassword
                | Self::SignOutDevice
                | Self::SignOutOtherDevices
                | Self::SetUpSecondFactor
                | Self::ConfirmSecondFactor
                | Self::ShowSecondFactor
                | Self::RemoveSecondFactor
                | Self::BindPhone
                | Self::InviteHelper
                | Self::AcceptHelping
                | Self::ActFor
                | Self::EndHelping
                | Self::RegisterVolunteer
                | Self::CheckInMember
                | Self::DeclarePartyMembership
        )
    }
}

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

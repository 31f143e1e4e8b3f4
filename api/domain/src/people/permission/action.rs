//! The table: what there is to do, and the roles that may do it. What an actor makes of it stands in [`super`].

use entity::role_grant::Role;

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
    UploadMedia = "uploadMedia": Resident;
    DeleteMedia = "deleteMedia": Resident;
    DecideMedia = "decideMedia": GridWorker | Admin;
    ListMediaToReview = "mediaToReview": GridWorker | Admin;
    ListRoleGrants = "roleGrants": Admin;
    RegisterVolunteer = "registerVolunteer": Resident;
    UpdateMyProfile = "updateMyProfile": Volunteer;
    GiveConsent = "giveConsent": Resident;
    WithdrawConsent = "withdrawConsent": Resident;
    GiveConsentFor = "giveConsentFor": Resident;
    WithdrawConsentFor = "withdrawConsentFor": Resident;
    PublishConsentText = "publishConsentText": Admin;
    UnmaskVolunteers = "unmaskVolunteers": TeamLeader | GridWorker | Admin;
    SetMyIdentityNumber = "setMyIdentityNumber": Volunteer;
    SetMyHealthNote = "setMyHealthNote": Volunteer;
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
    UnmaskPartyMembers = "unmaskPartyMembers": PartyWorker;
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
    // insight. The audit log is for auditors alone: who runs a place does not read what is written about that, and auditors do nothing else.
    MarkNotificationsRead = "markNotificationsRead": Resident;
    ReadAuditLog = "auditLog": Auditor;
    LengthenAuditRetention = "lengthenAuditRetention": Admin;
    ExportMyData = "exportMyData": Resident;
    DeleteMyAccount = "deleteMyAccount": Resident;
    RequestCorrection = "requestCorrection": Volunteer;
    WithdrawCorrection = "withdrawCorrection": Volunteer;
    DecideCorrection = "decideCorrection": GridWorker | Admin;
    ListCorrections = "corrections": GridWorker | Admin;
    PublishRetentionPolicy = "publishRetentionPolicy": Admin;
}

/// Mutations that need no token, because they are how one gets it.
pub const OPEN_MUTATIONS: &[&str] = &["register", "logIn", "refreshTokens", "requestPhoneCode", "logInWithCode", "setPassword", "logInWithWechat"];

/// Mutations that end in a sign-in: each is a line of the audit log, refused ones too.
pub const SIGN_INS: &[&str] = &["register", "logIn", "logInWithCode", "logInWithWechat", "setPassword"];

impl Action {
    /// Whether the audit log has a line of it.
    ///
    /// Everything is audited that somebody does by an office, that touches how somebody signs in or who acts for whom, or that is about one's own privacy.
    /// What residents and volunteers do from day to day with their own things (signing up, checking in, redeeming, reading messages) is not: the rows of
    /// it say already who did what and when, nobody but they can do it, and a line would cost each of them two commits more. Reads are not acts; the
    /// one that is audited is that of the log itself.
    #[must_use]
    pub fn is_audited(self) -> bool {
        let by_office = self.roles().iter().any(|role| !matches!(role, Role::Resident | Role::Volunteer));
        (by_office || self.is_own_alone() || self.is_about_privacy()) && !self.tells_of_the_party()
    }

    /// Whether a line of the audit log keeps the reason that is given: of an act about the rules of the place. Why something is done about a person is
    /// said in the books, which can lose it when the person leaves (PIPL art. 47); a line cannot.
    #[must_use]
    pub const fn is_about_rules(self) -> bool {
        matches!(self, Self::PublishConsentText)
    }

    /// Whether it decides what others may see of oneself.
    const fn is_about_privacy(self) -> bool {
        matches!(self, Self::UpdateMyProfile | Self::ShowHonour)
    }

    /// Whether the very name of it beside an account says that somebody is a Party member. That is kept with consent alone, sealed, and goes with the
    /// consent; a line that stays would be against all three (PIPL art. 28, 29, 47).
    const fn tells_of_the_party(self) -> bool {
        matches!(
            self,
            Self::DeclarePartyMembership
                | Self::WithdrawPartyMembership
                | Self::CheckInMember
                | Self::WithdrawMemberCheckIn
                | Self::ClaimMerit
                | Self::AppealMerit
        )
    }

    /// Whether it is open to somebody without a phone.
    pub(super) const fn needs_no_phone(self) -> bool {
        matches!(
            self,
            Self::LogOut
                | Self::BindPhone
                | Self::SignOutDevice
                | Self::SignOutOtherDevices
                | Self::RecordSubscriptions
                | Self::ExportMyData
                | Self::DeleteMyAccount
        )
    }

    /// Whether it is about how somebody signs in, or lends it on, or a consent that only they can give: nobody else does that for them.
    pub(super) const fn is_own_alone(self) -> bool {
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
                // What is done for somebody else is written down with its name, and these names tell who is a Party member.
                | Self::WithdrawMemberCheckIn
                | Self::WithdrawPartyMembership
                | Self::ClaimMerit
                | Self::AppealMerit
                | Self::GiveConsent
                | Self::WithdrawConsent
                | Self::GiveConsentFor
                | Self::WithdrawConsentFor
                | Self::SetMyIdentityNumber
                | Self::SetMyHealthNote
                | Self::ExportMyData
                | Self::DeleteMyAccount
                | Self::RequestCorrection
        )
    }
}

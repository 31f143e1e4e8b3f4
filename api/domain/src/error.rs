//! What can go wrong, as one closed catalogue.
//!
//! A rule refuses with a [`Code`]; the code is stable, a client acts on it, and the message is only for people. A constraint of the database that
//! refuses a write carries the name of its code (see [`Code::of_constraint`]). [`Error`] has no `Display`: nothing can turn a database text into an
//! answer by accident, only `graphql::error` writes answers.
//!
//! Invariant: a code is never removed or renamed once released.

use std::sync::Arc;

use sea_orm::DbErr;

use crate::db;

/// The result of every rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($name:ident = $text:literal, $retryable:literal, $zh:literal, $en:literal;)+) => {
        /// Every code an answer may carry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $en] $name,)+
        }

        impl Code {
            /// The whole catalogue, in its order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as clients see it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Whether the same request may succeed later without being changed.
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self { $(Self::$name => $retryable,)+ }
            }

            /// The message in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)+ }
            }

            /// The message in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)+ }
            }
        }
    };
}

codes! {
    BadRequest = "BAD_REQUEST", false, "请求格式不正确", "the request is not a well-formed GraphQL request";
    BadQuery = "BAD_QUERY", false, "查询语句不正确", "the document cannot be parsed or does not fit the schema";
    BadInput = "BAD_INPUT", false, "输入内容不符合要求", "an input value is out of its range or form";
    BadId = "BAD_ID", false, "编号格式不正确", "the text is not an id of the expected kind";
    BadCursor = "BAD_CURSOR", false, "分页游标无效", "the cursor is not one this list gave out";
    PageSize = "PAGE_SIZE", false, "分页大小须在 1 到 100 之间", "first or last must lie between 1 and 100, and only one may be given";
    QueryTooComplex = "QUERY_TOO_COMPLEX", false, "查询过于复杂", "the query is too complex or too deep";
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND", true, "PersistedQueryNotFound", "PersistedQueryNotFound";
    PersistedQueryMismatch = "PERSISTED_QUERY_MISMATCH", false, "查询语句与其散列值不符", "the document is not the one its hash names";
    NotTrusted = "NOT_TRUSTED", false, "仅接受已登记的查询语句", "only documents of the manifest are taken here";
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", false, "请求内容过大", "the body is larger than the server accepts";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", false, "仅接受 application/json", "the body must be application/json";
    NotAcceptable = "NOT_ACCEPTABLE", false, "无法提供所要求的响应格式", "none of the accepted media types can be served";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", false, "该操作不能使用此请求方法", "this operation may not use this HTTP method";
    RateLimited = "RATE_LIMITED", true, "操作过于频繁,请稍后再试", "too many requests, try again later";
    TooManyOperations = "TOO_MANY_OPERATIONS", true, "同时进行的操作或连接过多", "too many operations or connections at once, end one first";
    Unauthenticated = "UNAUTHENTICATED", false, "请先登录", "sign in first";
    TokenExpired = "TOKEN_EXPIRED", true, "登录已过期,请刷新令牌", "the access token has expired, refresh it";
    TokenInvalid = "TOKEN_INVALID", false, "令牌无效,请重新登录", "the token is not valid, sign in again";
    LoginFailed = "LOGIN_FAILED", false, "手机号或密码不正确", "phone or password is wrong";
    LoginLocked = "LOGIN_LOCKED", true, "尝试次数过多,请稍后再试", "too many wrong guesses, nothing is tried for a while";
    PhoneCodeInvalid = "PHONE_CODE_INVALID", false, "验证码不正确或已失效", "the one-time code is wrong, used or too old";
    NotRegistered = "NOT_REGISTERED", false, "该手机号尚未注册", "the phone is proven and has no account yet";
    PhoneRequired = "PHONE_REQUIRED", false, "请先绑定手机号", "bind a phone first";
    SecondFactorRequired = "SECOND_FACTOR_REQUIRED", false, "请先完成两步验证", "show the second factor of this sign-in first";
    SecondFactorInvalid = "SECOND_FACTOR_INVALID", false, "动态口令不正确或已使用", "the code of the second factor is wrong or used";
    WechatCodeInvalid = "WECHAT_CODE_INVALID", false, "微信登录凭证无效,请重试", "the code from WeChat is wrong, used or too old";
    WechatRefused = "WECHAT_REFUSED", false, "微信拒绝了此操作", "WeChat refuses this";
    NotOffered = "NOT_OFFERED", false, "本系统未开通此功能", "this deployment does not offer that";
    Forbidden = "FORBIDDEN", false, "没有权限执行此操作", "this is not allowed to you";
    EventsMissed = "EVENTS_MISSED", false, "部分变更已过期,请重新加载", "events after this one are no longer kept; load the present state and follow from now on";
    NotFound = "NOT_FOUND", false, "未找到", "there is nothing by that id here";
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH", false, "同一幂等键对应了不同的内容", "the idempotency key was used with another input";
    Conflict = "CONFLICT", true, "数据刚被他人修改,请重试", "someone else changed this at the same moment, try again";
    StateChanged = "STATE_CHANGED", false, "当前状态不允许此操作", "the state it is in does not allow this";
    PhoneTaken = "PHONE_TAKEN", false, "该手机号已注册", "the phone is registered already";
    PasswordWeak = "PASSWORD_WEAK", false, "密码至少 8 位,且须含字母和数字", "a password has at least 8 characters with letters and digits";
    AlreadyVolunteer = "ALREADY_VOLUNTEER", false, "已注册为志愿者", "the account is a volunteer already";
    NotVolunteer = "NOT_VOLUNTEER", false, "请先注册为志愿者", "register as a volunteer first";
    VolunteerSuspended = "VOLUNTEER_SUSPENDED", false, "志愿者资格已暂停", "the volunteer is suspended";
    NameTaken = "NAME_TAKEN", false, "名称已被使用", "the name is taken";
    CodeTaken = "CODE_TAKEN", false, "代码已被使用", "the code is taken";
    WordReserved = "WORD_RESERVED", false, "不得按前科、信访、疾病或户籍给人分类", "people are not classified by record, petition, illness or residence";
    RegionLevel = "REGION_LEVEL", false, "本社区未定义该网格层级", "the community has not defined a level that deep";
    TaxonomyUnknown = "TAXONOMY_UNKNOWN", false, "代码不在本社区的分类表中", "the code is not in the community's list";
    AlreadyGranted = "ALREADY_GRANTED", false, "已授予该角色", "the role is granted already";
    DutiesSeparate = "DUTIES_SEPARATE", false, "管理员与审计员不能由同一人担任", "who runs a place does not audit it, and the other way round";
    AlreadyMember = "ALREADY_MEMBER", false, "已是队员", "already a member of the team";
    InsuranceRequired = "INSURANCE_REQUIRED", false, "高风险活动须先购买意外保险", "a risky activity needs accident insurance first";
    RiskNoteRequired = "RISK_NOTE_REQUIRED", false, "须如实告知活动风险", "the risks must be stated";
    SessionFull = "SESSION_FULL", false, "名额已满", "the session is full";
    SessionOverlap = "SESSION_OVERLAP", false, "与已报名的场次或已接受的对接时间冲突", "it overlaps with another session or match of the same person";
    SessionStarted = "SESSION_STARTED", false, "场次已开始", "the session has started";
    SessionNotOpen = "SESSION_NOT_OPEN", false, "场次未开放", "the session is not open";
    SessionExists = "SESSION_EXISTS", false, "该活动在此时间已有场次", "the activity has a session at that time already";
    AlreadySignedUp = "ALREADY_SIGNED_UP", false, "已报名", "already signed up";
    NotSignedUp = "NOT_SIGNED_UP", false, "未报名此场次", "not signed up for this session";
    OfferEnded = "OFFER_ENDED", false, "候补名额已失效", "the offer has ended";
    TooYoung = "TOO_YOUNG", false, "未达到要求的年龄", "younger than what is done allows";
    QualificationMissing = "QUALIFICATION_MISSING", false, "缺少所要求的有效资格", "a required qualification is missing or has run out";
    CheckInCodeInvalid = "CHECK_IN_CODE_INVALID", false, "签到码无效", "the check-in code is not valid";
    CheckInCodeStale = "CHECK_IN_CODE_STALE", false, "签到码已过期,请扫描最新的码", "the check-in code is stale, scan the current one";
    CheckInCodeOtherSession = "CHECK_IN_CODE_OTHER_SESSION", false, "签到码属于其他场次", "the check-in code belongs to another session";
    CheckInClosed = "CHECK_IN_CLOSED", false, "不在签到时间内", "it is not the time to check in or out";
    AlreadyCheckedIn = "ALREADY_CHECKED_IN", false, "已签到", "already checked in";
    AlreadyCheckedOut = "ALREADY_CHECKED_OUT", false, "已签退", "already checked out";
    NotCheckedIn = "NOT_CHECKED_IN", false, "尚未签到", "not checked in";
    DeviceUnknown = "DEVICE_UNKNOWN", false, "设备未登记或已停用", "the device is not registered or was revoked";
    SignatureInvalid = "SIGNATURE_INVALID", false, "签名无效", "the signature does not fit";
    OfflineTooOld = "OFFLINE_TOO_OLD", false, "离线签到超过 72 小时", "an offline check-in must be uploaded within 72 hours";
    OfflineReplayed = "OFFLINE_REPLAYED", false, "该离线签到已上传过", "this offline check-in was uploaded before";
    TooShort = "TOO_SHORT", false, "服务时间不足一分钟", "less than one minute was served";
    RecordOverlap = "RECORD_OVERLAP", false, "与已有服务记录时间重叠", "it overlaps with another record of the same person";
    DayFull = "DAY_FULL", false, "当日服务时长超出上限", "more minutes than the day has";
    SecondPersonRequired = "SECOND_PERSON_REQUIRED", false, "须由另一人审核", "a second person must decide";
    SelfDealing = "SELF_DEALING", false, "不能处理本人的记录", "nobody decides on their own record";
    ReasonRequired = "REASON_REQUIRED", false, "须填写理由", "a reason is required";
    AlreadyAwarded = "ALREADY_AWARDED", false, "该记录已发放积分", "the record has brought points already";
    AlreadyReversed = "ALREADY_REVERSED", false, "该笔积分已冲正", "the operation has been reversed already";
    PointsInsufficient = "POINTS_INSUFFICIENT", false, "积分不足", "not enough points";
    PointsOwed = "POINTS_OWED", false, "有待补扣的积分,补足前不能兑换", "points are owed after a revoked record; nothing can be redeemed until they are earned back";
    WalletFrozen = "WALLET_FROZEN", false, "积分账户已冻结", "the points account is frozen";
    OutOfStock = "OUT_OF_STOCK", false, "库存不足", "out of stock";
    QuotaExceeded = "QUOTA_EXCEEDED", false, "超出每人限兑数量", "more than one person may take";
    PriceChanged = "PRICE_CHANGED", false, "兑换价格已变动,请刷新", "the price has changed, look again";
    RewardWithdrawn = "REWARD_WITHDRAWN", false, "奖品已下架", "the reward is no longer offered";
    PickupCodeInvalid = "PICKUP_CODE_INVALID", false, "提货码无效", "the pickup code is not valid";
    PickupExpired = "PICKUP_EXPIRED", false, "提货码已过期,积分已退回", "the pickup code has run out and the points were returned";
    ListingNotOpen = "LISTING_NOT_OPEN", false, "该条目未开放或已过期", "it is not open to be claimed: not published, run out, or over";
    ListingReserved = "LISTING_RESERVED", false, "尚有未完成的对接,请先结束", "some of it is promised and not given yet; end that first";
    QuantityInsufficient = "QUANTITY_INSUFFICIENT", false, "剩余数量不足", "not so many are left";
    SlotRequired = "SLOT_REQUIRED", false, "须选择时段,或该条目不分时段", "a slot must be named for what has slots, and for nothing else";
    SlotFull = "SLOT_FULL", false, "该时段已约满", "the slot is full";
    SlotExists = "SLOT_EXISTS", false, "该条目在此时间已有时段", "it has a slot at that time already";
    ReplyRequired = "REPLY_REQUIRED", false, "须先答复才能办结", "a need is not closed without a reply";
    ConsentRequired = "CONSENT_REQUIRED", false, "须写明本人或监护人同意的凭据", "what shows the consent of the person served, or of the guardian of a minor, must be stated";
    ContactInText = "CONTACT_IN_TEXT", false, "请勿在正文中填写电话,联系方式将单独加密保存", "telephone numbers do not belong into open text; they are kept sealed";
    AlreadyRated = "ALREADY_RATED", false, "已评价", "it has been rated already";
    ReviewersTooFew = "REVIEWERS_TOO_FEW", false, "可评审人数不足", "not enough reviewers without a tie";
    ReviewerRecused = "REVIEWER_RECUSED", false, "存在回避情形,不能评审", "who is tied to the subject does not judge it";
    AlreadyAppointed = "ALREADY_APPOINTED", false, "已在评审名单中", "already on the panel";
    AlreadyScored = "ALREADY_SCORED", false, "已打分,不能更改", "scored already; a score does not change";
    ReviewOver = "REVIEW_OVER", false, "评审已截止", "the time to score in is over";
    ConsensusRequired = "CONSENSUS_REQUIRED", false, "评分分歧较大,须先填写合议意见", "the scores lie far apart; what the panel agreed on must be written down first";
    EvidenceBroken = "EVIDENCE_BROKEN", false, "评审材料与其校验值不符", "the evidence does not fit its hashes any more";
    ProjectIncomplete = "PROJECT_INCOMPLETE", false, "项目申报内容不完整", "something is missing that a project must say before it is handed in";
    GateClosed = "GATE_CLOSED", false, "阶段条件未满足", "facts that this step needs are not there";
    TermsExceeded = "TERMS_EXCEEDED", false, "社区分类词超过 256 个,该需求所用的词无法参与撮合", "the community has more than 256 words, and the need asks for one that matching does not know";
    PlanStale = "PLAN_STALE", false, "撮合方案已过期,请重新生成", "the plan is too old, draw a new one";
    AlreadyMatched = "ALREADY_MATCHED", false, "该需求与该帮助方已有进行中的对接", "the need and the helper have a live match already";
    MatchDismissed = "MATCH_DISMISSED", false, "该配对近期已被谢绝,暂不再推荐", "the pair was declined and is left alone for a while";
    OwnNeed = "OWN_NEED", false, "不能对接本人的需求", "nobody helps with a need of their own";
    HelperPaused = "HELPER_PAUSED", false, "对方暂停接单", "the volunteer asks not to be asked for now";
    HelpersMissing = "HELPERS_MISSING", false, "须写明到场人员", "who of the team came must be said, each of them once and not more than agreed";
    DisputeClosed = "DISPUTE_CLOSED", false, "已超过申诉期限", "the time in which it could be disputed is over";
    TermOverlap = "TERM_OVERLAP", false, "该单位在此期间已有席位", "the unit holds a seat in that time already";
    AllianceEmpty = "ALLIANCE_EMPTY", false, "大党委目前没有成员单位", "no unit sits in the alliance today";
    AlreadyPaired = "ALREADY_PAIRED", false, "已结对,或其中一方已有一对一伙伴", "they are paired already, or one of them has another 1+1 partner";
    UnitNotCheckedIn = "UNIT_NOT_CHECKED_IN", false, "该单位尚未报到", "the unit has not checked in";
    ConsentMissing = "CONSENT_MISSING", false, "须本人同意方可登记", "this is kept with the person's own consent alone";
    FeedbackGiven = "FEEDBACK_GIVEN", false, "该年度已反馈", "the unit has had its feedback about that year";
    AlreadyModelUnit = "ALREADY_MODEL_UNIT", false, "该单位已是当年示范单位", "the unit is a model unit of that year already";
    UnitNotMember = "UNIT_NOT_MEMBER", false, "该清单未下达给此单位", "the task list was not issued to the unit";
    TaskListEmpty = "TASK_LIST_EMPTY", false, "清单中没有任务", "there is no task on the list";
    TaskListFull = "TASK_LIST_FULL", false, "清单任务数已达上限", "the list holds as many tasks as it may";
    TaskExists = "TASK_EXISTS", false, "该需求已在清单中", "the need stands on the list already";
    TaskTaken = "TASK_TAKEN", false, "该任务已由其他单位认领", "another unit has claimed the task";
    PolicyDate = "POLICY_DATE", false, "新规则须从明天或以后生效", "a policy takes effect tomorrow or later";
    ConsentNotGiven = "CONSENT_NOT_GIVEN", false, "须先阅读并同意相应的告知", "agree to the present text of that purpose first";
    GuardianRequired = "GUARDIAN_REQUIRED", false, "未满十四周岁须由监护人同意", "somebody under 14 needs the consent of a guardian";
    IdentityTaken = "IDENTITY_TAKEN", false, "该身份证号已登记", "the identity number is registered already";
    NothingCertified = "NOTHING_CERTIFIED", false, "该期间没有已认定的服务记录", "no certified record lies in the period";
    PartyConsentRequired = "PARTY_CONSENT_REQUIRED", false, "须单独同意处理党员身份信息", "Party membership is kept only with a consent of its own";
    AlreadyDeclared = "ALREADY_DECLARED", false, "已登记党员身份", "the membership has been declared already";
    MeritSchemeMissing = "MERIT_SCHEME_MISSING", false, "该年度尚未发布量化积分办法", "no rules of merit are published for the year";
    MeritLimitReached = "MERIT_LIMIT_REACHED", false, "已达该项或年度积分上限", "the limit of the item or of the year leaves nothing";
    MeritYearClosed = "MERIT_YEAR_CLOSED", false, "该年度已评定,不能再变更", "the year is closed and graded";
    MeritOpen = "MERIT_OPEN", false, "尚有未处理的申报或申诉", "claims or appeals still wait";
    AlreadyAppealed = "ALREADY_APPEALED", false, "已提出过申诉", "an appeal was filed already";
    CalendarMissing = "CALENDAR_MISSING", false, "该年度工作日历尚未录入", "the working days of the year have not been entered";
    SelectionExists = "SELECTION_EXISTS", false, "该年度已有评选", "the year has a selection already";
    NotEligible = "NOT_ELIGIBLE", false, "未达到评选资格", "the frozen records of the year do not make this person eligible";
    AlreadyNominated = "ALREADY_NOMINATED", false, "已被提名", "the person is nominated already";
    AlreadyVoted = "ALREADY_VOTED", false, "已投票", "one person has one vote, and it is cast";
    ScoresMissing = "SCORES_MISSING", false, "评审打分尚未完成", "nominees still lack scores of the panel";
    NoticeRunning = "NOTICE_RUNNING", false, "公示期未满", "the public notice is not over";
    ObjectionOpen = "OBJECTION_OPEN", false, "尚有未处理的异议", "an objection still waits";
    AlreadyObjected = "ALREADY_OBJECTED", false, "已提出异议", "an objection was filed already";
    MediaTooLarge = "MEDIA_TOO_LARGE", false, "图片过大", "the picture has more bytes or pixels than are taken";
    MediaType = "MEDIA_TYPE", false, "仅接受 JPEG、PNG 或 WebP 图片", "what was sent is no JPEG, PNG or WebP that stands still";
    MediaBroken = "MEDIA_BROKEN", false, "图片已损坏,无法读取", "the picture cannot be read or breaks off";
    LinkExpired = "LINK_EXPIRED", false, "链接已过期,请重新获取", "the link has held its time, ask for another";
    LastAdmin = "LAST_ADMIN", false, "您是此处最后一位管理员,请先移交", "the place would be left without an administrator";
    ObligationsOpen = "OBLIGATIONS_OPEN", false, "尚有他人等待您完成的事项", "something that others wait for is not over; finish it first";
    AlreadyRequested = "ALREADY_REQUESTED", false, "同一事项已申请更正,尚未处理", "the same was asked for already and waits for a decision";
    Unavailable = "UNAVAILABLE", true, "服务暂时不可用,请稍后重试", "the server is busy or a part of it is away, try again";
    Internal = "INTERNAL", true, "服务器内部错误", "something went wrong on the server";
}

impl Code {
    /// The code behind a constraint of the schema.
    #[must_use]
    pub fn of_constraint(name: &str) -> Option<Self> {
        Some(match name {
            "points_insufficient" => Self::PointsInsufficient,
            "out_of_stock" => Self::OutOfStock,
            "quota_exceeded" => Self::QuotaExceeded,
            // Other operations meet their key with ON CONFLICT; only an award insists on a new one.
            "awarded_once" | "operation_key" => Self::AlreadyAwarded,
            "reversed_once" => Self::AlreadyReversed,
            // The same picture was sent twice at once.
            "wechat_openid" | "media_once" | "consent_once" | "consent_text_version" | "retention_policy_version" => Self::Conflict,
            "media_own_decision" => Self::SelfDealing,
            "identity_once" => Self::IdentityTaken,
            "correction_profile_once" | "correction_record_once" => Self::AlreadyRequested,
            "acting_for_another" => Self::SelfDealing,
            // The same person was entered twice at once, or two processes drew the list of the month.
            "review_policy_version" | "kinship_once" | "idempotency_key" | "recipient_account" | "recipient_phone" | "task_list_month" => {
                Self::Conflict
            }
            "four_eyes" | "adjustment_four_eyes" | "backfill_second_person" | "gate_four_eyes" | "commitment_four_eyes" => Self::SecondPersonRequired,
            "session_full" => Self::SessionFull,
            "quantity_insufficient" => Self::QuantityInsufficient,
            "slot_full" => Self::SlotFull,
            "slot_once" => Self::SlotExists,
            "review_seat_once" => Self::AlreadyAppointed,
            "vote_once" => Self::AlreadyScored,
            // Two people took the same step at once.
            "review_round_open"
            | "review_round_number"
            | "gate_override_once"
            | "project_repeated_once"
            | "project_activity_once"
            | "listing_step_once"
            | "match_step_once" => Self::StateChanged,
            "match_volunteer_once" | "match_team_once" | "match_offering_once" => Self::AlreadyMatched,
            "session_once" => Self::SessionExists,
            "sign_up_once" => Self::AlreadySignedUp,
            "checked_in_once" | "unit_check_in_once" | "member_check_in_subject" => Self::AlreadyCheckedIn,
            "replayed_once" => Self::OfflineReplayed,
            "service_day_minutes" => Self::DayFull,
            "record_attendance" => Self::RecordOverlap,
            "insurance_required" => Self::InsuranceRequired,
            "account_phone" => Self::PhoneTaken,
            "volunteer_account" => Self::AlreadyVolunteer,
            "pairing_once" | "pairing_one_unit" | "pairing_one_target" => Self::AlreadyPaired,
            "unit_feedback_once" => Self::FeedbackGiven,
            "model_unit_once" => Self::AlreadyModelUnit,
            "task_need_once" => Self::TaskExists,
            "team_name" | "unit_name" => Self::NameTaken,
            "taxonomy_code" | "region_code" => Self::CodeTaken,
            "role_grant_region_once" | "role_grant_team_once" | "role_grant_unit_once" | "acting_once" => Self::AlreadyGranted,
            "party_member_once" => Self::AlreadyDeclared,
            "merit_scheme_once" => Self::Conflict,
            "merit_appeal_once" => Self::AlreadyAppealed,
            "selection_once" => Self::SelectionExists,
            "nominee_once" => Self::AlreadyNominated,
            "selection_voter_pkey" => Self::AlreadyVoted,
            "objection_once" => Self::AlreadyObjected,
            "team_member_pkey" => Self::AlreadyMember,
            _ => return None,
        })
    }
}

/// A refusal, or a failure of something below.
#[derive(Clone, Debug)]
pub struct Error {
    /// What a client acts on.
    pub code: Code,
    /// The input field at fault, as the schema names it.
    pub field: Option<&'static str>,
    /// Numbers and names of the message, for clients that write their own.
    pub params: Vec<(&'static str, String)>,
    /// What went wrong below; logged once where the answer is written, never sent.
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure nobody planned for; `source` is logged.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..Code::Internal.into() }
    }

    /// Names the input field at fault.
    #[must_use]
    pub fn on(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Adds a number or name of the message.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and names are written without a sign of borrowing wherever an error is made")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self { code, field: None, params: Vec::new(), source: None }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let code = db::refused_by(&error).and_then(|name| Code::of_constraint(&name)).unwrap_or_else(|| {
            if db::is_conflict(&error) {
                Code::Conflict
            } else if db::is_unavailable(&error) {
                Code::Unavailable
            } else {
                Code::Internal
            }
        });
        Self { source: Some(Arc::new(error)), ..code.into() }
    }
}

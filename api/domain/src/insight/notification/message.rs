//! What a message says, and how it reads.

use entity::listing_step::StepKind;
use entity::match_step::MatchStepKind;
use entity::time::{BusinessDate, UtcMicros};
use serde::{Deserialize, Serialize};

use crate::event::{CoBuilding, CorrectionNews, Judging};
use crate::insight::{co_building, judging};

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Message {
    /// A seat is held for someone on the waitlist.
    SeatOffered {
        /// The activity.
        activity: String,
        /// When the session begins.
        starts_at: UtcMicros,
        /// Until when the seat is held.
        offer_until: UtcMicros,
    },
    /// A session was called off.
    SessionCancelled {
        /// The activity.
        activity: String,
        /// When it would have begun.
        starts_at: UtcMicros,
    },
    /// A reward was reserved, fetched, cancelled or ran out.
    RedemptionChanged {
        /// The reward.
        reward: String,
        /// How many.
        quantity: i64,
        /// The state of the redemption, as the schema writes it.
        state: String,
    },
    /// Points run out soon.
    PointsExpiring {
        /// How many.
        points: i64,
        /// The last day they can be used.
        expires_on: BusinessDate,
    },
    /// A record was certified.
    RecordCertified {
        /// Minutes.
        minutes: i64,
        /// Points.
        points: i64,
        /// The day of service.
        date: BusinessDate,
    },
    /// A certified record was taken back.
    RecordRevoked {
        /// Minutes.
        minutes: i64,
        /// Points.
        points: i64,
        /// The day of service.
        date: BusinessDate,
    },
    /// The reader's stars rose or fell.
    StarsChanged {
        /// Stars before.
        before: i32,
        /// Stars now.
        stars: i32,
    },
    /// Something happened to a need, a resource or a service of the reader's.
    ListingChanged {
        /// Its title.
        listing: String,
        /// What happened.
        step: StepKind,
        /// What was said.
        note: Option<String>,
    },
    /// Something happened to a match of the reader's.
    MatchChanged {
        /// Title of the need.
        need: String,
        /// What happened.
        step: MatchStepKind,
        /// What was said.
        note: Option<String>,
    },
    /// Something happened to a round of review or a project that concerns the reader.
    Judging {
        /// What.
        news: Judging,
    },
    /// A correction that the reader asked for was decided, or one is to be decided soon.
    Correction {
        /// What.
        news: CorrectionNews,
    },
    /// Something happened in co-building.
    CoBuilding {
        /// What.
        news: CoBuilding,
    },
}

impl Message {
    /// The kind as the table keeps it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SeatOffered { .. } => "SEAT_OFFERED",
            Self::SessionCancelled { .. } => "SESSION_CANCELLED",
            Self::RedemptionChanged { .. } => "REDEMPTION_CHANGED",
            Self::PointsExpiring { .. } => "POINTS_EXPIRING",
            Self::RecordCertified { .. } => "RECORD_CERTIFIED",
            Self::RecordRevoked { .. } => "RECORD_REVOKED",
            Self::StarsChanged { .. } => "STARS_CHANGED",
            Self::ListingChanged { .. } => "LISTING_CHANGED",
            Self::MatchChanged { .. } => "MATCH_CHANGED",
            Self::Judging { .. } => "JUDGING",
            Self::CoBuilding { .. } => "CO_BUILDING",
            Self::Correction { .. } => "CORRECTION",
        }
    }

    /// The headline.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::SeatOffered { .. } => "候补名额已为您保留",
            Self::SessionCancelled { .. } => "活动场次已取消",
            Self::RedemptionChanged { .. } => "兑换状态已更新",
            Self::PointsExpiring { .. } => "积分即将过期",
            Self::RecordCertified { .. } => "服务记录已认定",
            Self::RecordRevoked { .. } => "服务记录已撤销",
            Self::StarsChanged { .. } => "志愿者星级已更新",
            Self::ListingChanged { .. } => "清单条目有新进展",
            Self::MatchChanged { .. } => "供需对接有新进展",
            Self::Judging { news } => judging::title(news),
            Self::CoBuilding { news } => co_building::title(news),
            Self::Correction { news: CorrectionNews::Due } => "更正申请即将到期",
            Self::Correction { .. } => "更正申请已处理",
        }
    }

    /// The text below it.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::SeatOffered { activity, starts_at, offer_until } => {
                format!("「{activity}」{} 的场次有空位,请在 {} 前确认,过期将让给下一位。", local(*starts_at), local(*offer_until))
            }
            Self::SessionCancelled { activity, starts_at } => format!("「{activity}」{} 的场次已取消,您的报名已一并取消。", local(*starts_at)),
            Self::RedemptionChanged { reward, quantity, state } => {
                let outcome = match state.as_str() {
                    "RESERVED" => "已为您预留,请凭提货码领取",
                    "FULFILLED" => "已领取",
                    "CANCELLED" => "已取消,积分已退回",
                    _ => "逾期未领取,积分已退回",
                };
                format!("{reward} × {quantity} {outcome}。")
            }
            Self::PointsExpiring { points, expires_on } => format!("您有 {points} 积分将于 {} 过期,请及时兑换。", day(*expires_on)),
            Self::RecordCertified { minutes, points, date } => format!("{} 的服务已认定 {minutes} 分钟,获得 {points} 积分。", day(*date)),
            Self::RecordRevoked { minutes, points, date } => {
                format!("{} 的服务记录({minutes} 分钟,{points} 积分)已撤销。如有异议,请联系社区。", day(*date))
            }
            Self::StarsChanged { before, stars } if stars > before => format!("恭喜您成为 {stars} 星志愿者,感谢您的付出!"),
            Self::StarsChanged { stars, .. } => format!("因服务记录或星级标准调整,您现为 {stars} 星志愿者。如有异议,请联系社区。"),
            Self::ListingChanged { listing, step, note } => {
                let outcome = match step {
                    StepKind::Verified => "已核实",
                    StepKind::Published => "已发布",
                    StepKind::Replied => "有了答复",
                    StepKind::Resolved => "已全部落实",
                    StepKind::Closed => "已办结",
                    StepKind::Expired => "已到期",
                    StepKind::Filed | StepKind::Rated | StepKind::Withdrawn => "有更新",
                };
                note.as_ref().map_or_else(|| format!("「{listing}」{outcome}。"), |note| format!("「{listing}」{outcome}:{note}"))
            }
            Self::Judging { news } => judging::body(news),
            Self::CoBuilding { news } => co_building::body(news),
            Self::Correction { news } => match news {
                CorrectionNews::Due => "有居民的更正申请三天内到期,请尽快处理。",
                CorrectionNews::Granted => "您的更正申请已同意,请查看处理意见。",
                CorrectionNews::Refused => "您的更正申请未予同意,请查看处理意见。如有疑问,请联系社区。",
            }
            .to_owned(),
            Self::MatchChanged { need, step, note } => {
                let outcome = match step {
                    MatchStepKind::Proposed => "有新的对接建议,请您决定是否接受",
                    MatchStepKind::Accepted => "的对接已被接受",
                    MatchStepKind::Started => "的服务已开始",
                    MatchStepKind::Finished => "的服务已结束,请确认",
                    MatchStepKind::Confirmed => "的服务已确认,感谢您的付出",
                    MatchStepKind::Declined => "的对接未被接受",
                    MatchStepKind::Expired => "的对接已逾期",
                    MatchStepKind::Withdrawn => "的对接已撤回",
                    MatchStepKind::Disputed => "的服务有异议,社区将核实",
                    MatchStepKind::Resolved => "的异议已处理",
                };
                note.as_ref().map_or_else(|| format!("「{need}」{outcome}。"), |note| format!("「{need}」{outcome}:{note}"))
            }
        }
    }
}

fn local(moment: UtcMicros) -> String {
    moment.date_time().with_timezone(&entity::time::zone()).format("%m月%d日 %H:%M").to_string()
}

fn day(date: BusinessDate) -> String {
    date.naive().format("%Y年%m月%d日").to_string()
}

#[cfg(test)]
mod tests {
    use entity::time::BusinessDate;

    use super::Message;

    #[test]
    fn a_message_reads_the_same_after_it_was_stored() {
        let message = Message::PointsExpiring { points: 30, expires_on: BusinessDate(20_261_231) };
        let stored = serde_json::to_string(&message).expect("written");
        let read: Message = serde_json::from_str(&stored).expect("read");
        assert_eq!(read, message);
        assert!(stored.contains(message.kind()));
        assert_eq!(read.body(), "您有 30 积分将于 2026年12月31日 过期,请及时兑换。");
    }
}

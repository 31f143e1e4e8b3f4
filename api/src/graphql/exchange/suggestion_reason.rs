//! Why a pair fits, for clients: kinds and numbers, and the same in words.

use async_graphql::{ContainerType, Context, Enum, Object, ServerResult, Value};
use domain::exchange::suggestion::Told;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::graphql::at_hand::AtHand;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TextLanguage {
    /// 中文
    Zh,
    /// English
    En,
}

/// Why a helper suits a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::exchange::suggestion::ReasonKind")]
pub enum SuggestionReasonKind {
    /// It has what is asked for: `part` of `whole` skills and kinds of service.
    Skill,
    /// It is near in the region tree: `part` steps from region to region.
    Tree,
    /// It is near on the map: `part` metres from the middle of its region; null where one of the points is unknown.
    Metres,
    /// It is free: for `part` of the `whole` minutes in which the need can be met.
    Time,
    /// It has the colour of the need: `part` is 1 for the same, `whole` 1 when the need has one.
    Colour,
    /// It keeps its promises: `part` of `whole` in the last twelve weeks. Everybody is lent eight of ten.
    Reliability,
    /// It served little lately: `part` minutes in the last four weeks.
    Load,
    /// It was not asked lately: `part` days ago; null when not within four weeks.
    Rotation,
    /// The need is pressing: `part` from 0 (盼) to `whole`, 3 (急).
    Urgency,
    /// Who is in need has served others: `part` of `whole` minutes count. It never outweighs a step of urgency.
    Contributed,
}

/// A reason for a suggestion. The `micros` of all its reasons add up to its score.
pub struct SuggestionReason(pub Told);

impl AtHand for SuggestionReason {
    type Shape = Self;

    fn value(&self, field: &str) -> Option<Value> {
        let Told { kind, micros, part, whole } = self.0;
        Some(match field {
            "kind" => SuggestionReasonKind::from(kind).into(),
            "micros" => micros.into(),
            "part" => part.map_or(Value::Null, Value::from),
            "whole" => whole.map_or(Value::Null, Value::from),
            _ => return None,
        })
    }

    fn ask<'a>(&'a self, ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>> {
        self.resolve_field(ctx).boxed()
    }
}

/// A reason for a suggestion. The `micros` of all its reasons add up to its score.
#[Object]
impl SuggestionReason {
    /// Which reason.
    async fn kind(&self) -> SuggestionReasonKind {
        self.0.kind.into()
    }

    /// What it gives, in millionths of a point of score.
    async fn micros(&self) -> i64 {
        self.0.micros
    }

    /// The first number behind it; see `kind`.
    async fn part(&self) -> Option<u32> {
        self.0.part
    }

    /// The second number behind it; see `kind`.
    async fn whole(&self) -> Option<u32> {
        self.0.whole
    }

    /// The reason in words.
    async fn text(&self, #[graphql(desc = "In which language.", default_with = "TextLanguage::Zh")] language: TextLanguage) -> String {
        words(&self.0, language)
    }
}

fn words(told: &Told, language: TextLanguage) -> String {
    use domain::exchange::suggestion::ReasonKind as Kind;
    let (part, whole) = (told.part.unwrap_or_default(), told.whole.unwrap_or_default());
    let zh = language == TextLanguage::Zh;
    let pick = |chinese: String, english: String| if zh { chinese } else { english };
    match told.kind {
        Kind::Skill => pick(format!("具备所需的 {part}/{whole} 项服务能力"), format!("has {part} of {whole} skills and kinds of service asked for")),
        Kind::Tree => pick(format!("网格相距 {part} 级"), format!("{part} steps away in the region tree")),
        Kind::Metres if told.part.is_none() => pick("距离未知".into(), "the distance is not known".into()),
        Kind::Metres => pick(format!("距离约 {part} 米"), format!("about {part} metres away")),
        Kind::Time if whole == 0 => pick("不限时间".into(), "at any time".into()),
        Kind::Time => pick(format!("可服务时间 {part}/{whole} 分钟"), format!("free for {part} of {whole} minutes")),
        Kind::Colour if whole == 0 => pick("不限队伍颜色".into(), "of any colour".into()),
        Kind::Colour if part == 1 => pick("队伍颜色一致".into(), "of the same colour".into()),
        Kind::Colour => pick("队伍颜色不同".into(), "of another colour".into()),
        Kind::Reliability => pick(format!("近期履约 {part}/{whole} 次"), format!("kept {part} of {whole} promises lately")),
        Kind::Load => pick(format!("近四周已服务 {part} 分钟"), format!("served {part} minutes in the last four weeks")),
        Kind::Rotation if told.part.is_none() => pick("近四周未被邀请".into(), "not asked in the last four weeks".into()),
        Kind::Rotation => pick(format!("{part} 天前被邀请过"), format!("asked {part} days ago")),
        Kind::Urgency => {
            let level = usize::try_from(part).unwrap_or_default().min(3);
            let (chinese, english) = (["盼", "愁", "难", "急"][level], ["longed for", "worrying", "difficult", "urgent"][level]);
            pick(format!("紧急程度:{chinese}"), format!("the need is {english}"))
        }
        Kind::Contributed => pick(format!("求助者曾服务 {whole} 分钟"), format!("who is in need has served {whole} minutes")),
    }
}

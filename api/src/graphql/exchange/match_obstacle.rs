//! Why a pair does not fit, and the one change that would help, for clients: kinds and numbers, and the same in words.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::exchange::matching::load::{Frame, Term};
use domain::exchange::matching::obstacle::{Change, Obstacle};
use domain::exchange::matching::slot::{Day, SLOT_MINUTES};
use entity::time::{BusinessDate, UtcMicros};

/// What is in the way of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ObstacleKind {
    /// It gives something else than what is wanted.
    Kind,
    /// It is the helper's own need.
    OwnNeed,
    /// It has not said what it can do, and so has not agreed to be asked.
    Consent,
    /// One side turned the other down, until and including `until`.
    Dismissed,
    /// It is being asked already, or has agreed.
    AlreadyAsked,
    /// It does not come that far.
    Reach,
    /// It lacks the skill or kind of service `term`.
    Skill,
    /// It lacks the qualification `term`.
    Qualification,
    /// The qualification `term` ran out on `until`, before `on`.
    QualificationExpired,
    /// It pauses until and including `until`.
    Paused,
    /// It is younger than `needed` years on `on`; it gets so old on `until`, where that is known.
    UnderAge,
    /// It has no accident insurance on `on`.
    Insurance,
    /// It has time for `left` of `needed` minutes only.
    Busy,
    /// It has `left` of `needed` minutes left in that week.
    WeekMinutes,
    /// It has no task left in that week.
    WeekTasks,
    /// It has no task left at all.
    Tasks,
}

/// What would make a pair fit, if nothing else is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ChangeKind {
    /// Saying what one can do.
    Consent,
    /// Lifting the dismissal that holds until `date`.
    LiftDismissal,
    /// Coming further.
    WidenReach,
    /// Learning the skill `term`.
    AddSkill,
    /// Having the qualification `term` verified, valid on `date`.
    AddQualification,
    /// Renewing the qualification `term`, until `date` at least.
    RenewQualification,
    /// Ending the pause before `date`.
    EndPause,
    /// Holding it on `date` or later: the helper is then old enough.
    NotBefore,
    /// Giving the date of birth.
    GiveBirth,
    /// Accident insurance until `date` at least.
    Insure,
    /// Being free from `startsAt` to `endsAt`.
    BeFree,
    /// Taking on `number` minutes in that week.
    RaiseMinutes,
    /// Taking on one task more.
    RaiseTasks,
}

/// A word of one of the community's lists.
#[derive(SimpleObject)]
pub struct MatchTerm {
    /// Its code.
    code: String,
    /// The word shown.
    label: String,
}

impl From<&Term> for MatchTerm {
    fn from(term: &Term) -> Self {
        Self { code: term.code.clone(), label: term.label.clone() }
    }
}

/// Something in the way of a pair.
#[derive(SimpleObject)]
pub struct MatchObstacle {
    /// Which.
    kind: ObstacleKind,
    /// The skill, kind of service or qualification.
    term: Option<MatchTerm>,
    /// Day until which something holds; see `kind`.
    until: Option<NaiveDate>,
    /// Day on which the helper would come.
    on: Option<NaiveDate>,
    /// How much is needed; see `kind`.
    needed: Option<i32>,
    /// How much there is.
    left: Option<i32>,
    /// In Chinese.
    text: String,
    /// In English.
    text_en: String,
}

impl MatchObstacle {
    /// In words, without numbers.
    fn of(kind: ObstacleKind, text: &str, text_en: &str) -> Self {
        Self { kind, term: None, until: None, on: None, needed: None, left: None, text: text.to_owned(), text_en: text_en.to_owned() }
    }
}

/// The one change that would make a pair fit.
#[derive(SimpleObject)]
pub struct MatchChange {
    /// Which.
    kind: ChangeKind,
    /// The skill, kind of service or qualification.
    term: Option<MatchTerm>,
    /// See `kind`.
    date: Option<NaiveDate>,
    /// From when.
    starts_at: Option<DateTime<Utc>>,
    /// Until when.
    ends_at: Option<DateTime<Utc>>,
    /// See `kind`.
    number: Option<i32>,
    /// In Chinese.
    text: String,
    /// In English.
    text_en: String,
}

fn date(day: Day) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day)
}

fn shown(day: Day) -> String {
    date(day).map(|date| date.to_string()).unwrap_or_default()
}

fn minutes(slots: u16) -> i32 {
    i32::from(slots) * i32::from(SLOT_MINUTES)
}

fn label(frame: &Frame, term: u8) -> String {
    frame.terms.get(term).map(|term| term.label.clone()).unwrap_or_default()
}

/// An obstacle in the words of the community.
pub(super) fn obstacle(frame: &Frame, obstacle: Obstacle) -> MatchObstacle {
    let blank = MatchObstacle::of;
    let named =
        |kind, term: u8, text: String, text_en: String| MatchObstacle { term: frame.terms.get(term).map(Into::into), ..blank(kind, &text, &text_en) };
    match obstacle {
        Obstacle::Kind { .. } => blank(ObstacleKind::Kind, "提供的内容与需求不同", "it gives something else than what is wanted"),
        Obstacle::Own => blank(ObstacleKind::OwnNeed, "这是本人的需求", "it is the helper's own need"),
        Obstacle::Consent => blank(ObstacleKind::Consent, "尚未填写服务意愿", "it has not said what it can do"),
        Obstacle::Asked => blank(ObstacleKind::AlreadyAsked, "已发出邀请或已达成对接", "it is being asked already, or has agreed"),
        Obstacle::Dismissed { until } => MatchObstacle {
            until: date(until),
            ..blank(ObstacleKind::Dismissed, &format!("{} 前不再推荐", shown(until + 1)), &format!("turned down until {}", shown(until)))
        },
        Obstacle::Reach { .. } => blank(ObstacleKind::Reach, "超出服务范围", "the need lies beyond its reach"),
        Obstacle::Skill { term } => {
            named(ObstacleKind::Skill, term, format!("缺少:{}", label(frame, term)), format!("lacks: {}", label(frame, term)))
        }
        Obstacle::Qualification { term } => named(
            ObstacleKind::Qualification,
            term,
            format!("缺少资格:{}", label(frame, term)),
            format!("lacks the qualification {}", label(frame, term)),
        ),
        Obstacle::Expired { term, until, on } => MatchObstacle {
            until: date(until),
            on: date(on),
            ..named(
                ObstacleKind::QualificationExpired,
                term,
                format!("资格“{}”已于 {} 到期", label(frame, term), shown(until)),
                format!("the qualification {} ran out on {}", label(frame, term), shown(until)),
            )
        },
        Obstacle::Paused { until, on } => MatchObstacle {
            until: date(until),
            on: date(on),
            ..blank(ObstacleKind::Paused, &format!("暂停服务至 {}", shown(until)), &format!("pauses until {}", shown(until)))
        },
        Obstacle::UnderAge { least, turns, on } => MatchObstacle {
            until: turns.and_then(date),
            on: date(on),
            needed: Some(i32::from(least)),
            ..blank(ObstacleKind::UnderAge, &format!("未满 {least} 周岁"), &format!("younger than {least}"))
        },
        Obstacle::Insurance { until, on } => MatchObstacle {
            until: until.and_then(date),
            on: date(on),
            ..blank(ObstacleKind::Insurance, "没有有效的意外保险", "no accident insurance on that day")
        },
        Obstacle::Busy { from, to, free } => MatchObstacle {
            needed: Some(minutes(to - from)),
            left: Some(minutes(free)),
            ..blank(ObstacleKind::Busy, "该时间没有空", "not free at that time")
        },
        Obstacle::WeekMinutes { left, needed, .. } => MatchObstacle {
            needed: Some(needed.into()),
            left: Some(left.into()),
            ..blank(ObstacleKind::WeekMinutes, "当周服务时长已达上限", "too few minutes are left in that week")
        },
        Obstacle::WeekPlaces { .. } => blank(ObstacleKind::WeekTasks, "当周任务数已达上限", "no task is left in that week"),
        Obstacle::Places => blank(ObstacleKind::Tasks, "任务数已达上限", "no task is left"),
    }
}

/// A change in the words of the community.
pub(super) fn change(frame: &Frame, change: Change) -> MatchChange {
    let blank = |kind, text: &str, text_en: &str| MatchChange {
        kind,
        term: None,
        date: None,
        starts_at: None,
        ends_at: None,
        number: None,
        text: text.to_owned(),
        text_en: text_en.to_owned(),
    };
    let dated = |kind, day: Day, text: String, text_en: String| MatchChange { date: date(day), ..blank(kind, &text, &text_en) };
    let word = |term: u8| (frame.terms.get(term).map(MatchTerm::from), label(frame, term));
    match change {
        Change::Consent => blank(ChangeKind::Consent, "填写服务意愿", "saying what one can do"),
        Change::LiftDismissal { until } => {
            dated(ChangeKind::LiftDismissal, until, format!("{} 之后再推荐", shown(until)), format!("waiting until after {}", shown(until)))
        }
        Change::WidenReach { .. } => blank(ChangeKind::WidenReach, "扩大服务范围", "coming further"),
        Change::AddSkill { term } => {
            let (term, label) = word(term);
            MatchChange { term, ..blank(ChangeKind::AddSkill, &format!("增加特长:{label}"), &format!("adding the skill {label}")) }
        }
        Change::AddQualification { term, until } => {
            let (term, label) = word(term);
            let change = dated(ChangeKind::AddQualification, until, format!("审核资格:{label}"), format!("having {label} verified"));
            MatchChange { term, ..change }
        }
        Change::RenewQualification { term, until } => {
            let (term, label) = word(term);
            let english = format!("renewing {label} until {}", shown(until));
            let change = dated(ChangeKind::RenewQualification, until, format!("将资格“{label}”续期至 {}", shown(until)), english);
            MatchChange { term, ..change }
        }
        Change::EndPause { before } => {
            dated(ChangeKind::EndPause, before, format!("在 {} 前结束暂停", shown(before)), format!("ending the pause before {}", shown(before)))
        }
        Change::NotBefore { day } => {
            dated(ChangeKind::NotBefore, day, format!("改在 {} 或之后", shown(day)), format!("holding it on {} or later", shown(day)))
        }
        Change::GiveBirth => blank(ChangeKind::GiveBirth, "补充出生日期", "giving the date of birth"),
        Change::Insure { until } => dated(
            ChangeKind::Insure,
            until,
            format!("办理有效期至 {} 的意外保险", shown(until)),
            format!("accident insurance until {}", shown(until)),
        ),
        Change::BeFree { from, to } => {
            let (starts_at, ends_at) = (moment(frame, from), moment(frame, to));
            MatchChange { starts_at, ends_at, ..blank(ChangeKind::BeFree, "在该时间有空", "being free at that time") }
        }
        Change::RaiseMinutes { to, .. } => MatchChange {
            number: Some(to.into()),
            ..blank(ChangeKind::RaiseMinutes, "提高每周服务时长上限", "taking on more minutes a week")
        },
        Change::RaisePlaces { .. } | Change::RaiseTotal => blank(ChangeKind::RaiseTasks, "提高任务数上限", "taking on one task more"),
    }
}

/// The moment a slot begins.
fn moment(frame: &Frame, slot: u16) -> Option<DateTime<Utc>> {
    let midnight = BusinessDate::from_naive(date(frame.horizon.first)?).starts_at();
    Some(midnight.plus(i64::from(minutes(slot)) * UtcMicros::MINUTE).date_time())
}

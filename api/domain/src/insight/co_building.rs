//! What news of co-building say to their reader: headline, text, and the key that names the fact.

use entity::joint_meeting::JointMeetingState;
use entity::time::BusinessDate;

use crate::event::{CoBuilding, TaskChange};

/// The headline.
#[must_use]
pub const fn title(news: &CoBuilding) -> &'static str {
    match news {
        CoBuilding::TaskListDrawn { .. } => "月任务清单已生成",
        CoBuilding::TaskListIssued { .. } => "月任务清单已下达",
        CoBuilding::TaskChanged { .. } => "共建任务有新进展",
        CoBuilding::TaskDue { overdue: false, .. } => "共建任务即将到期",
        CoBuilding::TaskDue { overdue: true, .. } => "共建任务已逾期",
        CoBuilding::JointMeetingChanged { state: JointMeetingState::Cancelled, .. } => "党建联席会已取消",
        CoBuilding::JointMeetingChanged { .. } => "党建联席会通知",
        CoBuilding::UnitFeedbackGiven { .. } => "年度反馈",
    }
}

/// The text below it.
#[must_use]
pub fn body(news: &CoBuilding) -> String {
    match news {
        CoBuilding::TaskListDrawn { month, tasks, due_on, .. } => {
            format!("{} 的月任务清单已汇总 {tasks} 项,请核对后下达,{} 前反馈。", month_text(*month), day(*due_on))
        }
        CoBuilding::TaskListIssued { month, tasks, due_on, .. } => {
            format!("{} 的月任务清单共 {tasks} 项,请认领或说明理由,并于 {} 前反馈。", month_text(*month), day(*due_on))
        }
        CoBuilding::TaskChanged { title, unit, change, .. } => {
            let outcome = match change {
                TaskChange::Claimed => "已认领",
                TaskChange::Declined => "未认领或已退回",
                TaskChange::Returned => "已反馈",
                TaskChange::Withdrawn => "认领的任务已撤下",
            };
            format!("「{title}」:{unit}{outcome}。")
        }
        CoBuilding::TaskDue { title, due_on, overdue: false, .. } => format!("「{title}」请于 {} 前反馈。", day(*due_on)),
        CoBuilding::TaskDue { title, due_on, overdue: true, .. } => format!("「{title}」应于 {} 前反馈,现已亮红灯,请尽快反馈。", day(*due_on)),
        CoBuilding::JointMeetingChanged { title, place, starts_at, state, .. } => {
            let outcome = if *state == JointMeetingState::Cancelled { "已取消" } else { "请派代表参加" };
            format!("「{title}」{} 在{place},{outcome}。", starts_at.date_time().with_timezone(&entity::time::zone()).format("%m月%d日 %H:%M"))
        }
        CoBuilding::UnitFeedbackGiven { unit, year, members, minutes, .. } => {
            format!("{unit}{year}年度:报到党员 {members} 名,服务 {minutes} 分钟。感谢贵单位的支持。")
        }
    }
}

/// The fact, so that it is told once.
#[must_use]
pub fn key(news: &CoBuilding) -> String {
    match news {
        CoBuilding::TaskListDrawn { task_list_id, .. } => format!("task-list:{task_list_id}:drawn"),
        CoBuilding::TaskListIssued { task_list_id, .. } => format!("task-list:{task_list_id}:issued"),
        CoBuilding::TaskChanged { task_id, change, at, .. } => format!("task:{task_id}:{change:?}:{}", at.0),
        CoBuilding::JointMeetingChanged { meeting_id, state, .. } => format!("joint-meeting:{meeting_id}:{state:?}"),
        CoBuilding::UnitFeedbackGiven { unit_feedback_id, .. } => format!("unit-feedback:{unit_feedback_id}"),
        CoBuilding::TaskDue { task_id, overdue, .. } => format!("task:{task_id}:{}", if *overdue { "overdue" } else { "due" }),
    }
}

fn month_text(month: i32) -> String {
    format!("{}年{}月", month / 100, month % 100)
}

fn day(date: BusinessDate) -> String {
    date.naive().format("%m月%d日").to_string()
}

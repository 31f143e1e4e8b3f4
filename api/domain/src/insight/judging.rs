//! What messages about reviews, projects and selections say, and the key that names the fact.

use entity::project_step::ProjectStep;
use entity::review_round::Verdict;

use crate::event::{Judging, ReviewNews, SelectionNews};

/// The headline.
#[must_use]
pub const fn title(news: &Judging) -> &'static str {
    match news {
        Judging::Review { .. } => "评审有新进展",
        Judging::Project { .. } => "共建项目有新进展",
        Judging::Selection { .. } => "志愿先锋评选有新进展",
    }
}

/// The text below it.
#[must_use]
pub fn body(news: &Judging) -> String {
    match news {
        Judging::Review { title, what, .. } => review(title, *what),
        Judging::Project { title, step, note, .. } => project(title, *step, note.as_deref()),
        Judging::Selection { title, what, .. } => selection(title, *what),
    }
}

/// Names the fact, so that it is told once.
#[must_use]
pub fn key(news: &Judging) -> String {
    match news {
        Judging::Review { round_id, what, at, .. } => format!("review:{round_id}:{what:?}:{}", at.0),
        Judging::Project { project_id, step, at, .. } => format!("project:{project_id}:{step:?}:{}", at.0),
        Judging::Selection { nominee_id, what, at, .. } => format!("selection:{nominee_id}:{what:?}:{}", at.0),
    }
}

fn review(subject: &str, news: ReviewNews) -> String {
    match news {
        ReviewNews::Appointed => format!("您被选为「{subject}」的评审,请查阅评审材料并独立打分。"),
        ReviewNews::Reminded => format!("「{subject}」的评审即将截止,请尽快打分。"),
        ReviewNews::Over => format!("「{subject}」的评审已到期,打分人数不足。"),
        ReviewNews::Short => format!("「{subject}」有评审回避,已无其他评审可以递补。"),
        ReviewNews::Closed => format!("「{subject}」打分已完成,待公布结果。"),
        ReviewNews::Wide => format!("「{subject}」打分已完成,分歧较大,须写明合议意见后公布。"),
        ReviewNews::Published(Verdict::Approve) => format!("「{subject}」评审通过。"),
        ReviewNews::Published(Verdict::Return) => format!("「{subject}」评审退回修改。"),
        ReviewNews::Published(Verdict::Reject) => format!("「{subject}」评审未通过。"),
    }
}

fn selection(selection: &str, news: SelectionNews) -> String {
    match news {
        SelectionNews::Nominated => format!("您被提名参加「{selection}」,请确认是否参评;参评即同意公示时公开姓名。"),
        SelectionNews::Listed => format!("您已进入「{selection}」公示名单。"),
        SelectionNews::NotListed => format!("「{selection}」已公示,您本次未入选,感谢您的付出。"),
        SelectionNews::Excluded => format!("您已不在「{selection}」的候选之列。如有疑问,请联系社区。"),
        SelectionNews::Honoured => format!("恭喜您获评「{selection}」!荣誉默认仅自己可见,您可选择是否展示。"),
        SelectionNews::Cancelled => format!("「{selection}」已取消。"),
        SelectionNews::ObjectionUpheld => format!("您对「{selection}」公示名单提出的异议成立。"),
        SelectionNews::ObjectionDismissed => format!("您对「{selection}」公示名单提出的异议经核实不成立。"),
    }
}

fn project(project: &str, step: ProjectStep, note: Option<&str>) -> String {
    let what = match step {
        ProjectStep::Draft => "已建立草稿",
        ProjectStep::Submit => "已提交",
        ProjectStep::OpenReview => "已进入评审",
        ProjectStep::Recall => "评审已撤回,待重新评审",
        ProjectStep::Return => "已退回修改",
        ProjectStep::Approve => "已通过评审",
        ProjectStep::Reject => "未通过评审",
        ProjectStep::Publish => "已发布",
        ProjectStep::Match => "已完成对接",
        ProjectStep::Start => "已启动",
        ProjectStep::Complete => "已完成",
        ProjectStep::Evaluate => "已评价",
        ProjectStep::Cancel => "已取消",
    };
    note.map_or_else(|| format!("「{project}」{what}。"), |note| format!("「{project}」{what}:{note}"))
}

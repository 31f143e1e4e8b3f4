//! What stands on the sheet of a certificate, line by line. The lines say everything that the snapshot says, and nothing else.

use super::snapshot::{Entry, Snapshot};

/// How a line is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The name of the sheet.
    Title,
    /// The name of a group.
    Heading,
    /// A fact.
    Body,
    /// A remark.
    Small,
}

/// A line of the sheet; it may run over several when printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it is set.
    pub style: Style,
    /// What it says.
    pub text: String,
}

/// The lines of a sheet, and the first sixteen digits of the digest to compare with what the verification page shows.
#[must_use]
pub fn lines(snapshot: &Snapshot, digest: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |style, text: String| lines.push(Line { style, text });
    let holder = &snapshot.holder;
    add(Style::Title, "志愿服务记录证明".to_owned());
    add(Style::Small, format!("证明编号:{}", snapshot.number));
    add(
        Style::Body,
        format!(
            "兹证明 {} 自 {} 至 {} 参加志愿服务 {} 次,累计服务 {} 小时({} 分钟)。",
            holder.name,
            snapshot.period_from,
            snapshot.period_to,
            snapshot.service.len(),
            hours(snapshot.minutes),
            snapshot.minutes
        ),
    );
    add(Style::Heading, "一、基本信息".to_owned());
    add(Style::Body, format!("姓名:{}  志愿者编号:{}", holder.name, holder.number));
    add(Style::Body, format!("出生日期:{}  注册日期:{}  星级:{}", holder.birth_date, holder.since, holder.stars));
    add(Style::Heading, "二、服务信息".to_owned());
    for service in &snapshot.service {
        add(
            Style::Body,
            format!(
                "{}  {}:{}  {}  {}  {} 分钟  证据等级 {}",
                service.date, service.kind, service.content, service.team, service.place, service.minutes, service.evidence
            ),
        );
    }
    for (heading, entries) in
        [("三、培训信息", &snapshot.training), ("四、表彰奖励信息", &snapshot.commendation), ("五、评价信息", &snapshot.evaluation)]
    {
        add(Style::Heading, heading.to_owned());
        for text in entries.iter().map(entry) {
            add(Style::Body, text);
        }
        if entries.is_empty() {
            add(Style::Body, "无".to_owned());
        }
    }
    add(Style::Heading, format!("出具单位:{}", snapshot.issuer));
    add(Style::Body, format!("经办人:{}  出具日期:{}", snapshot.handler.as_deref().unwrap_or("本人通过系统申领"), snapshot.issued_on));
    add(Style::Small, format!("校验码:{}", hex::encode(&digest[..digest.len().min(8)])));
    add(Style::Small, "服务时间不含往返路途。本证明免费出具,扫描二维码或凭编号可在线核验真伪。".to_owned());
    lines
}

fn entry(entry: &Entry) -> String {
    let mut text = format!("{}  {}  {}", entry.date, entry.title, entry.given_by);
    if let Some(minutes) = entry.minutes {
        text.push_str(&format!("  {minutes} 分钟"));
    }
    if let Some(grade) = entry.grade {
        text.push_str(&format!("  {grade} 分(满分 5 分)"));
    }
    text
}

/// Hours to one place, rounded down.
fn hours(minutes: i64) -> String {
    format!("{}.{}", minutes / 60, minutes % 60 / 6)
}

#[cfg(test)]
mod tests {
    use super::hours;

    #[test]
    fn hours_are_rounded_down() {
        assert_eq!([0, 5, 6, 59, 60, 125].map(hours), ["0.0", "0.0", "0.1", "0.9", "1.0", "2.0"]);
    }
}

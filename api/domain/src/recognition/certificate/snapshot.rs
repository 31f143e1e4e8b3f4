//! What a certificate says: the five groups, as they stood when it was issued.

use serde::{Deserialize, Serialize};

/// A certificate in full. Days are `yyyy-mm-dd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Number.
    pub number: String,
    /// The community that issues it.
    pub issuer: String,
    /// Who handled it; nobody when the volunteer asked the system.
    pub handler: Option<String>,
    /// The day of issue.
    pub issued_on: String,
    /// First day it covers.
    pub period_from: String,
    /// Last day it covers.
    pub period_to: String,
    /// Basic data (基本信息).
    pub holder: Holder,
    /// Certified minutes of the period.
    pub minutes: i64,
    /// Service (服务信息), oldest first.
    pub service: Vec<Service>,
    /// Training (培训信息).
    pub training: Vec<Entry>,
    /// Commendation (表彰奖励信息).
    pub commendation: Vec<Entry>,
    /// Evaluation (评价信息).
    pub evaluation: Vec<Entry>,
}

/// Who served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name.
    pub name: String,
    /// Volunteer number, used instead of any identity number.
    pub number: String,
    /// Birth date.
    pub birth_date: String,
    /// Since when a volunteer.
    pub since: String,
    /// Stars at the time.
    pub stars: i32,
}

/// One certified record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The day.
    pub date: String,
    /// Kind of service, in words.
    pub kind: String,
    /// What was done.
    pub content: String,
    /// The team that organised it; empty for help that a need and a volunteer agreed on.
    pub team: String,
    /// Where.
    pub place: String,
    /// Minutes, travel excluded.
    pub minutes: i64,
    /// How strong the evidence is: A, B or C.
    pub evidence: String,
}

/// A training, a commendation or an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The day.
    pub date: String,
    /// What.
    pub title: String,
    /// By whom.
    pub given_by: String,
    /// Minutes of a training.
    pub minutes: Option<i64>,
    /// Grade of an evaluation, 1 to 5.
    pub grade: Option<i32>,
}

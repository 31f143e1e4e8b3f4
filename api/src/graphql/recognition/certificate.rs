//! Certificates for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::{Code, Error};
use domain::recognition::certificate::{self, NewCertificate, Standing, Verified};
use entity::certificate as rows;
use entity::time::{BusinessDate, UtcMicros};

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::recognition::loader::{self, StandingOf};
use crate::graphql::{ContextExt, connection, id};

/// Whether a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recognition::certificate::Standing")]
pub enum CertificateStanding {
    /// Everything it says still stands (有效).
    Valid,
    /// A record it names was taken back since; ask for a new one (内容已变更).
    Outdated,
    /// It was revoked (已撤销).
    Revoked,
}

/// A certificate of volunteer service (志愿服务证明): certified facts of a period, frozen under a number. Read by its holder and by staff who cover them.
#[derive(Description)]
pub struct Certificate(pub rows::Model);

#[Object(use_type_description)]
impl Certificate {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The public number; anybody may check it with `verifyCertificate`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who served.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// First day it covers.
    async fn period_from(&self) -> NaiveDate {
        self.0.period_from.naive()
    }

    /// Last day it covers.
    async fn period_to(&self) -> NaiveDate {
        self.0.period_to.naive()
    }

    /// Certified minutes of the period.
    async fn minutes(&self) -> i64 {
        self.0.minutes
    }

    /// Certified records of the period.
    async fn records(&self) -> i32 {
        self.0.records
    }

    /// Whether it holds.
    async fn standing(&self, ctx: &Context<'_>) -> ApiResult<CertificateStanding> {
        if self.0.revoked_at.is_some() {
            return Ok(CertificateStanding::Revoked);
        }
        Ok(loader::of(ctx).load_one(StandingOf(self.0.id)).await?.map_or(CertificateStanding::Valid, Into::into))
    }

    /// What it says in the five groups of the law, frozen at issue, as JSON.
    async fn snapshot(&self) -> &str {
        &self.0.snapshot
    }

    /// SHA-256 of `snapshot`, in hexadecimal digits; the sheet shows the first sixteen.
    async fn digest(&self) -> String {
        hex::encode(&self.0.digest)
    }

    /// Where the sheet lies on this host: a PDF to be asked for with my token.
    async fn sheet_path(&self) -> String {
        format!("/certificates/{}.pdf", self.0.number)
    }

    /// When it was issued.
    async fn issued_at(&self) -> DateTime<Utc> {
        self.0.issued_at.date_time()
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at.map(UtcMicros::date_time)
    }

    /// Why it was revoked.
    async fn revoke_reason(&self) -> Option<&str> {
        self.0.revoke_reason.as_deref()
    }
}

connection_of!(CertificatePage, Certificate, CertificateNames, "CertificateConnection", "CertificateEdge");

/// What anybody may know of a certificate by its number; nothing of it names a person.
#[derive(Description)]
pub struct CertificateVerification(Verified);

#[Object(use_type_description)]
impl CertificateVerification {
    /// The number.
    async fn number(&self) -> &str {
        &self.0.row.number
    }

    /// Whether it holds.
    async fn standing(&self) -> CertificateStanding {
        self.0.standing.into()
    }

    /// The community that issued it.
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// First day it covers.
    async fn period_from(&self) -> NaiveDate {
        self.0.row.period_from.naive()
    }

    /// Last day it covers.
    async fn period_to(&self) -> NaiveDate {
        self.0.row.period_to.naive()
    }

    /// Certified minutes of the period.
    async fn minutes(&self) -> i64 {
        self.0.row.minutes
    }

    /// Certified records of the period.
    async fn records(&self) -> i32 {
        self.0.row.records
    }

    /// SHA-256 of what it says, in hexadecimal digits; the sheet shows the first sixteen.
    async fn digest(&self) -> String {
        hex::encode(&self.0.row.digest)
    }

    /// The day it was issued.
    async fn issued_on(&self) -> NaiveDate {
        self.0.row.issued_at.business_date().naive()
    }

    /// The day it was revoked.
    async fn revoked_on(&self) -> Option<NaiveDate> {
        self.0.row.revoked_at.map(|at| at.business_date().naive())
    }
}

connection_of!(RevokedCertificatePage, CertificateVerification, RevokedCertificateNames, "RevokedCertificateConnection", "RevokedCertificateEdge");

/// A certificate to issue.
#[derive(InputObject)]
pub struct IssueCertificateInput {
    /// For whom; me when left out. For others: who keeps their files.
    volunteer_id: Option<ID>,
    /// First day it covers.
    from: NaiveDate,
    /// Last day it covers; today at the latest.
    to: NaiveDate,
    /// Names this intention; sending it again gives the same certificate.
    idempotency_key: String,
}

/// A certificate to revoke.
#[derive(InputObject)]
pub struct RevokeCertificateInput {
    /// The certificate.
    id: ID,
    /// Why, 1 to 200 characters; the holder reads it.
    reason: String,
}

#[derive(Default)]
pub struct CertificateQuery;

#[Object]
impl CertificateQuery {
    /// My certificates, newest first.
    async fn my_certificates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<CertificatePage> {
        let page = connection::args(first, after, last, before)?;
        let rows = certificate::list_own(ctx.app().db.reader(), ctx.actor()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Certificate))
    }

    /// The certificates of people whose files I keep, newest first (grid workers, administrators).
    async fn certificates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this volunteer.")] volunteer_id: Option<ID>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<CertificatePage> {
        let page = connection::args(first, after, last, before)?;
        let volunteer_id = id::parse_opt(volunteer_id.as_ref(), "volunteerId")?;
        let rows = certificate::list(ctx.app().db.reader(), ctx.actor()?, volunteer_id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Certificate))
    }

    /// Checks a certificate by its number. Needs no token and names nobody; `NOT_FOUND` for a number that was never given.
    async fn verify_certificate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number on the sheet.")] number: String,
    ) -> ApiResult<CertificateVerification> {
        Ok(CertificateVerification(certificate::verify(ctx.app().db.reader(), &number).await?))
    }

    /// The revoked certificates of a community, newest revocation first. Needs no token and names nobody.
    async fn revoked_certificates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Official code of the community, 12 digits.")] region_code: String,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RevokedCertificatePage> {
        let page = connection::args(first, after, last, before)?;
        let connection = ctx.app().db.reader();
        let home = domain::community::tenant::find_by_code(connection, &region_code).await?;
        let home = home.ok_or_else(|| Error::from(Code::NotFound).on("regionCode"))?;
        let rows = certificate::revoked(connection, home.community.id, &page).await?;
        let issuer = home.community.name;
        let place = |row: &rows::Model| (row.revoked_at.map_or(0, |at| at.0), row.id.to_string());
        let shown = |row| CertificateVerification(Verified { row, standing: Standing::Revoked, issuer: issuer.clone() });
        Ok(connection::of(rows, place, shown))
    }
}

#[derive(Default)]
pub struct CertificateMutation;

#[Object]
impl CertificateMutation {
    /// Issues a certificate of certified service, free of charge: to me, or by who keeps the files to somebody else.
    async fn issue_certificate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A certificate to issue.")] input: IssueCertificateInput,
    ) -> ApiResult<Certificate> {
        let actor = ctx.actor()?;
        let certificate = NewCertificate {
            volunteer_id: id::parse_opt(input.volunteer_id.as_ref(), "volunteerId")?,
            from: BusinessDate::from_naive(input.from),
            to: BusinessDate::from_naive(input.to),
        };
        let tx = ctx.app().db.begin().await?;
        let id = certificate::issue(&tx, actor, &input.idempotency_key, certificate).await?;
        let row = certificate::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(Certificate(row))
    }

    /// Revokes a certificate with a reason (administrators); its number stays on the public list.
    async fn revoke_certificate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A certificate to revoke.")] input: RevokeCertificateInput,
    ) -> ApiResult<Certificate> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = certificate::revoke(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(Certificate(row))
    }
}

/// The certificate behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Certificate>> {
    let row = certificate::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(Certificate))
}

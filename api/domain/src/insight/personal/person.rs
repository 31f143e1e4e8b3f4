//! Somebody as the rows know them, and statements about them: the words of [`super::tables`] become values.

use entity::id::{AccountId, CommunityId, RegionId, VolunteerId, WalletId};
use entity::time::UtcMicros;
use entity::{account, community, member_check_in, party_member, volunteer, wallet};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Statement, Value};

use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, fill_random};
use crate::people::account::guess::Subject;
use crate::people::volunteer::LEFT;
use crate::recognition::merit::member;
use crate::sealed;
use crate::tx::Tx;

/// Own listings, and needs that were written down for the person.
const LISTINGS: &str = "(SELECT id FROM listing WHERE owner_account_id = :account UNION SELECT n.id FROM need n JOIN recipient r ON r.id = n.recipient_id \
                        WHERE r.account_id = :account OR r.phone_index = :phone)";
/// Matches in which the person is a side.
const MATCHES: &str = "(SELECT id FROM need_match WHERE volunteer_id = :volunteer OR need_id IN :listings OR offering_id IN :listings)";
/// Years of merit.
const MERITS: &str = "(SELECT a.id FROM merit_account a JOIN party_member p ON p.id = a.member_id WHERE p.subject_index = :member)";
/// Evidence about the person or a listing of theirs.
const PACKS: &str = "(SELECT id FROM evidence_pack WHERE subject_kind = 'NOMINATION' AND subject_id IN (SELECT id FROM selection_nominee WHERE volunteer_id \
                     = :volunteer) OR subject_kind = 'LISTING' AND subject_id IN :listings)";
/// Rounds of review about the person or a listing of theirs.
const ROUNDS: &str = "(SELECT id FROM review_round WHERE subject_kind = 'NOMINATION' AND subject_id IN (SELECT id FROM selection_nominee WHERE volunteer_id \
                      = :volunteer) OR subject_kind = 'LISTING' AND subject_id IN :listings)";

/// Somebody as the rows know them.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub account_id: AccountId,
    /// Where it belongs.
    pub community_id: CommunityId,
    /// The community's own region.
    pub region_id: RegionId,
    /// The volunteer, once registered.
    pub volunteer_id: Option<VolunteerId>,
    /// Its points.
    pub wallet_id: Option<WalletId>,
    /// Keyed hash of the phone.
    phone: Vec<u8>,
    /// Keyed hash by which a Party membership is found.
    member: Vec<u8>,
    /// Keyed hash by which a check-in as a member is found.
    checked_in: Vec<u8>,
}

impl Person {
    /// The person behind an account.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn of(connection: &impl ConnectionTrait, keys: &Keys, account_id: AccountId) -> Result<Self> {
        let account = account::Entity::find_by_id(account_id).one(connection).await?.ok_or(Code::NotFound)?;
        let community = community::Entity::find_by_id(account.community_id).one(connection).await?.ok_or(Code::NotFound)?;
        let volunteer = volunteer::Entity::find().filter(volunteer::Column::AccountId.eq(account_id)).one(connection).await?;
        let volunteer_id = volunteer.map(|row| row.id);
        let wallet = match volunteer_id {
            Some(id) => wallet::Entity::find().filter(wallet::Column::VolunteerId.eq(id)).one(connection).await?,
            None => None,
        };
        // As they stand in the rows, whichever secret made them.
        let indexes = keys.hashes(Purpose::PartyMember, &sealed::member_message(account_id));
        let member = party_member::Entity::find().filter(party_member::Column::SubjectIndex.is_in(indexes)).one(connection).await?;
        let indexes = volunteer_id.map(|id| keys.hashes(Purpose::PartyMember, &sealed::checked_in_message(id))).unwrap_or_default();
        let checked_in = member_check_in::Entity::find().filter(member_check_in::Column::SubjectIndex.is_in(indexes)).one(connection).await?;
        Ok(Self {
            account_id,
            community_id: community.id,
            region_id: community.region_id,
            volunteer_id,
            wallet_id: wallet.map(|row| row.id),
            phone: account.phone_index,
            member: member.map_or_else(|| member::index(keys, account_id), |row| row.subject_index),
            checked_in: checked_in.map_or_else(Vec::new, |row| row.subject_index),
        })
    }

    /// Waits for who looks at the person's name as a Party member, and lets nobody look until the transaction ends: a look has written down why before that
    /// is erased.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn hold_membership(&self, tx: &Tx) -> Result<()> {
        let rows = party_member::Entity::find().filter(party_member::Column::SubjectIndex.eq(self.member.clone()));
        rows.lock_exclusive().one(&tx.connection).await?;
        Ok(())
    }

    /// A statement about the person.
    ///
    /// # Errors
    /// For a word that is none, which is a fault of the caller; when the system has no randomness.
    pub fn statement(&self, connection: &impl ConnectionTrait, text: &str, now: UtcMicros) -> Result<Statement> {
        let (mut plain, mut words, mut values) = (String::with_capacity(text.len() * 2), Vec::new(), Vec::new());
        self.write(text, now, &mut plain, &mut words, &mut values)?;
        Ok(sql(connection, &plain, values))
    }

    /// Writes a text with numbers for its words, and puts their values beside.
    fn write(&self, text: &str, now: UtcMicros, plain: &mut String, words: &mut Vec<String>, values: &mut Vec<Value>) -> Result<()> {
        let mut parts = text.split(':');
        plain.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
            let (word, rest) = part.split_at(end);
            if let Some(list) = list(word) {
                self.write(list, now, plain, words, values)?;
            } else {
                let known = words.iter().position(|known| known == word);
                let at = if let Some(at) = known {
                    at
                } else {
                    values.push(self.value(word, now)?);
                    words.push(word.to_owned());
                    words.len() - 1
                };
                plain.push('$');
                plain.push_str(&(at + 1).to_string());
            }
            plain.push_str(rest);
        }
        Ok(())
    }

    fn value(&self, word: &str, now: UtcMicros) -> Result<Value> {
        let mut random = [0; 32];
        fill_random(&mut random)?;
        Ok(match word {
            "account" => self.account_id.into(),
            "community" => self.community_id.into(),
            "region" => self.region_id.into(),
            "volunteer" => self.volunteer_id.map(|id| id.0).into(),
            "wallet" => self.wallet_id.map(|id| id.0).into(),
            "phone" => self.phone.clone().into(),
            "member" => self.member.clone().into(),
            "checked_in" => self.checked_in.clone().into(),
            "guessed_password" => Subject::password(&self.phone).bytes().to_vec().into(),
            "guessed_factor" => Subject::second_factor(self.account_id).bytes().to_vec().into(),
            "random" => random.to_vec().into(),
            "nothing" => Vec::<u8>::new().into(),
            "number" => format!("L{}", &hex::encode(random)[..18]).into(),
            "left" => LEFT.into(),
            "now" => now.0.into(),
            other => return Err(Error::internal(format!("the register knows no :{other}"))),
        })
    }
}

/// What a word for a list stands for.
fn list(word: &str) -> Option<&'static str> {
    Some(match word {
        "listings" => LISTINGS,
        "matches" => MATCHES,
        "merits" => MERITS,
        "packs" => PACKS,
        "rounds" => ROUNDS,
        _ => return None,
    })
}

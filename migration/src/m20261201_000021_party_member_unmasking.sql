-- Every time that a Party member's name was shown whole to a party worker. The member is known by the row of the membership alone, which names nobody in
-- clear, and the reason is sealed: it may name the person.
CREATE TABLE party_member_unmasking (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  member_id UUID NOT NULL REFERENCES party_member(id),
  account_id UUID NOT NULL REFERENCES account(id),
  reason_sealed BYTES NOT NULL,
  looked_at BIGINT NOT NULL
);
CREATE INDEX party_member_unmasking_member ON party_member_unmasking(member_id, id)

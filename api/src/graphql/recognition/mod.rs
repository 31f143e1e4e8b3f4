//! Recognition for clients: stars, the volunteer's file, certificates, Party members' merit, the selection of vanguards.

use crate::graphql::root::Parts;

pub mod certificate;
pub mod dossier;
pub mod loader;
pub mod merit;
pub mod merit_input;
pub mod party_member;
pub mod party_member_unmasking;
pub mod selection;
pub mod selection_input;
pub mod star;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<star::StarQuery>()
        .with::<dossier::DossierQuery>()
        .with::<certificate::CertificateQuery>()
        .with::<party_member::PartyMemberQuery>()
        .with::<party_member_unmasking::PartyMemberUnmaskingQuery>()
        .with::<merit::MeritQuery>()
        .with::<selection::SelectionQuery>()
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts
        .with::<star::StarMutation>()
        .with::<dossier::DossierMutation>()
        .with::<certificate::CertificateMutation>()
        .with::<party_member::PartyMemberMutation>()
        .with::<party_member_unmasking::PartyMemberUnmaskingMutation>()
        .with::<merit_input::MeritMutation>()
        .with::<selection_input::SelectionMutation>()
}

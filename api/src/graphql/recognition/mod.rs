//! Recognition for clients: stars, the volunteer's file, certificates, Party members' merit, the selection of vanguards.

use async_graphql::MergedObject;

pub mod certificate;
pub mod dossier;
pub mod loader;
pub mod merit;
pub mod merit_input;
pub mod party_member;
pub mod selection;
pub mod selection_input;
pub mod star;

#[derive(MergedObject, Default)]
pub struct RecognitionQuery(
    star::StarQuery,
    dossier::DossierQuery,
    certificate::CertificateQuery,
    party_member::PartyMemberQuery,
    merit::MeritQuery,
    selection::SelectionQuery,
);

#[derive(MergedObject, Default)]
pub struct RecognitionMutation(
    star::StarMutation,
    dossier::DossierMutation,
    certificate::CertificateMutation,
    party_member::PartyMemberMutation,
    merit_input::MeritMutation,
    selection_input::SelectionMutation,
);

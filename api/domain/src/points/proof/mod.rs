//! Proof (存证): that an operation of the ledger happened, and is today what it was then.
//!
//! The operations of a community are sealed into *blocks*. Each operation with its entries is a *leaf*, a text fixed to the byte; the leaves of a block
//! make a Merkle tree as RFC 6962 has it (SHA-256; 0x00 before a leaf, 0x01 before two hashes), and its *root* stands in the *header*, the text that is
//! signed (Ed25519) and whose SHA-256 the next block names. An *audit path* leads from a leaf to the root. Whoever keeps the newest header of a chain,
//! its *head*, outside this database can tell later that nothing before it was changed, taken out or put in. The two texts are in [`text`].
//!
//! Sealing ([`seal`]) is work of the relay, after the commit: no award and no redemption waits for it or is locked by it. What is to be sealed is chosen by
//! the absence of its leaf, never by an id above the last one, because ids are handed out before the commit and a late one would be passed over.
//!
//! Invariant: an operation is sealed once (PRIMARY KEY) and, once sealed, never changed (triggers, `qicai verify`, and everybody who keeps a head); only the
//! words of a reason may give way to their hash ([`erase`]).
//! Invariant: the blocks of a community are numbered from 1 without gaps and do not fork (UNIQUE); each names the one before it.
//! Invariant: nothing personal stands in a leaf but ids; texts are there as hashes, and a random salt keeps the hashes on somebody else's audit path from
//! being guessed at.

pub mod erase;
pub mod key;
pub mod read;
pub mod seal;
pub mod text;

/// The tree over the leaves of a block.
pub type Tree = ct_merkle::mem_backed_tree::MemoryBackedTree<sha2::Sha256, String>;
/// Bytes of a hash.
pub const HASH_LEN: usize = 32;
/// Most leaves of a block; an audit path then has eight hashes at most.
pub const LEAVES_MAX: usize = 256;

/// A hash.
pub type Hash = [u8; HASH_LEN];

/// Whether the audit path of a leaf leads to the root of a block.
#[must_use]
pub fn leads_to_root(leaf: &str, leaf_index: i32, path: &[u8], root: &[u8], size: i32) -> bool {
    let (Ok(root), Ok(size), Ok(leaf_index)) = (Hash::try_from(root), u64::try_from(size), u64::try_from(leaf_index)) else { return false };
    let Ok(path) = ct_merkle::InclusionProof::try_from_bytes(path.to_vec()) else { return false };
    ct_merkle::RootHash::<sha2::Sha256>::new(root.into(), size).verify_inclusion(&leaf, leaf_index, &path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Tree, leads_to_root};

    /// What stands in the tree, as leaves that are text: the tree hashes their bytes.
    fn tree(size: usize) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|at| tree.push(format!("leaf {at}")));
        tree
    }

    /// The reference leaves of RFC 6962's tests that are text, and the roots known for one to five of them.
    #[test]
    fn the_tree_is_that_of_rfc_6962() {
        let leaves = ["", "\u{0}", "\u{10}", "\u{20}\u{21}", "\u{30}\u{31}", "@ABC", "PQRSTUVW", "`abcdefghijklmno"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::new();
        for (leaf, root) in leaves.into_iter().zip(roots) {
            tree.push(leaf.to_owned());
            assert_eq!(hex::encode(tree.root().as_bytes()), root);
        }
        let path = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6bca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0\
                    d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
        assert_eq!(hex::encode(tree.prove_inclusion(5).as_bytes()), path);
    }

    #[test]
    fn every_path_leads_to_its_root_and_to_no_other() {
        for size in 1..=20 {
            let tree = tree(size);
            let (root, of) = (tree.root().as_bytes().to_vec(), i32::try_from(size).expect("small"));
            for at in 0..size {
                let (path, index) = (tree.prove_inclusion(at).as_bytes().to_vec(), i32::try_from(at).expect("small"));
                let leads = |leaf: &str, index: i32, path: &[u8], root: &[u8]| leads_to_root(leaf, index, path, root, of);
                assert!(leads(&format!("leaf {at}"), index, &path, &root));
                assert!(!leads("leaf x", index, &path, &root), "another leaf");
                assert!(!leads(&format!("leaf {at}"), index, &path, &[0; 32]), "another root");
                assert!(size == 1 || !leads(&format!("leaf {at}"), index ^ 1, &path, &root), "another place");
                assert!(path.is_empty() || !leads(&format!("leaf {at}"), index, &path[1..], &root), "a path cut short");
                assert!(!leads(&format!("leaf {at}"), of, &path, &root), "a place beyond the last");
            }
        }
    }
}

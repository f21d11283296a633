//! Clusters from verified pairs: stars. The form with the most near duplicates becomes a representative and takes those
//! that are still free, then the next one; so every member is verified against its representative, and no chain of small
//! changes joins two ends that are far apart.

use super::near::Found;
use super::{Cluster, Document, Duplicates, Level, Member, Node, Pair};

const FREE: u32 = u32::MAX;

pub(super) fn clusters(documents: &[Document], nodes: &[Node], found: &Found) -> Duplicates {
    let neighbours = Neighbours::of(nodes.len(), &found.pairs);
    let (owner, similarity) = stars(nodes, &neighbours);

    // Documents by the representative of their node.
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    let mut n_members = vec![0_u32; nodes.len()];
    for document in documents {
        n_members[owner[document.node as usize] as usize] += 1;
    }
    for (number, document) in documents.iter().enumerate() {
        let owner = owner[document.node as usize] as usize;
        if n_members[owner] > 1 {
            members[owner].push(number as u32);
        }
    }
    let mut clusters: Vec<Cluster> = (0..nodes.len())
        .filter(|node| !members[*node].is_empty())
        .map(|node| {
            let representative = nodes[node].first as usize;
            let level = |document: &Document| match document {
                d if d.variant == documents[representative].variant => Level::Exact,
                d if d.node as usize == node => Level::Normalised,
                _ => Level::Near,
            };
            let mut list: Vec<Member> = members[node]
                .iter()
                .map(|number| {
                    let document = &documents[*number as usize];
                    let similarity = similarity[document.node as usize];
                    Member { document: *number as usize, level: level(document), similarity }
                })
                .collect();
            // The first document of a form stands before its copies, not always before those of other forms.
            list.sort_by_key(|member| (member.document != representative, member.document));
            Cluster { representative, members: list }
        })
        .collect();
    clusters.sort_by_key(|cluster| cluster.representative);

    let first = |node: u32| nodes[node as usize].first as usize;
    let pairs =
        found.pairs.iter().map(|(a, b, similarity)| Pair { a: first(*a), b: first(*b), similarity: *similarity });
    Duplicates { clusters, pairs: pairs.collect(), n_documents: documents.len(), n_capped: found.n_capped }
}

/// For each node the node that represents it (itself, if it stands alone), and the similarity of the two.
fn stars(nodes: &[Node], neighbours: &Neighbours) -> (Vec<u32>, Vec<f64>) {
    let mut owner = vec![FREE; nodes.len()];
    let mut similarity = vec![1.0; nodes.len()];
    let mut order: Vec<u32> = (0..nodes.len() as u32).filter(|node| neighbours.n_of(*node) > 0).collect();
    order.sort_by_key(|node| {
        let n_copies: u64 = neighbours.list(*node).iter().map(|(other, _)| copies(nodes, *other)).sum();
        (std::cmp::Reverse(n_copies + copies(nodes, *node)), *node)
    });
    for node in order {
        if owner[node as usize] != FREE {
            continue;
        }
        owner[node as usize] = node;
        for (other, jaccard) in neighbours.list(node) {
            if owner[*other as usize] == FREE {
                owner[*other as usize] = node;
                similarity[*other as usize] = *jaccard;
            }
        }
    }
    for (node, owner) in owner.iter_mut().enumerate().filter(|(_, owner)| **owner == FREE) {
        *owner = node as u32;
    }
    (owner, similarity)
}

fn copies(nodes: &[Node], node: u32) -> u64 {
    u64::from(nodes[node as usize].n_copies)
}

/// The pairs of each node, in one list.
struct Neighbours {
    starts: Vec<u32>,
    list: Vec<(u32, f64)>,
}

impl Neighbours {
    fn of(n_nodes: usize, pairs: &[(u32, u32, f64)]) -> Self {
        let mut starts = vec![0_u32; n_nodes + 1];
        for (a, b, _) in pairs {
            starts[*a as usize + 1] += 1;
            starts[*b as usize + 1] += 1;
        }
        for node in 0..n_nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut list = vec![(0, 0.0); pairs.len() * 2];
        for (a, b, similarity) in pairs {
            for (one, other) in [(*a, *b), (*b, *a)] {
                list[next[one as usize] as usize] = (other, *similarity);
                next[one as usize] += 1;
            }
        }
        Neighbours { starts, list }
    }

    fn n_of(&self, node: u32) -> u32 {
        self.starts[node as usize + 1] - self.starts[node as usize]
    }

    fn list(&self, node: u32) -> &[(u32, f64)] {
        &self.list[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

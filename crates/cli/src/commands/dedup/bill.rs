//! What the copies cost: of each cluster one text is kept, the tokens of the others are priced at the full input price of
//! the calls that sent them.

use promptopt::dedup::{Cluster, Duplicates, Level, differing_words};
use promptopt::error::Error;
use promptopt::text::shorten;
use promptopt::tokens::memo::Memo;
use promptopt::tokens::{Tokenizer, approx};
use promptopt::usd::Usd;
use serde::Serialize;

use super::texts::{Corpus, Unit};
use crate::args::DedupArgs;

/// The answer, as JSON has it (`promptopt.dedup/1`). Money is in US dollars, as decimal text.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) schema: &'static str,
    pub(crate) level: &'static str,
    pub(crate) threshold: f64,
    /// Files read.
    pub(crate) files: usize,
    /// Files in folders that hold no prompts.
    pub(crate) passed_over: usize,
    /// Texts compared.
    pub(crate) texts: usize,
    /// Texts that another one could stand for: the members of all clusters without their representatives.
    pub(crate) copies: usize,
    /// Tokens of the copies.
    pub(crate) tokens: u64,
    /// Every count was made with the model's own vocabulary.
    pub(crate) tokens_exact: bool,
    /// What they cost at the full input price, as far as prices are known.
    pub(crate) cost_usd: Usd,
    /// Copies of calls without a known price.
    pub(crate) unpriced_copies: usize,
    /// Texts for which not all candidates were looked at.
    pub(crate) capped: usize,
    /// Lines that could not be read.
    pub(crate) skipped: Vec<String>,
    pub(crate) n_skipped: usize,
    /// Clusters, the dearest first.
    pub(crate) clusters: Vec<Copies>,
}

/// A cluster.
#[derive(Serialize)]
pub(crate) struct Copies {
    pub(crate) kind: &'static str,
    /// The first characters of the representative.
    pub(crate) text: String,
    /// Texts in the cluster, the representative included.
    pub(crate) members: usize,
    pub(crate) exact: usize,
    pub(crate) normalised: usize,
    pub(crate) near: usize,
    /// Tokens of the representative.
    pub(crate) tokens_each: u64,
    /// Tokens of the copies.
    pub(crate) tokens: u64,
    pub(crate) cost_usd: Usd,
    /// Copies of calls without a known price.
    pub(crate) unpriced: usize,
    /// The representative, then the copies.
    pub(crate) places: Vec<Copy>,
}

/// A member of a cluster.
#[derive(Serialize)]
pub(crate) struct Copy {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) kind: &'static str,
    pub(crate) level: &'static str,
    pub(crate) similarity: f64,
    /// Words that the representative has and this one has not; of near duplicates only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lacks: Vec<String>,
    /// Words that this one has and the representative has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) adds: Vec<String>,
}

/// Problems that the report repeats.
const SKIPPED_KEPT: usize = 20;
/// Characters of a text that the report shows.
const SHOWN: usize = 240;
/// Differing words named, and members for which they are.
const WORDS_SHOWN: usize = 12;
const COMPARED: usize = 100;

impl Report {
    /// Takes note of what could not be read.
    pub(super) fn skip(&mut self, failures: &[Error]) {
        self.n_skipped = failures.len();
        self.skipped = failures.iter().take(SKIPPED_KEPT).map(ToString::to_string).collect();
    }
}

pub(super) fn report(corpus: &Corpus, duplicates: &Duplicates, args: &DedupArgs) -> Report {
    let memo = Memo::new();
    let mut clusters: Vec<Copies> = Vec::new();
    let mut tokens_exact = true;
    for cluster in &duplicates.clusters {
        let copies = copies(corpus, cluster, &memo);
        if copies.tokens_each >= args.min_tokens {
            tokens_exact &= cluster.members.iter().all(|m| corpus.unit(m.document).rate.tokenizer.is_exact());
            clusters.push(copies);
        }
    }
    // Stable: equally dear ones stay in the order of the files.
    clusters.sort_by_key(|cluster| std::cmp::Reverse((cluster.cost_usd, cluster.tokens)));
    Report {
        schema: "promptopt.dedup/1",
        level: args.level.name(),
        threshold: args.threshold,
        files: 0,
        passed_over: 0,
        texts: corpus.len(),
        copies: clusters.iter().map(|cluster| cluster.members - 1).sum(),
        tokens: clusters.iter().map(|cluster| cluster.tokens).sum(),
        tokens_exact,
        cost_usd: clusters.iter().map(|cluster| cluster.cost_usd).sum(),
        unpriced_copies: clusters.iter().map(|cluster| cluster.unpriced).sum(),
        capped: duplicates.n_capped,
        skipped: Vec::new(),
        n_skipped: 0,
        clusters,
    }
}

fn copies(corpus: &Corpus, cluster: &Cluster, memo: &Memo) -> Copies {
    let count = |unit: &Unit| match unit.rate.tokenizer {
        Tokenizer::Exact(encoding) => memo.count(encoding, corpus.text(unit)),
        Tokenizer::Approx(family) => approx::count(family, corpus.text(unit), memo),
    };
    let representative = corpus.unit(cluster.representative);
    let kept = corpus.text(representative);
    let of_level = |level: Level| cluster.members[1..].iter().filter(|member| member.level == level).count();
    let mut copies = Copies {
        kind: representative.kind,
        text: shorten(kept.trim(), SHOWN),
        members: cluster.members.len(),
        exact: of_level(Level::Exact),
        normalised: of_level(Level::Normalised),
        near: of_level(Level::Near),
        tokens_each: count(representative),
        tokens: 0,
        cost_usd: Usd::ZERO,
        unpriced: 0,
        places: Vec::with_capacity(cluster.members.len()),
    };
    let mut n_compared = 0;
    for member in &cluster.members {
        let unit = corpus.unit(member.document);
        if member.document != cluster.representative {
            let n_tokens = count(unit);
            copies.tokens += n_tokens;
            match unit.rate.input.and_then(|rate| rate.checked_mul(n_tokens).ok()) {
                Some(cost) => copies.cost_usd = copies.cost_usd.saturating_add(cost),
                None => copies.unpriced += 1,
            }
        }
        let (mut lacks, mut adds) = (Vec::new(), Vec::new());
        if member.level == Level::Near && n_compared < COMPARED {
            n_compared += 1;
            let (only_kept, only_here) = differing_words(kept, corpus.text(unit));
            let name = |words: Vec<&str>| words.into_iter().take(WORDS_SHOWN).map(|word| shorten(word, 40)).collect();
            (lacks, adds) = (name(only_kept), name(only_here));
        }
        copies.places.push(Copy {
            file: unit.origin.file.to_string(),
            line: unit.origin.line,
            kind: unit.kind,
            level: member.level.name(),
            similarity: member.similarity,
            lacks,
            adds,
        });
    }
    copies
}

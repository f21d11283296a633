//! The constants of the ranking in one place. Each was taken from the middle of a plateau, on several sets at once;
//! `benches/README.md` shows what each stage is worth.

/// A step of the selection that can be left out, to see what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Titles and headings as a field of their pieces.
    Titles,
    /// The neighbours' relevance.
    Neighbours,
    /// The document's relevance.
    Documents,
    /// Position and kind of answer.
    Priors,
    /// Titles named in the question or in strong pieces.
    Hop,
    /// New terms of the question before more of the same.
    Coverage,
}

impl Stage {
    /// All of them, in the order in which they build on one another.
    pub const ALL: [Stage; 6] =
        [Stage::Titles, Stage::Neighbours, Stage::Documents, Stage::Priors, Stage::Hop, Stage::Coverage];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Titles => "titles",
            Stage::Neighbours => "neighbours",
            Stage::Documents => "documents",
            Stage::Priors => "priors",
            Stage::Hop => "hop",
            Stage::Coverage => "coverage",
        }
    }
}

/// What weighs how much.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    /// BM25: how fast more of the same term stops counting.
    pub(crate) k1: f32,
    /// BM25: how much a long piece is discounted.
    pub(crate) b: f32,
    /// A term in the name of the speaker, beside one in what is said.
    pub(crate) speaker: f32,
    /// A term in the title, beside one in the piece.
    pub(crate) title: f32,
    /// How many pieces' worth of evidence the knowledge of the language is.
    pub(crate) prior: f32,
    /// A function word, beside a content word that is as frequent.
    pub(crate) function: f32,
    /// The document's score.
    pub(crate) document: f32,
    pub(crate) document_b: f32,
    pub(crate) document_title: f32,
    /// Two terms side by side in the document, as in the question.
    pub(crate) document_pair: f32,
    /// A fact: share of the neighbours, how fast they fade, and how much of it is the mean of the surroundings.
    pub(crate) neighbour: f32,
    pub(crate) decay: f32,
    pub(crate) mean: f32,
    /// What is spread over a passage: share of the passage, and the words at which its surroundings have faded to 1/e.
    pub(crate) broad: f32,
    pub(crate) reach: f32,
    pub(crate) passage_k1: f32,
    pub(crate) passage_b: f32,
    /// The beginning of a document.
    pub(crate) lead: f32,
    /// What holds the kind of thing asked for.
    pub(crate) ask: f32,
    /// A title named in the question; a title named in a strong piece, and what is strong.
    pub(crate) named: f32,
    pub(crate) hop: f32,
    pub(crate) hop_lead: f32,
    pub(crate) strong: f32,
    /// New terms of the question, and what a term is worth when it comes again.
    pub(crate) coverage: f32,
    pub(crate) again: f32,
    /// How much the length of a piece counts against it, from 0 (not at all) to 1 (in full).
    pub(crate) density: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Weights {
            k1: 1.2,
            b: 0.4,
            speaker: 1.0,
            title: 0.6,
            prior: 20.0,
            function: 0.2,
            document: 0.6,
            document_b: 0.45,
            document_title: 2.0,
            document_pair: 0.3,
            neighbour: 0.4,
            decay: 0.6,
            mean: 0.3,
            broad: 0.9,
            reach: 400.0,
            passage_k1: 20.0,
            passage_b: 0.4,
            lead: 0.3,
            ask: 0.15,
            named: 0.3,
            hop: 0.5,
            hop_lead: 0.5,
            strong: 0.5,
            coverage: 0.4,
            again: 0.5,
            density: 0.02,
        }
    }
}

impl Weights {
    /// The defaults, without some stages.
    pub(crate) fn without(stages: &[Stage]) -> Weights {
        let mut weights = Weights::default();
        for stage in stages {
            match stage {
                Stage::Titles => (weights.title, weights.document_title) = (0.0, 0.0),
                Stage::Neighbours => (weights.neighbour, weights.broad) = (0.0, 0.0),
                Stage::Documents => weights.document = 0.0,
                Stage::Priors => (weights.lead, weights.ask) = (0.0, 0.0),
                Stage::Hop => (weights.named, weights.hop) = (0.0, 0.0),
                Stage::Coverage => weights.coverage = 0.0,
            }
        }
        weights
    }
}

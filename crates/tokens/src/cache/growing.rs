//! A table in buckets of a cache line that begins small and grows: each page of memory costs a fault when it is first written
//! to, and entries are written all over a table.

/// Logarithms of the numbers of buckets, at first and at last.
const LEAST_BITS: u32 = 15;
const MOST_BITS: u32 = 17;

/// All buckets, of which the first 2^bits are in use.
pub(super) type Buckets<E, const WAYS: usize> = [[E; WAYS]; 1 << MOST_BITS];

/// What a table holds.
pub(super) trait Entry: Copy + Eq {
    /// No entry.
    const NONE: Self;

    /// The hash of the piece.
    fn hash(&self) -> u64;
}

/// How far a table has grown.
pub(super) struct Growth {
    bits: u32,
    n_put: usize,
}

impl Growth {
    pub(super) const fn new() -> Growth {
        Growth { bits: LEAST_BITS, n_put: 0 }
    }
}

pub(super) struct Growing<'a, E, const WAYS: usize> {
    pub(super) buckets: &'a mut Buckets<E, WAYS>,
    pub(super) growth: &'a mut Growth,
}

impl<E: Entry, const WAYS: usize> Growing<'_, E, WAYS> {
    /// Where an entry with this hash stands, if it is there.
    #[inline(always)]
    pub(super) fn bucket(&self, hash: u64) -> &[E; WAYS] {
        &self.buckets[self.place(hash)]
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        (hash >> (64 - self.growth.bits)) as usize % (1 << MOST_BITS)
    }

    /// Where there is no room, another entry goes.
    #[inline(always)]
    pub(super) fn put(&mut self, hash: u64, entry: E) {
        self.growth.n_put = self.growth.n_put.wrapping_add(1);
        if self.growth.n_put > (WAYS * 3 / 4) << self.growth.bits && self.growth.bits < MOST_BITS {
            self.grow();
        }
        let turn = self.growth.n_put;
        let entries = &mut self.buckets[self.place(hash)];
        let free = entries.iter().position(|entry| *entry == E::NONE);
        entries[free.unwrap_or(turn) % WAYS] = entry;
    }

    /// Twice as many buckets: the next bit of a hash says to which of two the entries of one go.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let n_buckets = 1 << self.growth.bits;
        self.growth.bits += 1;
        for place in (0..n_buckets).rev() {
            let mut halves = [[E::NONE; WAYS]; 2];
            for (n, entry) in self.buckets[place].into_iter().enumerate() {
                halves[self.place(entry.hash()) % 2][n] = entry;
            }
            [self.buckets[2 * place], self.buckets[2 * place + 1]] = halves;
        }
    }
}

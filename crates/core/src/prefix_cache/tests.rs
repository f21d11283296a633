//! One rule after the other, on prompts of a few edges.

use super::*;
use crate::framing::Place;

fn rule(trigger: CacheTrigger) -> CacheRule {
    CacheRule {
        trigger,
        min_tokens: 1024,
        step: 128,
        ttl_s: 300,
        ttl_low_s: 300,
        ttl_high_s: 3600,
        long_ttl_s: Some(3600),
        max_breakpoints: 4,
        lookback: Some(20),
        cache_key: crate::catalog::CacheKey::Unused,
        hit_permille: 1000,
        source: "test".into(),
    }
}

/// A prompt as (digest, tokens up to here, kind).
fn call(cache: &mut PrefixCache, rule: &CacheRule, at_s: i64, prompt: &[(u64, u64, EdgeKind)]) -> Hit {
    let edges: Vec<Edge> = prompt
        .iter()
        .map(|(digest, _, kind)| Edge {
            digest: *digest,
            kind: *kind,
            is_standing: false,
            place: Place::Added,
            share: 0,
        })
        .collect();
    let offsets: Vec<u64> = prompt.iter().map(|(_, tokens, _)| *tokens).collect();
    let total = offsets.last().copied().unwrap_or(0);
    let n_prompt_edges = edges.len();
    let at = Some(at_s * 1_000_000);
    cache.call(rule, &Call { at, edges: &edges, offsets: &offsets, total, n_prompt_edges, add_breakpoints: false })
}

const IN: EdgeKind = EdgeKind::Inside;
const END: EdgeKind = EdgeKind::PartEnd;
const MARK: EdgeKind = EdgeKind::Breakpoint { is_long: false };

#[test]
fn an_automatic_cache_reads_whole_steps_of_the_common_prefix() {
    let (mut cache, rule) = (PrefixCache::default(), rule(CacheTrigger::Automatic));
    assert_eq!(call(&mut cache, &rule, 0, &[(1, 1500, END), (2, 1600, END)]).upper, 0);
    let hit = call(&mut cache, &rule, 10, &[(1, 1500, END), (3, 1700, END)]);
    assert_eq!((hit.lower, hit.expected, hit.upper), (1408, 1408, 1408));
}

#[test]
fn below_the_minimum_nothing_is_read() {
    let (mut cache, rule) = (PrefixCache::default(), rule(CacheTrigger::Automatic));
    call(&mut cache, &rule, 0, &[(1, 1000, END)]);
    assert_eq!(call(&mut cache, &rule, 1, &[(1, 1000, END)]), Hit::default());
}

#[test]
fn past_the_time_to_live_a_hit_is_only_possible() {
    let (mut cache, rule) = (PrefixCache::default(), rule(CacheTrigger::Automatic));
    call(&mut cache, &rule, 0, &[(1, 2048, END)]);
    let hit = call(&mut cache, &rule, 400, &[(1, 2048, END)]);
    assert_eq!((hit.lower, hit.expected, hit.upper), (0, 0, 2048));
    let late = call(&mut cache, &rule, 5000, &[(1, 2048, END)]);
    assert_eq!(late.upper, 0);
}

#[test]
fn whole_prefixes_need_a_third_call_for_a_common_part() {
    let mut rule = rule(CacheTrigger::WholePrefix);
    rule.min_tokens = 64;
    rule.step = 64;
    let mut cache = PrefixCache::default();
    call(&mut cache, &rule, 0, &[(1, 640, IN), (2, 700, END)]);
    assert_eq!(call(&mut cache, &rule, 1, &[(1, 640, IN), (3, 700, END)]).upper, 0);
    assert_eq!(call(&mut cache, &rule, 2, &[(1, 640, IN), (4, 700, END)]).upper, 640);
    assert_eq!(call(&mut cache, &rule, 3, &[(1, 640, IN), (4, 700, END), (5, 900, END)]).upper, 640);
}

#[test]
fn explicit_caches_write_and_read_at_breakpoints_only() {
    let mut rule = rule(CacheTrigger::Explicit);
    rule.step = 1;
    let mut cache = PrefixCache::default();
    let unmarked = call(&mut cache, &rule, 0, &[(1, 2000, END), (2, 2100, END)]);
    assert_eq!(unmarked.cacheable, 0);
    let first = call(&mut cache, &rule, 1, &[(1, 2000, MARK), (2, 2100, END)]);
    assert_eq!((first.cacheable, first.upper), (2000, 0));
    let second = call(&mut cache, &rule, 2, &[(1, 2000, MARK), (3, 2100, END)]);
    assert_eq!((second.cacheable, second.expected), (2000, 2000));
}

#[test]
fn if_the_newest_entry_is_missed_the_one_before_may_be_met() {
    let mut rule = rule(CacheTrigger::Automatic);
    rule.hit_permille = 500;
    rule.step = 1;
    let mut cache = PrefixCache::default();
    call(&mut cache, &rule, 0, &[(1, 2000, END)]);
    call(&mut cache, &rule, 1, &[(1, 2000, END), (2, 4000, END)]);
    let hit = call(&mut cache, &rule, 2, &[(1, 2000, END), (2, 4000, END), (3, 6000, END)]);
    assert_eq!((hit.expected, hit.upper), (4000 / 2 + 2000 / 4, 4000));
}

#[test]
fn what_is_in_use_outlives_what_is_not() {
    let (mut cache, rule) = (PrefixCache::default(), rule(CacheTrigger::Automatic));
    call(&mut cache, &rule, 0, &[(1, 2048, END)]);
    for second in 1..10 {
        call(&mut cache, &rule, second, &[(100 + second.unsigned_abs(), 2048, END)]);
    }
    call(&mut cache, &rule, 10, &[(1, 2048, END)]);
    cache.drop_older_half();
    assert_eq!(call(&mut cache, &rule, 11, &[(1, 2048, END)]).lower, 2048);
    assert_eq!(call(&mut cache, &rule, 11, &[(101, 2048, END)]).upper, 0);
}

/// A cache mark on the last tool ends an edge where all tools end. What has expired there is not renewed by the call's own
/// first look at it.
#[test]
fn an_edge_that_stands_twice_is_not_its_own_hit() {
    let mut rule = rule(CacheTrigger::Automatic);
    rule.min_tokens = 1024;
    (rule.ttl_low_s, rule.ttl_s, rule.ttl_high_s) = (300, 300, 3600);
    let mut cache = PrefixCache::default();
    let tools = |own| [(1, 3000, END), (1, 3000, END), (own, 3100, END)];
    call(&mut cache, &rule, 0, &tools(2));
    let hit = call(&mut cache, &rule, 2 * 3600, &tools(3));
    assert_eq!((hit.lower, hit.expected, hit.upper), (0, 0, 0));
}

proptest::proptest! {
    /// Looking each edge up once is looking it up twice: calls over prompts that share beginnings, at times that may go
    /// back, and some edges stand twice.
    #[test]
    fn one_look_up_an_edge_does_what_two_do(
        calls in proptest::collection::vec((proptest::collection::vec(0_u64..4, 0..6), 0_usize..3, 0_i64..4000), 1..40),
    ) {
        let mut rule = rule(CacheTrigger::Automatic);
        rule.hit_permille = 700;
        let (mut once, mut twice) = (PrefixCache::default(), PrefixCache::default());
        for (path, n_answer, at_s) in calls {
            let mut digest = 0_u64;
            let edges: Vec<Edge> = path
                .iter()
                .map(|step| {
                    if *step < 3 {
                        digest = (digest.rotate_left(9) ^ (step + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    }
                    Edge { digest, kind: END, is_standing: false, place: Place::Added, share: 0 }
                })
                .collect();
            let offsets: Vec<u64> = (1..=edges.len() as u64).map(|n| n * 700).collect();
            let n_prompt_edges = edges.len() - n_answer.min(edges.len());
            let total = 700 * n_prompt_edges as u64;
            let at = (at_s % 5 > 0).then_some(at_s * 1_000_000);
            let call = Call { at, edges: &edges, offsets: &offsets, total, n_prompt_edges, add_breakpoints: false };
            twice.n_calls += 1;
            let (usable, now) = (usable_edges(&rule, &call), at.unwrap_or(0));
            let expected = twice.read(&rule, &call, &usable, now);
            twice.write(&rule, &call, usable, now);
            proptest::prop_assert_eq!(once.call(&rule, &call), expected);
        }
        let sorted = |cache: &PrefixCache| {
            let mut nodes: Vec<_> = cache.nodes.iter().map(|(key, node)| (*key, node.used_at, node.written)).collect();
            nodes.sort_unstable();
            nodes
        };
        proptest::prop_assert_eq!(sorted(&once), sorted(&twice));
    }
}

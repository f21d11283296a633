//! The line alone: whatever comes in between, nobody waits for ever.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::{limit, one_at_a_time};
use crate::labels::By;
use crate::limit::accounts::Accounts;
use crate::limit::line::{Line, Waiter};
use crate::limit::settings::{Class, LimitSpec, QueueSettings};

const SECOND: u64 = 1_000_000;
const CLASSES: [Class; 3] = [Class::Interactive, Class::Normal, Class::Background];

fn waiter(class: Class, caller: &str, since_us: u64, told: usize) -> Waiter<usize> {
    Waiter { keys: vec![(0, "".into())], n_tokens: 0, class, caller: caller.into(), since_us, told }
}

proptest! {
    /// One place, a second a call. More come than go: each a newcomer of any class and caller. A call of the lowest class is let in
    /// once it is above all newcomers and those before it have gone.
    #[test]
    fn nobody_starves(newcomers in proptest::collection::vec((0_usize..3, 0_u8..40), 400), at in 0_usize..100) {
        let settings = QueueSettings { max_depth: 10_000, ageing: Duration::from_secs(10), ..QueueSettings::default() };
        let mut accounts = Accounts::new(&[one_at_a_time(By::All)]);
        let mut line = Line::new(settings);
        let (mut now, mut n_before, mut is_under_way) = (0, 0, false);
        for (n, (class, caller)) in newcomers.into_iter().enumerate() {
            now += SECOND;
            line.push(waiter(CLASSES[class], &caller.to_string(), now, n));
            if n == at {
                n_before = line.len();
                line.push(waiter(Class::Background, "the one", now, usize::MAX));
            }
            if is_under_way {
                accounts.leave(&[(0, Arc::from(""))]);
            }
            let gone = line.look(&mut accounts, now).gone;
            is_under_way = !gone.is_empty();
            prop_assert!(gone.len() <= 1);
            if gone.iter().any(|waiter| waiter.told == usize::MAX) {
                return Ok(());
            }
            // Three spells, in which some thirty came, and those who were there already.
            prop_assert!(n < at || n - at <= 35 + n_before, "{} waits behind {}", n - at, n_before);
        }
    }

    /// Whoever is let in has room, and whoever is not lacks it: no room is left while the first that wants it waits.
    #[test]
    fn no_room_is_left_to_nobody(
        calls in proptest::collection::vec((0_usize..3, 0_u8..4, 0_u64..40, 0_u64..3 * SECOND), 1..60),
    ) {
        let specs = [
            LimitSpec { concurrency: Some(2), ..limit("two", By::Caller) },
            LimitSpec { tpm: Some(600), burst_s: 5, ..limit("t", By::All) },
        ];
        let mut accounts = Accounts::new(&specs);
        // Without ageing: who is lifted meanwhile may hold up the one that there would have been room for, and a look later says when.
        let mut line = Line::new(QueueSettings { ageing: Duration::from_secs(86_400), ..QueueSettings::default() });
        let (mut now, mut under_way) = (0, Vec::<Vec<_>>::new());
        for (n, (class, caller, n_tokens, pause)) in calls.into_iter().enumerate() {
            now += pause;
            let caller: Arc<str> = caller.to_string().into();
            let keys = vec![(0, Arc::clone(&caller)), (1, Arc::from(""))];
            line.push(Waiter { keys, n_tokens, ..waiter(CLASSES[class], &caller, now, n) });
            if n % 3 == 0 && !under_way.is_empty() {
                accounts.leave(&under_way.swap_remove(0));
            }
            let look = line.look(&mut accounts, now);
            under_way.extend(look.gone.into_iter().map(|waiter| waiter.keys));
            let again = line.look(&mut accounts, now);
            prop_assert!(again.gone.is_empty(), "a look lets go all that may");
            prop_assert_eq!(look.next_us, again.next_us);
            if let Some(next) = look.next_us {
                prop_assert!(next > now);
                let at_that_time = line.look(&mut accounts, next).gone;
                prop_assert!(!at_that_time.is_empty(), "there is room when it was said");
                under_way.extend(at_that_time.into_iter().map(|waiter| waiter.keys));
                now = next;
            }
        }
    }
}

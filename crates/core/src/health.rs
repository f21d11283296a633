//! Which targets can be asked: breakers, retry budgets, pauses.

pub mod settings;

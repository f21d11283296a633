//! Members of a table that was checked: what is not there, or was found wrong, is `None`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::check;
use crate::labels::By;

pub(super) fn tables<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<Vec<(&'t DeTable<'i>, Range<usize>)>> {
    let array = table.get(name)?.get_ref().as_array()?;
    Some(array.iter().filter_map(|item| Some((item.get_ref().as_table()?, item.span()))).collect())
}

pub(super) fn items<T>(table: &DeTable<'_>, name: &str, read: impl Fn(&DeValue<'_>) -> Option<T>) -> Vec<T> {
    let array = table.get(name).and_then(|value| value.get_ref().as_array());
    array.into_iter().flat_map(|array| array.iter()).filter_map(|item| read(item.get_ref())).collect()
}

pub(super) fn pairs(table: &DeTable<'_>, name: &str) -> Vec<(String, String)> {
    let inner = table.get(name).and_then(|value| value.get_ref().as_table());
    inner
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.get_ref().to_string(), value.get_ref().as_str()?.to_owned())))
        .collect()
}

pub(super) fn only(table: &DeTable<'_>) -> Vec<(By, String)> {
    pairs(table, "only").into_iter().filter_map(|(name, value)| Some((By::from_name(&name)?, value))).collect()
}

pub(super) fn text(table: &DeTable<'_>, name: &str) -> Option<String> {
    table.get(name)?.get_ref().as_str().map(str::to_owned)
}

pub(super) fn count(table: &DeTable<'_>, name: &str) -> Option<u64> {
    check::whole(table.get(name)?.get_ref()).and_then(|n| u64::try_from(n).ok())
}

pub(super) fn truth(table: &DeTable<'_>, name: &str) -> Option<bool> {
    table.get(name)?.get_ref().as_bool()
}

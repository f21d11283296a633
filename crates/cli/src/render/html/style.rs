//! The style sheet of the page. Colours are variables, so that light and dark differ in one place; sizes follow the
//! reader's font size; contrast of text is at least 4.5 : 1 in both.

/// The style sheet.
pub(super) const STYLE: &str = "\
:root {
  --paper: #ffffff; --card: #f7f8fa; --ink: #1b1f24; --soft: #59636e; --rule: #d9dee3;
  --bar: #2f6fd0; --saved: #1a7f4b; --saved-fill: #a9dcbf; --lost: #c0362c; --heat: 47, 111, 208;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1c2026; --ink: #e6e9ed; --soft: #9aa4af; --rule: #333a42;
    --bar: #6ea2f0; --saved: #5cc98d; --saved-fill: #23573c; --lost: #ff8b80; --heat: 110, 162, 240;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: clamp(1.9rem, 6vw, 2.9rem); line-height: 1.1; margin: 0; letter-spacing: -.02em; font-weight: 650; }
h1 small { font-size: 1.05rem; font-weight: 400; letter-spacing: 0; color: var(--soft); white-space: nowrap; }
h2 { font-size: 1.2rem; margin: 0 0 .75rem; letter-spacing: -.01em; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
section { margin-top: 2.5rem; }
p { margin: .4rem 0; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.alert { border-left: 3px solid var(--lost); padding: .1rem .75rem; margin: .5rem 0; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.25rem 0 1rem; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: .75rem 1rem; }
.tile b { display: block; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tile span { color: var(--soft); font-size: .875rem; }
.tile.good b { color: var(--saved); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--soft); font-size: .8125rem; text-align: left; vertical-align: bottom; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td { vertical-align: top; }
.n { text-align: right; white-space: nowrap; }
.name { overflow-wrap: anywhere; min-width: 8rem; }
.share { width: 22%; min-width: 5rem; }
.share i { display: block; height: .7rem; margin-top: .4rem; border-radius: 2px; background: var(--bar); min-width: 2px; }
.good { color: var(--saved); }
.bad { color: var(--lost); }
svg { display: block; width: 100%; overflow: visible; }
svg text { fill: var(--ink); font-size: 15px; }
svg .soft { fill: var(--soft); font-size: 13px; }
svg .good { fill: var(--saved); }
svg .bad { fill: var(--lost); }
svg .kept { fill: var(--bar); }
svg .gone { fill: var(--saved-fill); }
svg .more { fill: var(--lost); opacity: .5; }
svg .track { fill: var(--card); }
.step { margin: 0 0 .9rem; }
.step p { margin: .25rem 0 0; }
.line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
.line b { font-weight: 550; overflow-wrap: anywhere; }
.line span { font-variant-numeric: tabular-nums; white-space: nowrap; }
.tag { color: var(--soft); border: 1px solid var(--rule); border-radius: 1rem; padding: 0 .5rem; font-size: .75rem;
  font-weight: 400; white-space: nowrap; }
.heat { display: grid; grid-template-columns: 2.5rem 1fr; gap: .25rem .5rem; max-width: 46rem; }
.heat svg { height: 10.5rem; }
.heat .days { display: grid; grid-template-rows: repeat(7, 1.5rem); font-size: .8125rem; color: var(--soft);
  line-height: 1.5rem; }
.heat .hours { grid-column: 2; display: grid; grid-template-columns: repeat(4, 1fr); font-size: .8125rem;
  color: var(--soft); }
.heat rect { fill: rgb(var(--heat)); }
.heat .none { fill: var(--card); }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
.text { margin: 0; }
.text summary { color: inherit; }
.text[open] summary code { display: none; }
ul { padding-left: 1.1rem; margin: .25rem 0; }
li { margin: .25rem 0; overflow-wrap: anywhere; }
code { font: .875em ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .8125rem;
  overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  main { padding: 1.25rem 1rem 2rem; }
  h1 small { display: block; margin-top: .35rem; white-space: normal; }
  .wide { display: none; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .heat { grid-template-columns: 2rem 1fr; gap: .25rem; }
}
@media print {
  main { max-width: none; padding: 0; }
  section { break-inside: avoid; }
}
";

"""How a report's page looks: light and dark, on a telephone, on paper.  Texts have a contrast of 4.5 at least."""

from __future__ import annotations

from typing import Final

CSS: Final = """\
:root { color-scheme: light dark; --page: #fff; --card: #f4f6f8; --text: #1b1f24; --soft: #55606b; --line: #d7dde3;
  --in: #b9d2ee; --talk1: #8fb6e2; --talk2: #5c92d0; --talk3: #2f6bb0; --talk4: #143f76; --away: #f6e7c8;
  --gap: #b3261e; --apart: #a06400; --failed: #b3261e; --mark: #e3e8ed; --limit: #7a8590;
  --good: #1a7f37; --fair: #8a6d00; --poor: #b45309; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --card: #1d232a; --text: #e6e9ed; --soft: #a3adb8;
  --line: #343c45; --in: #29435f; --talk1: #3c658f; --talk2: #5a8fc6; --talk3: #8cbcf0; --talk4: #d6e8ff;
  --away: #3b301a; --gap: #ff8a80; --apart: #e8b04a; --failed: #ff8a80; --mark: #262d35; --limit: #8b96a1;
  --good: #4cc38a; --fair: #e0c04c; --poor: #f0965a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 1rem/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 .2rem; font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.15rem; }
p { margin: .2rem 0; }
.soft, .strip-legend, th, dt { color: var(--soft); }
.warn { color: var(--gap); }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.2rem 0 0; }
dl > div { flex: 1 1 8rem; padding: .6rem .9rem; border-radius: .5rem; background: var(--card); }
dt { font-size: .85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figure { margin: 0; }
.defs { position: absolute; width: 0; height: 0; }
.row { display: grid; grid-template-columns: 13rem minmax(0, 1fr) 8.5rem; column-gap: .8rem; align-items: center;
  border-top: 1px solid var(--line); break-inside: avoid; }
.row.head { border: 0; position: sticky; top: 0; z-index: 1; background: var(--page); color: var(--soft);
  font-size: .8rem; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: .15rem 0; }
.name.absent { color: var(--soft); }
.figures { font-size: .85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.share { display: block; height: 4px; border-radius: 2px; background: var(--card); overflow: hidden; }
.share > i { display: block; height: 100%; min-width: 1px; background: var(--talk3); }
.mark-good { color: var(--good); } .mark-fair { color: var(--fair); } .mark-poor { color: var(--poor); }
.mark-bad { color: var(--bad); }
.axis { position: relative; height: 1.3rem; font-variant-numeric: tabular-nums; }
.axis span { position: absolute; transform: translateX(-50%); }
.axis span.last { transform: translateX(-100%); }
.strip { display: block; width: 100%; height: 34px; }
.in { fill: var(--in); } .talk1 { fill: var(--talk1); } .talk2 { fill: var(--talk2); } .talk3 { fill: var(--talk3); }
.talk4 { fill: var(--talk4); } .away { fill: var(--away); } .gap { fill: url(#hatch); } .apart { fill: var(--apart); }
.sound-good { fill: var(--good); } .sound-fair { fill: var(--fair); } .sound-poor { fill: var(--poor); }
.sound-bad { fill: var(--bad); }
.hatch, .mark, .limit, .cut, .failed { fill: none; vector-effect: non-scaling-stroke; stroke-width: 1px; }
.hatch { stroke: var(--gap); } .mark { stroke: var(--mark); } .limit { stroke: var(--limit); stroke-dasharray: 3 3; }
.cut { stroke: var(--gap); stroke-width: 2px; stroke-dasharray: 2 2; }
.failed { stroke: var(--failed); stroke-width: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .7rem 0 0; padding: 0; list-style: none;
  color: var(--soft); font-size: .85rem; }
.legend svg { width: 1.6rem; height: .8rem; margin-right: .35rem; vertical-align: -.05rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border: 0; font-size: .85rem; font-weight: 600; }
td { white-space: nowrap; }
tbody th { width: 27%; max-width: 20rem; color: var(--text); font-weight: 600; overflow-wrap: break-word; }
td:nth-child(2) { min-width: 12.5rem; white-space: normal; }
td:last-child { white-space: normal; }
td span { display: block; }
tr { break-inside: avoid; }
@media screen and (max-width: 44rem) {
  body { padding: 1rem .8rem; }
  .row { grid-template-columns: minmax(0, 1fr) auto; padding-bottom: .25rem; }
  .row > .strip, .row > .axis { grid-column: 1 / -1; grid-row: 2; }
  .row.head > :not(.axis) { display: none; }
  .axis span.odd { display: none; }
  .axis span.edge { transform: none; }
  .share { width: 5rem; margin-left: auto; }
  .figures { text-align: right; padding-bottom: .15rem; }
  thead { display: none; }
  tr { display: block; padding: .5rem 0; border-top: 1px solid var(--line); }
  tbody th, td { display: block; width: auto; min-width: 0; max-width: none; padding: 0; border: 0; white-space: normal;
    overflow-wrap: anywhere; }
  td[data-label] { display: grid; grid-template-columns: 8rem minmax(0, 1fr); column-gap: .6rem; }
  td[data-label]::before { content: attr(data-label); color: var(--soft); grid-row: 1 / span 40; }
  td[data-label] > * { grid-column: 2; }
  td.nothing[data-label] { display: none; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #f4f6f8; --text: #000; --soft: #444; --line: #ccc; --in: #b9d2ee;
    --talk1: #8fb6e2; --talk2: #5c92d0; --talk3: #2f6bb0; --talk4: #143f76; --away: #f6e7c8; --gap: #b3261e;
    --apart: #a06400; --failed: #b3261e; --mark: #e3e8ed; --limit: #7a8590; --good: #1a7f37; --fair: #8a6d00;
    --poor: #b45309; --bad: #b3261e; }
  @page { margin: 11mm 10mm; }
  body { max-width: none; padding: 0; font-size: 7.5pt; line-height: 1.2; print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  h1 { font-size: 14pt; } h2 { margin: 10pt 0 3pt; font-size: 9.5pt; break-after: avoid; }
  dl { margin: 5pt 0 0; gap: 5pt; } dl > div { flex-basis: 2.2cm; padding: 3pt 6pt; } dd { font-size: 9pt; }
  .rows { display: table; width: 100%; table-layout: fixed; border-collapse: collapse; }
  .row { display: table-row; }
  .row.head { display: table-header-group; font-size: 7pt; }
  .row > * { display: table-cell; vertical-align: middle; border-top: .4pt solid var(--line); }
  .row > .strip { display: block; height: 10pt; }
  .name { padding: 0; } .figures, thead th, dt, .legend { font-size: 7pt; }
  .row > :first-child { width: 4.4cm; padding: 0 3pt 0 0; } .row > :last-child { width: 2.7cm; padding-left: 4pt; }
  .share { display: none; }
  .axis { height: 11pt; }
  thead { display: table-header-group; }
  th, td { padding: .6pt 5pt .6pt 0; border-top-width: .4pt; }
  td:nth-child(2) { min-width: 0; }
  tbody th { font-weight: normal; }
  td span { display: inline-block; margin-right: 5pt; }
}
"""

import { type SankeyLink, type SankeyNode, sankey, sankeyLinkHorizontal } from "d3-sankey";
import type { Statement } from "../../node/settlement/model.ts";
import type { Names } from "./labels.ts";
import { yuan } from "./money.ts";
import { depthOf, type Flow, type FlowNode, moneyFlow, type Payer } from "./money-flow.ts";
import { type Slice, shareSlices } from "./share-slices.ts";
import { escapeXml, frame, INK, MUTED, round, text, widthOf } from "./svg.ts";

/**
 * Pictures of a statement as SVG text: presentation attributes only, no style attribute and no script, so that they hold
 * under the console's strict policy and go into a PDF unchanged. Their language is that of the names.
 */
export type ChartOptions = { readonly names: Names; readonly width?: number };

/** A stacked bar with its legend. */
export function shareBarSvg(
  statements: Statement | readonly Statement[],
  { names, width = 640 }: ChartOptions,
): string {
  const slices = shareSlices([statements].flat(), names);
  const { charts, yuan: money } = names.words;
  const legendOf = ({ label, permille, fen }: Slice) =>
    `${label} ${Math.floor(permille / 10)}.${permille % 10}% · ${money(yuan(fen))}`;
  const widest = Math.max(220, ...slices.map((slice) => widthOf(legendOf(slice))));
  const columns = Math.max(1, Math.floor(width / (widest + 30)));
  const rows = Math.ceil(slices.length / columns);
  const height = 30 + Math.max(1, rows) * 18;
  if (slices.length === 0) return frame(width, height, charts.shares, text(0, 20, charts.nothingShared, MUTED));
  let x = 0;
  const bar = slices.map(({ permille, color, label, fen }) => {
    const w = (permille / 1_000) * width;
    const rect = `<rect x="${round(x)}" y="0" width="${round(w)}" height="20" fill="${color}"><title>${escapeXml(label)} ${money(yuan(fen))}</title></rect>`;
    x += w;
    return rect;
  });
  const legend = slices.map((slice, i) => {
    const left = (i % columns) * (width / columns);
    const top = 30 + Math.floor(i / columns) * 18;
    return `<rect x="${round(left)}" y="${top}" width="10" height="10" fill="${slice.color}"/>${text(left + 15, top + 9, legendOf(slice))}`;
  });
  return frame(width, height, charts.shares, [...bar, ...legend].join(""));
}

/** The way of the money: who pays, for which product, to whom; what is deferred or parked beside it. */
export function moneyFlowSvg(
  statements: Statement | readonly Statement[],
  options: ChartOptions & { readonly payer: Payer },
): string {
  const { names, width = 640, payer } = options;
  const { charts } = names.words;
  const { nodes, flows, takenBackFen } = moneyFlow([statements].flat(), names, payer);
  if (flows.length === 0) return frame(width, 40, charts.flow, text(0, 20, charts.nothingFlows, MUTED));
  const rows = Math.max(...[0, 1, 2].map((depth) => nodes.filter((node) => depthOf(node.id) === depth).length));
  // Two lines of text stand beside each node, also beside a thin one.
  const height = Math.max(140, rows * 46);
  const margin = 150;
  const layout = sankey<FlowNode, Flow>()
    .nodeId(({ id }) => id)
    .nodeWidth(10)
    .nodePadding(26)
    // Keeps the parties in one order from month to month.
    .nodeSort(null)
    .extent([
      [2, 12],
      [width - margin, height - 12],
    ]);
  // The layout writes into what it is given.
  const drawn = layout({ nodes: nodes.map((node) => ({ ...node })), links: flows.map((flow) => ({ ...flow })) });
  const path = sankeyLinkHorizontal<FlowNode, Flow>();
  const links = drawn.links.map((link) => linkSvg(link, path(link) ?? "", names));
  const moved = [statements].flat().flatMap(({ result }) => result.adjustments.filter(({ fen }) => BigInt(fen) > 0n));
  const lifted = moved.reduce((sum, { fen }) => sum + BigInt(fen), 0n);
  const notes = [
    lifted === 0n ? "" : charts.guarantee(yuan(lifted)),
    takenBackFen === 0n ? "" : charts.takenBack(yuan(takenBackFen)),
  ].filter((note) => note !== "");
  const written = notes.map((note, i) => text(0, height + 12 + 14 * i, note, MUTED, 10));
  const parts = [...links, ...drawn.nodes.map((node) => nodeSvg(node, names)), ...written];
  return frame(width, height + 4 + 14 * Math.max(1, notes.length), charts.flow, parts.join(""));
}

function linkSvg(link: SankeyLink<FlowNode, Flow>, path: string, { words }: Names): string {
  const source = link.source as SankeyNode<FlowNode, Flow>;
  const target = link.target as SankeyNode<FlowNode, Flow>;
  const title = `${source.label} → ${target.label} ${words.yuan(yuan(link.fen))}`;
  return `<path d="${path}" fill="none" stroke="${target.color}" stroke-opacity="0.35" stroke-width="${round(Math.max(1, link.width ?? 1))}"><title>${escapeXml(title)}</title></path>`;
}

function nodeSvg(node: SankeyNode<FlowNode, Flow>, { words }: Names): string {
  const { x0 = 0, x1 = 0, y0 = 0, y1 = 0, fen } = node;
  const middle = (y0 + y1) / 2;
  const rect = `<rect x="${round(x0)}" y="${round(y0)}" width="${round(x1 - x0)}" height="${round(Math.max(1, y1 - y0))}" fill="${node.color}"/>`;
  const amount = text(x1 + 6, middle + 10, words.yuan(yuan(fen)), MUTED, 9);
  return rect + text(x1 + 6, middle - 2, node.label, INK, 10) + amount;
}

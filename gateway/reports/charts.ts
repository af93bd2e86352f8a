import { type SankeyLink, type SankeyNode, sankey, sankeyLinkHorizontal } from "d3-sankey";
import { allocate } from "../../node/settlement/allocate.ts";
import type { Statement } from "../../node/settlement/model.ts";
import { KINDS, type Names, productName } from "./labels.ts";
import { yuan } from "./money.ts";

/**
 * Pictures of a statement as SVG text: presentation attributes only, no style attribute and no script, so that they hold
 * under the console's strict policy and go into a PDF unchanged.
 */
export type Slice = {
  readonly partyId: string;
  readonly kind: string;
  readonly fen: bigint;
  readonly label: string;
  readonly color: string;
  /** Tenths of a per cent; those of all slices add up to 1000. */
  readonly permille: number;
};

/** Distinguishable without relying on red and green, dark enough beside white. */
const COLORS = [
  "#1d5fae",
  "#4b8bd8",
  "#2e9e7a",
  "#8fbf5a",
  "#dfa63a",
  "#b8602f",
  "#7a5aa6",
  "#4f7f8f",
  "#a04a6a",
  "#6b7280",
];
const INK = "#2b2f36";
const MUTED = "#5b6472";

export type ChartOptions = { readonly names: Names; readonly width?: number };

/** Who gets what and why, largest first; taken back amounts are not part of a picture of shares. */
export function shareSlices(statements: readonly Statement[], names: Names): Slice[] {
  const sums = new Map<string, { partyId: string; kind: string; fen: bigint }>();
  const add = (partyId: string, kind: string, fen: bigint) => {
    const key = `${kind}/${partyId}`;
    const slice = sums.get(key) ?? { partyId, kind, fen: 0n };
    slice.fen += fen;
    sums.set(key, slice);
  };
  for (const { result } of statements) {
    for (const line of result.lines) for (const { partyId, kind, fen } of line.shares) add(partyId, kind, BigInt(fen));
    for (const { partyId, fen } of result.adjustments) add(partyId, "benefit", BigInt(fen));
  }
  const shown = [...sums.values()].filter(({ fen }) => fen > 0n);
  shown.sort((a, b) => (a.fen === b.fen ? (a.partyId < b.partyId ? -1 : 1) : a.fen > b.fen ? -1 : 1));
  const seed = { periodId: "chart", lineId: "chart" };
  const weights = shown.map(({ partyId, kind, fen }) => ({
    partyId: `${kind}/${partyId}`,
    weight: { num: fen, den: 1n },
  }));
  const permille = shown.length === 0 ? [] : allocate(1_000n, weights, seed);
  return shown.map((slice, i) => ({
    ...slice,
    label: `${names.party(slice.partyId)}${slice.kind === "fund" ? "" : ` ${KINDS[slice.kind] ?? slice.kind}`}`,
    color: COLORS[i % COLORS.length] as string,
    permille: Number(permille[i]?.fen ?? 0n),
  }));
}

/** A stacked bar with its legend. */
export function shareBarSvg(
  statements: Statement | readonly Statement[],
  { names, width = 640 }: ChartOptions,
): string {
  const slices = shareSlices([statements].flat(), names);
  const columns = Math.max(1, Math.floor(width / 250));
  const rows = Math.ceil(slices.length / columns);
  const height = 30 + Math.max(1, rows) * 18;
  if (slices.length === 0) return frame(width, height, "收益去向", text(0, 20, "本期没有可分配金额", MUTED));
  let x = 0;
  const bar = slices.map(({ permille, color, label, fen }) => {
    const w = (permille / 1_000) * width;
    const rect = `<rect x="${round(x)}" y="0" width="${round(w)}" height="20" fill="${color}"><title>${escapeXml(label)} ${yuan(fen)} 元</title></rect>`;
    x += w;
    return rect;
  });
  const legend = slices.map(({ label, color, permille, fen }, i) => {
    const left = (i % columns) * (width / columns);
    const top = 30 + Math.floor(i / columns) * 18;
    const share = `${Math.floor(permille / 10)}.${permille % 10}%`;
    return `<rect x="${round(left)}" y="${top}" width="10" height="10" fill="${color}"/>${text(left + 15, top + 9, `${label} ${share} · ${yuan(fen)} 元`)}`;
  });
  return frame(width, height, "收益去向", [...bar, ...legend].join(""));
}

type Node = { readonly id: string; readonly label: string; readonly color: string };
type Flow = { readonly source: string; readonly target: string; readonly value: number };

/** Beyond this, products are drawn together: a picture with a hundred threads says nothing. */
const MAX_PRODUCTS = 8;
const MAX_PAYEES = 10;

/** The way of the money: who pays, for which product, to whom; what is deferred or parked beside it. */
export function moneyFlowSvg(
  statements: Statement | readonly Statement[],
  options: ChartOptions & { readonly payer: string },
): string {
  const { names, width = 640, payer } = options;
  const { nodes, flows } = flowsOf([statements].flat(), names, payer);
  if (flows.length === 0) return frame(width, 40, "资金流向", text(0, 20, "本期没有资金流动", MUTED));
  const rows = Math.max(...[0, 1, 2].map((depth) => nodes.filter((node) => depthOf(node.id) === depth).length));
  // Two lines of text stand beside each node, also beside a thin one.
  const height = Math.max(140, rows * 46);
  const margin = 150;
  const layout = sankey<Node, object>()
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
  const path = sankeyLinkHorizontal<Node, object>();
  const links = drawn.links.map((link) => linkSvg(link, path(link) ?? ""));
  const moved = [statements].flat().flatMap(({ result }) => result.adjustments.filter(({ fen }) => BigInt(fen) > 0n));
  const lifted = moved.reduce((sum, { fen }) => sum + BigInt(fen), 0n);
  const note = lifted === 0n ? "" : text(0, height + 12, `另有保底调剂 ${yuan(lifted)} 元,见“调整”`, MUTED, 10);
  return frame(width, height + 18, "资金流向", [...links, ...drawn.nodes.map(nodeSvg), note].join(""));
}

function linkSvg(link: SankeyLink<Node, object>, path: string): string {
  const source = link.source as SankeyNode<Node, object>;
  const target = link.target as SankeyNode<Node, object>;
  const title = `${source.label} → ${target.label} ${yuan(BigInt(Math.round(link.value)))} 元`;
  return `<path d="${path}" fill="none" stroke="${target.color}" stroke-opacity="0.35" stroke-width="${round(Math.max(1, link.width ?? 1))}"><title>${escapeXml(title)}</title></path>`;
}

function nodeSvg(node: SankeyNode<Node, object>): string {
  const { x0 = 0, x1 = 0, y0 = 0, y1 = 0, value = 0 } = node;
  const middle = (y0 + y1) / 2;
  const rect = `<rect x="${round(x0)}" y="${round(y0)}" width="${round(x1 - x0)}" height="${round(Math.max(1, y1 - y0))}" fill="${node.color}"/>`;
  const amount = text(x1 + 6, middle + 10, `${yuan(BigInt(Math.round(value)))} 元`, MUTED, 9);
  return rect + text(x1 + 6, middle - 2, node.label, INK, 10) + amount;
}

/** Payers stand on the left and payees on the right as different nodes: two regions that owe each other make no circle. */
function flowsOf(statements: readonly Statement[], names: Names, payer: string): { nodes: Node[]; flows: Flow[] } {
  const sums = new Map<string, bigint>();
  const flow = (source: string, target: string, fen: bigint) => {
    if (fen > 0n) sums.set(`${source}\n${target}`, (sums.get(`${source}\n${target}`) ?? 0n) + fen);
  };
  const products = productsOf(statements);
  const payees = new Map(
    shareSlices(statements, names)
      .slice(0, MAX_PAYEES)
      .map(({ kind, partyId }) => [`${kind}/${partyId}`, `2/${kind}/${partyId}`]),
  );
  for (const { result } of statements) {
    for (const { productId, amountFen, disputedFen, deferredFen, keptFen, shares } of result.lines) {
      const product = `1/${products.get(productId) ?? productId}`;
      const deferred = BigInt(deferredFen);
      if (deferred < 0n) flow("0/~以前递延", product, -deferred);
      // A line that takes back flows the other way; a picture of payments does not show it.
      if (BigInt(keptFen) <= 0n && deferred <= 0n) continue;
      flow(`0/${payer}`, product, BigInt(amountFen));
      flow(product, "2/~递延到下期", deferred);
      flow(`0/${payer}`, "1/~争议挂起", BigInt(disputedFen));
      for (const { partyId, kind, fen } of shares)
        flow(product, payees.get(`${kind}/${partyId}`) ?? OTHER_PAYEES, BigInt(fen));
    }
  }
  const flows = [...sums].map(([key, fen]): Flow => {
    const [source = "", target = ""] = key.split("\n");
    return { source, target, value: Number(fen) };
  });
  const ids = [...new Set(flows.flatMap(({ source, target }) => [source, target]))].sort();
  return { nodes: ids.map((id, i) => ({ id, label: nodeLabel(id, names), color: colorOf(id, i) })), flows };
}

const OTHER_PAYEES = "2/~其余各方";

/** The largest products by name, the rest as one. */
function productsOf(statements: readonly Statement[]): Map<string, string> {
  const amounts = new Map<string, bigint>();
  for (const { result } of statements) {
    for (const { productId, keptFen } of result.lines) {
      amounts.set(productId, (amounts.get(productId) ?? 0n) + BigInt(keptFen));
    }
  }
  const sorted = [...amounts].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1));
  return new Map(sorted.map(([productId], i) => [productId, i < MAX_PRODUCTS ? productId : "~其余产品"]));
}

function depthOf(id: string): number {
  return Number(id[0]);
}

function nodeLabel(id: string, names: Names): string {
  const rest = id.slice(2);
  if (rest === "~deferred") return productName(rest);
  if (rest.startsWith("~")) return rest.slice(1);
  if (depthOf(id) === 0) return `${names.region(rest)} 付款`;
  if (depthOf(id) === 1) return productName(rest);
  const [kind = "", partyId = ""] = rest.split("/");
  return kind === "fund" ? names.party(partyId) : `${names.party(partyId)} ${KINDS[kind] ?? kind}`;
}

function colorOf(id: string, i: number): string {
  return id.slice(2).startsWith("~") ? "#9aa3af" : (COLORS[i % COLORS.length] as string);
}

function frame(width: number, height: number, label: string, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}">${content}</svg>`;
}

function text(x: number, y: number, content: string, color = INK, size = 11): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${color}">${escapeXml(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escapeXml(value: string): string {
  const entities: { readonly [c: string]: string } = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return value.replace(/[&<>"']/g, (c) => entities[c] ?? c);
}

import type { Statement } from "../../node/settlement/model.ts";
import type { Names } from "./labels.ts";
import { shareSlices } from "./share-slices.ts";
import { colorAt } from "./svg.ts";

/** A place that money comes from, passes or ends in. The layout measures in numbers; what is written are the fen. */
export type FlowNode = { readonly id: string; readonly label: string; readonly color: string; readonly fen: bigint };
export type Flow = { readonly source: string; readonly target: string; readonly value: number; readonly fen: bigint };
export type MoneyFlow = {
  readonly nodes: FlowNode[];
  readonly flows: Flow[];
  /** Of lines that take back: a picture of payments does not show them. */
  readonly takenBackFen: bigint;
};

/** Beyond this, products are drawn together: a picture with a hundred threads says nothing. */
const MAX_PRODUCTS = 8;
const MAX_PAYEES = 10;

const EARLIER = "0/~earlier";
const LATER = "2/~later";
const PARKED = "1/~parked";
const OTHER_PAYEES = "2/~otherPayees";
const OTHER_PRODUCTS = "~otherProducts";

/** Who pays: one region, or each statement's own. */
export type Payer = string | ((statement: Statement) => string);

/** Payers stand on the left and payees on the right as different nodes: two regions that owe each other make no circle. */
export function moneyFlow(statements: readonly Statement[], names: Names, payer: Payer): MoneyFlow {
  const sums = new Map<string, bigint>();
  let takenBackFen = 0n;
  const flow = (source: string, target: string, fen: bigint) => {
    if (fen > 0n) sums.set(`${source}\n${target}`, (sums.get(`${source}\n${target}`) ?? 0n) + fen);
  };
  const products = productsOf(statements);
  const payees = new Map(
    shareSlices(statements, names)
      .slice(0, MAX_PAYEES)
      .map(({ kind, partyId }) => [`${kind}/${partyId}`, `2/${kind}/${partyId}`]),
  );
  for (const statement of statements) {
    const from = `0/${typeof payer === "string" ? payer : payer(statement)}`;
    for (const { productId, amountFen, disputedFen, deferredFen, keptFen, shares } of statement.result.lines) {
      const product = `1/${products.get(productId) ?? productId}`;
      const deferred = BigInt(deferredFen);
      flow(from, PARKED, BigInt(disputedFen));
      if (deferred < 0n) flow(EARLIER, product, -deferred);
      if (BigInt(keptFen) <= 0n && deferred <= 0n) {
        takenBackFen -= BigInt(amountFen);
        continue;
      }
      flow(from, product, BigInt(amountFen));
      flow(product, LATER, deferred);
      for (const { partyId, kind, fen } of shares)
        flow(product, payees.get(`${kind}/${partyId}`) ?? OTHER_PAYEES, BigInt(fen));
    }
  }
  const flows = [...sums].map(([key, fen]): Flow => {
    const [source = "", target = ""] = key.split("\n");
    return { source, target, value: Number(fen), fen };
  });
  return { nodes: nodesOf(flows, names), flows, takenBackFen };
}

function nodesOf(flows: readonly Flow[], names: Names): FlowNode[] {
  const ids = [...new Set(flows.flatMap(({ source, target }) => [source, target]))].sort();
  return ids.map((id, i) => {
    const sum = (end: "source" | "target") =>
      flows.reduce((total, one) => (one[end] === id ? total + one.fen : total), 0n);
    const [into, out] = [sum("target"), sum("source")];
    const isOfTheSystem = id.slice(2).startsWith("~");
    const color = colorAt(isOfTheSystem ? undefined : i);
    return { id, label: nodeLabel(id, names), color, fen: into > out ? into : out };
  });
}

/** The largest products by name, the rest as one. */
function productsOf(statements: readonly Statement[]): Map<string, string> {
  const amounts = new Map<string, bigint>();
  for (const { result } of statements) {
    for (const { productId, keptFen } of result.lines) {
      amounts.set(productId, (amounts.get(productId) ?? 0n) + BigInt(keptFen));
    }
  }
  const sorted = [...amounts].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1));
  return new Map(sorted.map(([productId], i) => [productId, i < MAX_PRODUCTS ? productId : OTHER_PRODUCTS]));
}

/** The column that a node stands in. */
export function depthOf(id: string): number {
  return Number(id[0]);
}

function nodeLabel(id: string, names: Names): string {
  const { charts } = names.words;
  const rest = id.slice(2);
  const own: { readonly [id: string]: string } = {
    [EARLIER]: charts.earlier,
    [LATER]: charts.later,
    [PARKED]: charts.parked,
    [OTHER_PAYEES]: charts.otherPayees,
    [`1/${OTHER_PRODUCTS}`]: charts.otherProducts,
  };
  if (own[id] !== undefined) return own[id];
  if (depthOf(id) === 0) return charts.pays(names.region(rest));
  if (depthOf(id) === 1) return names.product(rest);
  const [kind = "", partyId = ""] = rest.split("/");
  return kind === "fund" ? names.party(partyId) : `${names.party(partyId)} ${names.kind(kind)}`;
}

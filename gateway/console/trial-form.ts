import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { microOf } from "../../node/policy/price.ts";
import type { TrialBasis } from "../../node/settlement/insight/service.ts";
import type { TermsChange } from "../../node/settlement/insight/what-if.ts";
import type { Scheme } from "../../node/settlement/scheme.ts";
import { fenWritten } from "./fen-written.ts";
import { missing } from "./form.ts";

/** What an address asks for, trimmed; undefined where the field is absent, "" where it was emptied. */
export type Asked = (name: string) => string | undefined;

const MICRO_PER_FEN = 10_000n;
/** As signed terms may have them: whole, decimal or a fraction. */
const WEIGHT = /^(0|[1-9][0-9]{0,8})([./][0-9]{1,9})?$/;

/** `0.400000` → `0.4`, as people write it; the catalogue's six decimals only where they say something. */
export function plainYuan(micro: string): string {
  const digits = micro.padStart(7, "0");
  const decimals = digits.slice(-6).replace(/0+$/, "").padEnd(2, "0");
  return `${digits.slice(0, -6)}.${decimals}`;
}

export function plainYuanOfFen(fen: string): string {
  return plainYuan((BigInt(fen) * MICRO_PER_FEN).toString());
}

/** The scheme chosen in the form, with the figures written for it; the agreed one where none was chosen. */
export function schemeOf(asked: Asked, { terms, schemes }: TrialBasis): Result<Scheme> {
  const kind = asked("scheme") ?? terms.scheme.kind;
  const chosen = schemes.find((scheme) => scheme.kind === kind) ?? terms.scheme;
  return withFigures(asked, chosen);
}

/** Only what differs from the signed terms, so that an untouched form changes nothing. */
export function changeOf(asked: Asked, basis: TrialBasis): Result<TermsChange> {
  const { terms } = basis;
  const products: NonNullable<TermsChange["products"]> = [];
  for (const { productId, unitPriceMicro, capPriceMicro } of terms.products) {
    const price = microIn(asked(`price:${productId}`), unitPriceMicro);
    const cap = microIn(asked(`cap:${productId}`), capPriceMicro);
    if (price === undefined || price === null || cap === undefined) return badAmount();
    products.push({
      productId,
      ...(price === unitPriceMicro ? {} : { unitPriceMicro: price }),
      ...(cap === capPriceMicro ? {} : { capPriceMicro: cap }),
    });
  }
  const changed = products.filter((product) => Object.keys(product).length > 1);
  const scheme = schemeOf(asked, basis);
  if (!scheme.ok) return scheme;
  const isSameScheme = JSON.stringify(scheme.value) === JSON.stringify(terms.scheme);
  const before = terms.maxRevenueFen ?? null;
  const written = asked("max");
  const max = written === undefined ? before : written === "" ? null : (fenWritten(written) ?? undefined);
  if (max === undefined) return badAmount();
  return ok({
    ...(changed.length === 0 ? {} : { products: changed }),
    ...(isSameScheme ? {} : { scheme: scheme.value }),
    ...(max === before ? {} : { maxRevenueFen: max }),
  });
}

/** Undefined: not an amount. */
function microIn(written: string | undefined, before: string | null): string | null | undefined {
  if (written === undefined) return before;
  return written === "" ? null : microOf(written)?.toString();
}

function withFigures(asked: Asked, scheme: Scheme): Result<Scheme> {
  const weigh = <T extends { readonly weight: string }>(name: (item: T) => string, items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, weight: asked(name(item)) ?? item.weight }));
  const bad = (items: readonly { readonly weight: string }[]) => items.some(({ weight }) => !WEIGHT.test(weight));
  if (scheme.kind === "fixed") {
    const weights = weigh(({ partyId }) => `fixed:${partyId}`, scheme.weights);
    return bad(weights) ? badWeight() : ok({ ...scheme, weights });
  }
  if (scheme.kind === "contribution") {
    const components = weigh(({ metric }) => `contribution:${metric}`, scheme.components);
    return bad(components) ? badWeight() : ok({ ...scheme, components });
  }
  if (scheme.kind !== "tiers") return ok(scheme);
  const brackets = scheme.brackets.map(({ upToFen, weights }, i) => {
    const written = asked(`tier${i}:upTo`);
    return {
      upToFen: upToFen === null || written === undefined ? upToFen : (fenWritten(written) ?? ""),
      weights: weigh(({ partyId }) => `tier${i}:${partyId}`, weights),
    };
  });
  if (brackets.some(({ upToFen }) => upToFen === "")) return badAmount();
  return brackets.some(({ weights }) => bad(weights)) ? badWeight() : ok({ ...scheme, brackets });
}

function badAmount() {
  return missing({
    zh: "金额须写成元,单价至多六位小数、总额至多两位,例如 0.35;没有试算,请改正。",
    en: "Write amounts in yuan, a unit price with at most six decimals, a sum with two, such as 0.35; nothing was tried.",
  });
}

function badWeight() {
  return missing({
    zh: "份额须是不小于 0 的数字,例如 70 与 30;没有试算,请改正。",
    en: "Write shares as numbers from 0, such as 70 and 30; nothing was tried.",
  });
}

import { readFileSync } from "node:fs";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { type DecisionClaim, type RerunRules, rerun } from "../../node/evidence/rerun.ts";
import { type Canonical, digestOf } from "../../node/kernel/canonical-json.ts";
import { documentText, draftDocument } from "../../node/negotiation/agreement.ts";
import {
  answerRequest,
  type RecordedDecision,
  recordRequest,
  recordTransfer,
} from "../../node/policy/decision-record.ts";
import { enforceTransfer } from "../../node/policy/enforce.ts";
import type { Purpose, UsageTerms } from "../../node/policy/model.ts";
import { offerOf, usualTerms } from "../../node/policy/offer.ts";
import { bundledCalendar, bundledPacks } from "../../node/rules/bundled.ts";
import { loadRules } from "../../node/rules/service.ts";
import { type SeededRandom, seededRandom } from "../demo/seeded-random.ts";
import type { SoakReport } from "./kills.ts";

const REGION = "510100";
const CONSUMER = "500000";
const FROM_MS = Date.parse("2026-10-08T00:00:00.000Z");
const DAY_MS = 86_400_000;

/** A telephone number and an id that somebody looked rows up by; records must not hold them. */
export const LOOKED_UP = ["13800000000", "510100199001011234"] as const;

type Made = { readonly claims: readonly DecisionClaim[]; readonly documents: readonly Canonical[] };

/** Decisions over the illustrative catalogue as a node records them: requests of every kind, and transfers. */
export function decisionSample(rules: RerunRules, count: number, seed = "decisions"): Made {
  const random = seededRandom(seed);
  const entries = catalogue();
  const agreements = entries.slice(0, 12).flatMap((entry, n) => agreementOn(entry, n));
  const claims: DecisionClaim[] = [];
  const documents = new Map<string, Canonical>(agreements.map(({ document, digest }) => [digest, document]));
  while (claims.length < count) {
    const isRequest = claims.length % 2 === 0;
    const made = isRequest ? request(random, entries, rules) : transfer(random, random.pick(agreements));
    if (made === undefined) continue;
    for (const { digest, text } of made.documents) documents.set(digest, JSON.parse(text) as Canonical);
    const { inputs, outcome, decision } = made.detail;
    claims.push({ seq: String(claims.length + 1), inputs, outcome, decision });
  }
  return { claims, documents: [...documents.values()] };
}

function catalogue(): CatalogEntry[] {
  const file = new URL("../../data/catalog-chengdu.json", import.meta.url);
  const { entries } = JSON.parse(readFileSync(file, "utf8")) as { entries: CatalogEntry[] };
  return entries.map((entry) => ({ ...entry, contact: { role: "数据专员", phone: LOOKED_UP[0] } }));
}

function request(
  random: SeededRandom,
  entries: readonly CatalogEntry[],
  rules: RerunRules,
): RecordedDecision | undefined {
  const entry = random.pick(entries);
  const nowMs = FROM_MS + random.between(0, 40 * DAY_MS);
  const offer = offerOf(entry, REGION, nowMs);
  const purpose = random.pick<Purpose>(["public-governance", "public-welfare", "internal-duty", "industrial"]);
  const fallback = offer.ok ? usualTerms(offer.value, entry, [purpose], nowMs) : NOTHING_OFFERED;
  const requested = variantOf(random, fallback);
  const question = {
    ...{ entry, requested, nowMs, region: REGION, consumer: CONSUMER, partners: [] },
    offeredAtMs: nowMs - random.between(0, 1_000),
    hasSource: random.next() < 0.8,
    round: random.between(1, 13),
  };
  return recordRequest(question, answerRequest(question, rules), rules.packs());
}

const NOTHING_OFFERED: UsageTerms = {
  ...{ purposes: ["public-governance"], legalBasis: null, fields: ["x"], rows: [], masks: {} },
  limits: { maxRows: null, maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: null },
  ...{ validFrom: "2026-10-01T00:00:00.000Z", validTo: "2027-10-01T00:00:00.000Z", channel: "heliu", price: null },
};

/** As people ask: mostly for what is offered, now and then for less, for more, or for what cannot be. */
function variantOf(random: SeededRandom, terms: UsageTerms): UsageTerms {
  const [field = "x"] = terms.fields;
  const variants: readonly Partial<UsageTerms>[] = [
    {},
    {},
    { masks: {} },
    { fields: [field] },
    { fields: [...terms.fields, "not-there"] },
    { validTo: "2040-01-01T00:00:00.000Z" },
    { validTo: "2020-01-01T00:00:00.000Z" },
    { limits: { ...terms.limits, maxRows: String(random.between(1, 1_000_000)) } },
    { rows: [{ field, op: "eq", value: "正常" }] },
  ];
  return { ...terms, ...random.pick(variants) };
}

type Signed = {
  readonly entry: CatalogEntry;
  readonly terms: UsageTerms;
  readonly document: Canonical;
  readonly digest: string;
};

function agreementOn(entry: CatalogEntry, n: number): Signed[] {
  const offer = offerOf(entry, REGION, FROM_MS);
  if (!offer.ok) return [];
  const purposes: readonly Purpose[] = n % 2 === 0 ? ["public-governance"] : ["public-governance", "industrial"];
  const priceless = { ...usualTerms(offer.value, entry, purposes, FROM_MS), price: null };
  const terms = { ...priceless, limits: { ...priceless.limits, maxRows: "100000" } };
  const document = JSON.parse(
    documentText(
      draftDocument({
        negotiation: {
          entry: { region: REGION, id: entry.id, version: String(entry.version), name: entry.name },
          terms,
        },
        agreementId: `AGR-${String(n).padStart(26, "0")}`,
        ...{ provider: REGION, consumer: CONSUMER, at: new Date(FROM_MS).toISOString() },
        ...{ rulePacks: [{ id: "cn-national", version: "1" }], trustListDigest: `sha256:${"0".repeat(64)}` },
      }),
    ),
  ) as Canonical;
  return [{ entry, terms, document, digest: digestOf(document) }];
}

function transfer(random: SeededRandom, { entry, terms, document, digest }: Signed): RecordedDecision {
  const { agreementId } = document as { readonly agreementId: string };
  const [field = "x"] = terms.fields;
  const nowMs = FROM_MS + random.between(0, 40 * DAY_MS);
  const question = {
    agreement: { id: agreementId, digest, status: random.next() < 0.9 ? "in-force" : "terminated", terms } as const,
    selection: random.pick([
      {},
      { fields: [field] },
      { fields: ["not-there"] },
      { purpose: "industrial" as const },
      { rows: [{ field, op: "eq" as const, value: LOOKED_UP[1] }] },
    ]),
    fieldsOfEntry: entry.fields,
    totals: { rows: String(random.between(0, 110_000)), bytes: "0", calls: "0", callsByMonth: {} },
    nowMs,
    isFrozen: random.next() < 0.2,
    ...(random.next() < 0.9 ? { maskKey: new Uint8Array(32) } : {}),
  };
  return recordTransfer(question, enforceTransfer(question), [{ id: "cn-national", version: "1" }]);
}

/** Makes all of them again, then once more with a single rule altered, which has to be found. */
export async function soakDecisions({ seed, n }: { readonly seed: string; readonly n: number }): Promise<SoakReport> {
  const packs = bundledPacks(REGION);
  const rules = loadRules(packs, bundledCalendar());
  const { claims, documents } = decisionSample(rules, n, seed);
  const began = performance.now();
  const { count, equal, faults } = rerun(claims, documents, rules);
  const tookMs = performance.now() - began;
  const altered = rerun(claims, documents, loadRules(packs.map(alteredPack), bundledCalendar()));
  const codes = new Set(altered.faults.map(({ code }) => code));
  const isFound = codes.has("DECISION_RULES_DIFFER") && altered.equal < altered.count;
  return {
    ...{ verb: "decisions", seed, trials: count, failed: faults.slice(0, 20), tookMs: Math.round(tookMs) },
    ok: equal === count && faults.length === 0 && isFound,
    ...{ equal, perSecond: Math.round((count / tookMs) * 1_000) },
    alteredRule: { found: isFound, differing: altered.count - altered.equal },
  };
}

/** The same version with a day more for replies. */
export function alteredPack(pack: ReturnType<typeof bundledPacks>[number]) {
  const rules = pack.rules.map((rule) =>
    rule.key === "share.replyDays" ? { ...rule, value: Number(rule.value) + 1 } : rule,
  );
  return { ...pack, rules };
}

import { describe, expect, it } from "vitest";
import { conditionalEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { type BindingAgreement, enforceCall, enforceTransfer, type Selection, type UsageSoFar } from "./enforce.ts";
import { explainRequest } from "./explain.ts";
import type { Purpose, UsageTerms } from "./model.ts";
import { offerOf, usualTerms } from "./offer.ts";

const NOW = Date.UTC(2026, 9, 5, 8);
const entry = conditionalEntry();
const offered = usualTerms(mustSucceed(offerOf(entry, "510100", NOW)), entry, ["public-governance"], NOW);
const unused: UsageSoFar = { rows: "0", bytes: "0", calls: "0", callsByMonth: {} };
const maskKey = new Uint8Array(32).fill(7);

function agreement(
  changes: Partial<UsageTerms> = {},
  status: BindingAgreement["status"] = "in-force",
): BindingAgreement {
  return { id: "AGR-1", status, terms: { ...offered, ...changes } };
}

function read(selection: Selection, changes: Partial<UsageTerms> = {}, totals = unused) {
  return enforceTransfer({
    agreement: agreement(changes),
    selection,
    fieldsOfEntry: entry.fields,
    totals,
    nowMs: NOW,
    maskKey,
  });
}

describe("a transfer", () => {
  it("reads the agreed columns in the entry's order, with the agreement's rows, masks and what is left of its limits", () => {
    const rows = [{ field: "ent_name", op: "prefix" as const, value: "成都" }];
    const limits = { ...offered.limits, maxRows: "100", rowsPerSecond: "50" };
    const plan = mustSucceed(
      read(
        { fields: ["capital", "id_no", "uscc"], rows: [{ field: "uscc", op: "eq", value: "9" }] },
        { rows, limits },
        { ...unused, rows: "40" },
      ),
    );
    expect(plan.columns).toEqual(["uscc", "id_no", "capital"]);
    expect(plan.rows).toEqual([...rows, { field: "uscc", op: "eq", value: "9" }]);
    expect(plan.masks).toEqual({ id_no: "hash" });
    expect([plan.maxRowsLeft, plan.maxBytesLeft, plan.rowsPerSecond]).toEqual([60n, null, 50]);
  });

  it.each<[string, Selection, Partial<UsageTerms>, string, string]>([
    ["a field that was not agreed", { fields: ["secret_note"] }, {}, "OUT_OF_SCOPE", "policy.fields"],
    ["another purpose", { purpose: "industrial" }, {}, "PURPOSE_NOT_ALLOWED", "policy.purpose"],
    [
      "a selection by a masked field",
      { rows: [{ field: "id_no", op: "prefix", value: "5" }] },
      {},
      "OUT_OF_SCOPE",
      "policy.rows",
    ],
    [
      "a selection by a hidden field",
      { rows: [{ field: "internal", op: "eq", value: "5" }] },
      {},
      "OUT_OF_SCOPE",
      "policy.rows",
    ],
    ["data that goes another way", {}, { channel: "outside:api" }, "CHANNEL_OUTSIDE", "policy.channel"],
    [
      "a time before the agreement begins",
      {},
      { validFrom: "2026-10-06T00:00:00.000Z" },
      "AUTH_EXPIRED",
      "policy.dates",
    ],
    ["the instant it ends", {}, { validTo: "2026-10-05T08:00:00.000Z" }, "AUTH_EXPIRED", "policy.dates"],
  ])("is refused for %s", (_what, selection, changes, code, rule) => {
    expect(read(selection, changes)).toMatchObject({ error: { code, details: { rule } } });
  });

  it("is refused once the agreed rows are used up, not before", () => {
    const limits = { ...offered.limits, maxRows: "100" };
    expect(mustSucceed(read({}, { limits }, { ...unused, rows: "99" })).maxRowsLeft).toBe(1n);
    expect(read({}, { limits }, { ...unused, rows: "100" })).toMatchObject({ error: { code: "QUOTA_EXCEEDED" } });
  });

  it("drops a field that has become unshareable since the agreement", () => {
    const fieldsOfEntry = entry.fields.map((f) => (f.name === "capital" ? { ...f, sensitivity: "S4" as const } : f));
    const plan = enforceTransfer({
      agreement: agreement(),
      selection: {},
      fieldsOfEntry,
      totals: unused,
      nowMs: NOW,
      maskKey,
    });
    expect(mustSucceed(plan).columns).not.toContain("capital");
  });

  it("does not run when a hash mask has no key", () => {
    const plan = enforceTransfer({
      agreement: agreement(),
      selection: {},
      fieldsOfEntry: entry.fields,
      totals: unused,
      nowMs: NOW,
    });
    expect(plan).toMatchObject({ error: { code: "MASK_KEY_MISSING", kind: "unavailable" } });
  });

  it.each(["pending", "superseded", "suspended", "terminated", "expired"] as const)(
    "is refused under a %s agreement",
    (status) => {
      const plan = enforceTransfer({
        agreement: agreement({}, status),
        selection: {},
        fieldsOfEntry: entry.fields,
        totals: unused,
        nowMs: NOW,
        maskKey,
      });
      expect(plan).toMatchObject({ error: { code: "AUTH_EXPIRED", details: { rule: "policy.status" } } });
    },
  );
});

describe("a call", () => {
  const product = productEntry();
  const terms = usualTerms(mustSucceed(offerOf(product, "510100", NOW)), product, ["public-welfare"], NOW);
  const welfare: BindingAgreement = { id: "AGR-2", status: "in-force", terms };
  const used = (calls: string): UsageSoFar => ({
    ...unused,
    calls,
    callsByMonth: { "2026-10": { "public-interest": calls } },
  });

  it("is refused as the 10,001st of the month's free quota (E5), and free again in the next month", () => {
    const input = { reg_code: "1" };
    expect(mustSucceed(enforceCall({ agreement: welfare, input, totals: used("9999"), nowMs: NOW })).callsLeft).toBe(
      1n,
    );
    expect(enforceCall({ agreement: welfare, input, totals: used("10000"), nowMs: NOW })).toMatchObject({
      error: { code: "QUOTA_EXCEEDED", details: { rule: "policy.freeCallsPerMonth" } },
    });
    const november = Date.UTC(2026, 9, 31, 16);
    expect(enforceCall({ agreement: welfare, input, totals: used("10000"), nowMs: november }).ok).toBe(true);
  });

  it("bills a call that states no purpose as industrial where both are agreed", () => {
    const mixed: BindingAgreement = { ...welfare, terms: { ...terms, purposes: ["public-welfare", "industrial"] } };
    const plan = (purpose?: "public-welfare") =>
      mustSucceed(enforceCall({ agreement: mixed, input: {}, purpose, totals: unused, nowMs: NOW })).purposeClass;
    expect([plan(), plan("public-welfare")]).toEqual(["commercial", "public-interest"]);
  });

  it("keeps the free quota apart from the limit of the month: charged calls use up only the second", () => {
    const limits = { ...terms.limits, maxCallsPerMonth: "12000" };
    const both: BindingAgreement = {
      ...welfare,
      terms: { ...terms, purposes: ["public-welfare", "industrial"], limits },
    };
    const totals = { ...unused, callsByMonth: { "2026-10": { "public-interest": "10000", commercial: "1500" } } };
    const ask = (purpose: "public-welfare" | "industrial", given: UsageSoFar = totals) =>
      enforceCall({ agreement: both, input: {}, purpose, totals: given, nowMs: NOW });
    expect(ask("public-welfare")).toMatchObject({ error: { details: { rule: "policy.freeCallsPerMonth" } } });
    expect(mustSucceed(ask("industrial")).callsLeft).toBe(500n);
    const full = { ...unused, callsByMonth: { "2026-10": { "public-interest": "10000", commercial: "2000" } } };
    expect(ask("industrial", full)).toMatchObject({ error: { details: { rule: "policy.maxCallsPerMonth" } } });
  });

  it("stops charged calls where the month's budget ends, and leaves the public interest alone", () => {
    const mixed: BindingAgreement = { ...welfare, terms: { ...terms, purposes: ["public-welfare", "industrial"] } };
    const stop = { month: "2026-10", calls: "3", rows: null, bytes: null };
    const budgeted = (calls: string) => ({ ...unused, callsByMonth: { "2026-10": { commercial: calls } }, stop });
    const ask = (purpose: "public-welfare" | "industrial", totals: UsageSoFar) =>
      enforceCall({ agreement: mixed, input: {}, purpose, totals, nowMs: NOW });
    expect(mustSucceed(ask("industrial", budgeted("2"))).callsLeft).toBe(1n);
    expect(ask("industrial", budgeted("3"))).toMatchObject({ error: { code: "BUDGET_SPENT" } });
    expect(ask("public-welfare", budgeted("3")).ok).toBe(true);
  });

  it("takes only agreed fields as input", () => {
    expect(enforceCall({ agreement: welfare, input: { owner: "x" }, totals: unused, nowMs: NOW })).toMatchObject({
      error: { code: "OUT_OF_SCOPE", details: { fields: "owner" } },
    });
  });
});

describe("while an objection to the entry is being verified", () => {
  const purposes: Purpose[] = ["public-governance", "industrial"];
  const frozen = { error: { code: "OBJECTION_FROZEN", details: { rule: "policy.objection" } } };

  it("transfers for public duty go on, those for gain do not, nor those that may be either", () => {
    const mixed = agreement({ purposes });
    const request = { agreement: mixed, fieldsOfEntry: entry.fields, totals: unused, nowMs: NOW, maskKey };
    const ask = (selection: Selection, isFrozen = true) => enforceTransfer({ ...request, selection, isFrozen });
    expect(ask({ purpose: "public-governance" })).toEqual(ask({ purpose: "public-governance" }, false));
    expect(ask({ purpose: "public-governance" }).ok).toBe(true);
    expect(ask({ purpose: "industrial" })).toMatchObject(frozen);
    expect(ask({})).toMatchObject(frozen);
    expect(ask({}, false).ok).toBe(true);
  });

  it("no call is answered, whoever asks", () => {
    const ask = (purpose: Purpose, isFrozen: boolean) =>
      enforceCall({ agreement: agreement({ purposes }), input: {}, purpose, totals: unused, nowMs: NOW, isFrozen });
    for (const purpose of purposes) {
      expect(ask(purpose, true)).toMatchObject(frozen);
      expect(ask(purpose, false).ok).toBe(true);
    }
  });
});

it("explains by asking enforcement itself", () => {
  const question = { agreement: agreement(), totals: unused, nowMs: NOW };
  expect(explainRequest({ ...question, selection: {} })).toMatchObject({ allowed: true, code: null });
  expect(explainRequest({ ...question, selection: {}, purpose: "industrial" })).toMatchObject({
    allowed: false,
    code: "PURPOSE_NOT_ALLOWED",
    rule: "policy.purpose",
  });
});

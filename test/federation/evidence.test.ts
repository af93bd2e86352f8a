import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditBundle } from "../../node/evidence/model.ts";
import { rerunBundle } from "../../node/evidence/rerun.ts";
import { readBundle, type VerifyOptions, verifyBundle } from "../../node/evidence/verify-bundle.ts";
import { type Canonical, canonicalText } from "../../node/kernel/canonical-json.ts";
import { signerFromSeed } from "../../node/kernel/ed25519.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { bundledCalendar, bundledPacks } from "../../node/rules/bundled.ts";
import { loadRules } from "../../node/rules/service.ts";
import { alteredPack } from "../../scripts/soak/decisions.ts";
// biome-ignore lint/correctness/useImportExtensions: a plain script, so that it needs nothing to run
import { checkBundle } from "../../scripts/verify-checkpoint.mjs";
import { type EvidenceWorld, evidenceWorld } from "./evidence-world.ts";
import { agreeOnTable, completed, startTransfer } from "./trade.ts";

let world: EvidenceWorld;
let text: string;
beforeAll(async () => {
  world = await evidenceWorld();
  text = await world.bundle(world.provider);
}, 60_000);
afterAll(() => world.stop());

/** The bundle after something was done to it, in canonical form, so that only its contents are wrong. */
function altered(change: (bundle: AuditBundle) => void): Uint8Array {
  const bundle = mustSucceed(readBundle(Buffer.from(text)));
  change(bundle);
  return Buffer.from(canonicalText(bundle as unknown as Canonical));
}

function codesOf(bytes: Uint8Array, options?: VerifyOptions): string[] {
  return verifyBundle(bytes, options).faults.map(({ code }) => code);
}

/** What was done to the entries, and by which name it has to be found. */
function entriesAfter(change: (entries: AuditBundle["log"]["entries"]) => void): string[] {
  return verifyBundle(altered(({ log }) => change(log.entries))).faults.map(
    ({ code, details }) => `${code} ${details?.seq ?? ""}`,
  );
}

function holds(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

function anotherKey() {
  const { keyId, publicKey } = signerFromSeed(Buffer.alloc(32, 9));
  return { keyId, publicKey: Buffer.from(publicKey).toString("base64") };
}

/** The last member name of a text that was cut off. */
function memberAt(json: string): string {
  return [...json.matchAll(/"([A-Za-z]+)":/g)].at(-1)?.[1] ?? "";
}

describe("an agreement's evidence", () => {
  it("is verified offline, from either region, with the reader's own trust list", async () => {
    for (const side of [world.provider, world.consumer]) {
      const bytes = Buffer.from(await world.bundle(side));
      const { faults, report } = verifyBundle(bytes, { anchor: side.node().trust.signed() });
      expect(faults).toEqual([]);
      expect(report).toMatchObject({
        region: side.region.id,
        agreementId: world.agreement.id,
        receipts: 1,
        unsigned: 0,
        isAnchored: true,
        witnesses: [side === world.provider ? "500000" : "510100"],
      });
    }
  });

  it("fits a file of 20 KiB for a short agreement, and betrays every single byte that is changed in it", () => {
    const bytes = Buffer.from(text);
    expect(bytes.length).toBeLessThan(20 * 1_024);
    const undetected: string[] = [];
    for (let place = 0; place < bytes.length; place++) {
      const before = bytes[place] ?? 0;
      // Another bit at each place: a bit of case, of a digit, of a letter; never the same byte.
      bytes[place] = before ^ (1 << (place % 8));
      if (codesOf(bytes, { isHasty: true }).length === 0) undetected.push(`${place} ${before}`);
      bytes[place] = before;
    }
    expect(undetected).toEqual([]);
    expect(codesOf(bytes)).toEqual([]);
  }, 60_000);

  it("does not lean on the seal: signatures, digests and the log betray what they cover by themselves", () => {
    const bytes = Buffer.from(text);
    const sealOnly = new Set<string>();
    for (let place = 5; place < bytes.length; place += 41) {
      const before = bytes[place] ?? 0;
      bytes[place] = before ^ 1;
      const codes = codesOf(bytes);
      if (codes.join() === "BUNDLE_SEAL") sealOnly.add(memberAt(bytes.subarray(0, place).toString("utf8")));
      bytes[place] = before;
    }
    // What no other signature reaches: when the file was made, and the seal itself.
    expect([...sealOnly].filter((member) => !["exportedAt", "seal", "keyId", "signature"].includes(member))).toEqual(
      [],
    );
  }, 60_000);

  it("names the entry that was removed, whichever it is", () => {
    const last = mustSucceed(readBundle(Buffer.from(text))).log.entries.length;
    for (let seq = 1; seq < last; seq++) {
      expect(entriesAfter((entries) => entries.splice(seq - 1, 1))).toContain(`BUNDLE_ENTRY_MISSING ${seq}`);
    }
    // Without its end nothing says how many there are.
    expect(entriesAfter((entries) => entries.pop())).toContain("BUNDLE_HEAD ");
  });

  it("names the entry that was moved, repeated, taken from elsewhere or written anew", () => {
    const moved = entriesAfter((entries) => entries.splice(1, 0, ...entries.splice(2, 1)));
    expect(moved).toContain("BUNDLE_ENTRY_ORDER 2");
    const repeated = entriesAfter((entries) => {
      const [, second] = entries;
      if (second !== undefined) entries.splice(2, 0, structuredClone(second));
    });
    expect(repeated).toContain("BUNDLE_ENTRY_ADDED 2");
    const written = entriesAfter((entries) => {
      const [first] = entries;
      if (first !== undefined) first.leaf.detail.peer = "520100";
    });
    expect(written).toEqual(expect.arrayContaining(["BUNDLE_ENTRY_NOT_IN_LOG 1", "BUNDLE_ENTRY_CHAIN 2"]));
    const foreign = entriesAfter((entries) => {
      const [first] = entries;
      if (first !== undefined) first.leaf.detail.agreementId = "AGR-00000000000000000000000000";
    });
    expect(foreign).toContain("BUNDLE_ENTRY_ADDED 1");
  });

  it.each<[string, string, (bundle: AuditBundle) => void]>([
    [
      "a receipt that is gone",
      "BUNDLE_RECEIPT_MISSING",
      ({ statement }) => {
        statement?.receipts.pop();
      },
    ],
    ["a receipt twice", "BUNDLE_RECEIPT_ADDED", ({ statement }) => statement?.receipts.push(statement.receipts[0])],
    [
      "a quantity",
      "BUNDLE_RECEIPT_DIFFERS",
      ({ statement }) => {
        const [receipt] = (statement?.receipts ?? []) as { core: { usage: { calls: string } } }[];
        if (receipt !== undefined) receipt.core.usage.calls = "2";
      },
    ],
    [
      "an agreement without the consumer's yes",
      "BUNDLE_AGREEMENT_SIGNATURE",
      ({ agreement }) => agreement.signatures.pop(),
    ],
    [
      "a member of the declaration",
      "BUNDLE_FORM",
      ({ statement }) => Object.assign((statement as unknown as { declaration: object }).declaration, { note: "x" }),
    ],
    [
      "a document that nothing names",
      "BUNDLE_DOCUMENT_ADDED",
      ({ documents }) => documents.push({ type: "heliu.decision-inputs.v1" }),
    ],
    [
      "the time of the export",
      "BUNDLE_SEAL",
      (bundle) => {
        bundle.exportedAt = "2026-01-01T00:00:00.000Z";
      },
    ],
  ])("names %s", (_what, code, change) => {
    expect(codesOf(altered(change))).toContain(code);
  });

  it("is refused where the reader's trust list, its witnesses or an earlier bundle say otherwise", async () => {
    const anchor = structuredClone(world.provider.node().trust.signed());
    if (anchor !== undefined) anchor.list.issuedAt = "2026-01-01T00:00:00.000Z";
    expect(codesOf(Buffer.from(text), { anchor })).toEqual(["BUNDLE_TRUST_LIST"]);
    expect(codesOf(Buffer.from(text), { minWitnesses: 2 })).toEqual(["BUNDLE_UNWITNESSED"]);

    const { size } = verifyBundle(Buffer.from(text)).report?.log ?? {};
    const later = Buffer.from(
      await world.bundle(world.provider, { isWhole: true, ...(size !== undefined && { since: size }) }),
    );
    expect(codesOf(later, { earlier: Buffer.from(text) })).toEqual([]);
    const another = altered(({ log }) => {
      const [first] = log.entries;
      if (first !== undefined) first.leaf.detail.peer = "520100";
    });
    expect(codesOf(later, { earlier: another })).toEqual(["BUNDLE_EARLIER"]);
    const without = Buffer.from(await world.bundle(world.provider, { isWhole: true }));
    // Nothing speaks against the log: the file lacks what would speak for it.
    expect(codesOf(without, { earlier: Buffer.from(text) })).toEqual(["BUNDLE_EARLIER_UNPROVED"]);
    const lineChanged = (line: number, words: string) =>
      altered(({ log }) => {
        log.checkpoint = log.checkpoint.split("\n").with(line, words).join("\n");
      });
    const rewritten = lineChanged(2, Buffer.alloc(32, 1).toString("base64"));
    expect(codesOf(later, { earlier: rewritten })).toEqual(["BUNDLE_EARLIER"]);
    expect(codesOf(later, { earlier: lineChanged(0, "main/520100/log") })).toEqual(["BUNDLE_EARLIER_OTHER"]);
  });

  it("holds what its decisions were made from, so that they can be made again", () => {
    const bundle = mustSucceed(readBundle(Buffer.from(text)));
    const report = rerunBundle(bundle, loadRules(bundledPacks("510100"), bundledCalendar()));
    // The request, and the window of calls.
    expect(report).toEqual({ count: 2, equal: 2, faults: [] });
    const packs = bundledPacks("510100").map(alteredPack);
    const { faults } = rerunBundle(bundle, loadRules(packs, bundledCalendar()));
    expect(faults.map(({ code }) => code)).toEqual(["DECISION_RULES_DIFFER", "DECISION_DIFFERS"]);
  });

  it("lets every batch that left be judged again, and betrays one whose record was altered", async () => {
    const { provider, consumer } = world;
    const agreement = await agreeOnTable(provider, consumer);
    await completed(consumer, await startTransfer(consumer, agreement));
    const bytes = await world.bundle(provider, { isWhole: true, of: agreement });
    expect(verifyBundle(Buffer.from(bytes)).faults).toEqual([]);
    const bundle = mustSucceed(readBundle(Buffer.from(bytes)));
    const rules = loadRules(bundledPacks("510100"), bundledCalendar());
    const decided = bundle.log.entries.filter(({ leaf }) => leaf.detail.inputs !== undefined);
    expect(decided.map(({ leaf }) => leaf.kind)).toEqual(["agreement.signed", "policy.decided", "receipt.batch"]);
    expect(rerunBundle(bundle, rules)).toEqual({ count: 3, equal: 3, faults: [] });
    const [batch] = decided.slice(-1);
    if (batch !== undefined) batch.leaf.detail.outcome = `sha256:${"0".repeat(64)}`;
    expect(rerunBundle(bundle, rules).faults.map(({ code }) => code)).toEqual(["DECISION_DIFFERS"]);
  });

  it("is checked by the command, which says what does not hold and fails", () => {
    const folder = mkdtempSync(join(tmpdir(), "heliu-evidence-"));
    try {
      const list = join(folder, "trust-list.json");
      writeFileSync(list, JSON.stringify(world.provider.node().trust.signed()));
      const run = (bytes: Uint8Array, ...more: string[]) => {
        const file = join(folder, "evidence.json");
        writeFileSync(file, bytes);
        const args = ["scripts/cli/main.ts", "audit", "verify", "--bundle", file, "--trust-list", list, ...more];
        return spawnSync(process.execPath, ["--import", "tsx", ...args], {
          encoding: "utf8",
          env: { ...process.env, LANG: "zh_CN.UTF-8" },
        });
      };
      const sound = run(Buffer.from(text), "--json");
      expect(JSON.parse(sound.stdout)).toMatchObject({ ok: true, faults: [], report: { isAnchored: true } });
      expect(sound.status).toBe(0);
      const bad = run(altered(({ log }) => log.entries.splice(1, 1)));
      expect(bad.stdout).toContain("缺少该协议的第 2 条");
      expect(bad.stdout).toContain("[BUNDLE_ENTRY_MISSING]");
      expect(bad.status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it("has its log part checked as strictly by a program that shares nothing with this one", () => {
    const { list } = world.provider.node().trust.signed() ?? {};
    const regionOf = (id: string) => list?.regions.find((region) => region.id === id);
    const keys = { log: regionOf("510100")?.logKey ?? "", witness: regionOf("500000")?.witnessKeys ?? [] };
    const bytes = Buffer.from(text);
    const { entries } = mustSucceed(readBundle(bytes)).log;
    expect(checkBundle(bytes, keys)).toMatchObject({ ok: true, entries: entries.length, origin: "main/510100/log" });

    const from = bytes.indexOf('"log":{');
    const to = bytes.indexOf(']},"periodId":', from) + 2;
    const undetected: number[] = [];
    for (let place = from; place < to; place++) {
      const before = bytes[place] ?? 0;
      bytes[place] = before ^ (1 << (place % 8));
      if (holds(() => checkBundle(bytes, keys))) undetected.push(place);
      bytes[place] = before;
    }
    expect(undetected).toEqual([]);

    const changes: ((entries: AuditBundle["log"]["entries"]) => void)[] = [
      (all) => all.splice(1, 1),
      (all) => all.splice(1, 0, ...all.splice(2, 1)),
      (all) => all.splice(2, 0, ...all.slice(1, 2)),
      (all) => all.pop(),
    ];
    for (const change of changes) {
      expect(
        holds(() =>
          checkBundle(
            altered(({ log }) => change(log.entries)),
            keys,
          ),
        ),
      ).toBe(false);
    }
  }, 60_000);

  it("stays verifiable when a key that signed it is no longer in the trust list", async () => {
    const { provider, harness, agreement } = world;
    const list = provider.node().trust.signed()?.list;
    const regions = (list?.regions ?? []).map((region) =>
      region.id === "500000"
        ? { ...region, statementKeys: region.statementKeys.map((key) => ({ ...key, ...anotherKey() })) }
        : region,
    );
    await harness.changeTrust({ regions }, ["510100"]);
    const bytes = Buffer.from(mustSucceed(await provider.node().evidence.bundle({ agreementId: agreement.id })));
    const anchor = provider.node().trust.signed();
    expect(verifyBundle(bytes, { anchor }).faults).toEqual([]);

    const bundle = mustSucceed(readBundle(bytes));
    expect(bundle.earlierLists).toHaveLength(1);
    const without = { ...bundle };
    delete without.earlierLists;
    const codes = (changed: AuditBundle) =>
      codesOf(Buffer.from(canonicalText(changed as unknown as Canonical)), { anchor });
    expect(codes(without)).toContain("BUNDLE_AGREEMENT_SIGNATURE");
    // A list that the founders of the next one never saw proves nothing.
    const [forged] = structuredClone(bundle.earlierLists) as { list: { issuedAt: string } }[];
    if (forged !== undefined) forged.list.issuedAt = "2026-01-01T00:00:00.000Z";
    expect(codes({ ...bundle, earlierLists: [forged] }).length).toBeGreaterThan(0);
  });
});

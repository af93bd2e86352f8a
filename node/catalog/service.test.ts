import { describe, expect, it } from "vitest";
import authorisationFile from "../../data/authorisations.json" with { type: "json" };
import chengduFile from "../../data/catalog-chengdu.json" with { type: "json" };
import chongqingFile from "../../data/catalog-chongqing.json" with { type: "json" };
import { leafBytes } from "../audit/store.ts";
import type { Principal, Role } from "../identity/model.ts";
import { type Signer, signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, type Result } from "../kernel/exchange-error.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { bundledCalendar, bundledPacks } from "../rules/bundled.ts";
import { loadRules } from "../rules/service.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import { list } from "../storage/transact.ts";
import { parseAuthorisations } from "./authorisation.ts";
import { changeHash, EMPTY_HEAD, nextHead, verifyHead } from "./change-chain.ts";
import { decodeChange } from "./entry-codec.ts";
import type { CatalogEntry } from "./model.ts";
import { type Catalog, createCatalog } from "./service.ts";
import { changes } from "./store.ts";

const NOW_MS = Date.parse("2026-11-23T04:00:00.000Z");
const signer: Signer = signerFromSeed(new Uint8Array(32).fill(7));

function seededRuntime(): Runtime {
  let next = 1;
  const randomBytes = (size: number) =>
    Uint8Array.from({ length: size }, () => {
      next = (next * 69_069 + 1) >>> 0;
      return next >>> 24;
    });
  return { nowMs: () => NOW_MS, randomBytes, failPoint: () => {} };
}

function person(userId: string, ...roles: Role[]): Principal {
  return { userId, name: userId, roles, region: "510100" };
}
const publisher = person("pub", "publisher");
const approver = person("app", "approver");

function open(region = "510100", store: Store = openMemoryStore(), runtime = seededRuntime()) {
  const catalog = createCatalog({
    store,
    runtime,
    region,
    rules: loadRules(bundledPacks(region), bundledCalendar()),
    signer,
    authorisations: parseAuthorisations(authorisationFile),
  });
  return { catalog, store };
}

type File = { readonly entries: readonly unknown[] };
const rowsOf = (file: File) => file.entries.map((value, i) => ({ row: i + 1, value }));
const codeOf = (result: Result<unknown>) => (result.ok ? "ok" : result.error.code);
const asFile = { partial: false, asPublished: true };
const forReview = { partial: false, asPublished: false };

function entryWith(changed: object, id = "cd-scjg-0001"): CatalogEntry {
  const found = (chengduFile as unknown as { entries: CatalogEntry[] }).entries.find((entry) => entry.id === id);
  return { ...found, ...changed } as CatalogEntry;
}

async function published(changed: object = {}) {
  const opened = open();
  mustSucceed(await opened.catalog.importEntries(publisher, [{ row: 1, value: entryWith(changed) }], forReview));
  mustSucceed(await opened.catalog.publish(approver, "cd-scjg-0001"));
  return opened;
}

async function kindsOfLeaves(store: Store): Promise<string[]> {
  const kinds: string[] = [];
  for await (const bytes of list(store, leafBytes)) kinds.push(JSON.parse(Buffer.from(bytes).toString("utf8")).kind);
  return kinds;
}

describe("importing a region's catalogue as published", () => {
  it.each([
    ["510100", chengduFile, 48, "cd-zrzy-9001", "STATE_SECRET"],
    ["500000", chongqingFile, 46, "cq-ga-9001", "WORK_SECRET"],
  ] as const)("stores all of %s but its secret, and shows it once confirmed", async (region, file, count, id, code) => {
    const { catalog, store } = open(region);
    const report = mustSucceed(await catalog.importEntries(publisher, rowsOf(file), asFile));
    expect(report.faults.filter(({ level }) => level === "error")).toEqual([]);
    expect([report.imported.length, report.refused]).toEqual([count, [{ row: expect.any(Number), id, code }]]);
    expect(await catalog.headSequence()).toBe("0");

    const confirmed = mustSucceed(await catalog.confirmImport(approver, report.importId ?? ""));
    expect(confirmed.imported).toHaveLength(count);
    expect(await catalog.headSequence()).toBe(String(count));
    const kinds = await kindsOfLeaves(store);
    expect(kinds.filter((kind) => kind === "catalog.published")).toHaveLength(count);
    expect(kinds.filter((kind) => kind === "catalog.refused")).toHaveLength(1);
    expect((await catalog.list({ limit: 100, status: "published" })).items).toHaveLength(count);
  });

  it("refuses secrets by their class alone, keeps nothing of their fields, and evidences each once", async () => {
    const { catalog, store } = open();
    const stripped = chengduFile.entries.map(
      ({ mustRefuse: _m, expectedOutcome: _e, ...entry }: Record<string, unknown>) => entry,
    );
    const report = mustSucceed(await catalog.importEntries(publisher, rowsOf({ entries: stripped }), asFile));
    expect(report.refused).toMatchObject([{ id: "cd-zrzy-9001", code: "STATE_SECRET" }]);
    await catalog.importEntries(publisher, rowsOf(chengduFile), asFile);
    expect(await kindsOfLeaves(store)).toEqual(["catalog.refused"]);
    for await (const [, bytes] of store.range({ from: "", to: "\uffff" })) {
      expect(Buffer.from(bytes).toString("utf8")).not.toMatch(/cd-zrzy-9001.*fields|控制点/);
    }
  });

  it("takes back at once what is public and is now called a secret, until it is classed anew", async () => {
    const { catalog, store } = await published();
    const secret = [{ row: 1, value: entryWith({ securityClass: "state-secret" }) }];
    mustSucceed(await catalog.importEntries(publisher, secret, forReview));
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { status: "suspended" } });
    const batch = await catalog.changesAfter("1", "500000", 10);
    expect(mustSucceed(decodeChange(batch?.changes[0]?.change ?? "")).entry).toBeNull();
    expect(await kindsOfLeaves(store)).toEqual(["catalog.published", "catalog.refused", "catalog.withdrawn"]);
    expect(codeOf(await catalog.resume(approver, "cd-scjg-0001"))).toBe("GUARD_NOT_MET");

    const anew = [{ row: 1, value: entryWith({}) }];
    mustSucceed(await catalog.importEntries(publisher, anew, forReview));
    expect(await catalog.publish(approver, "cd-scjg-0001")).toMatchObject({
      value: { status: "published", version: 2 },
    });
  });

  it("may be confirmed by another approver only, and once", async () => {
    const { catalog } = open();
    const both = person("both", "publisher", "approver");
    const { importId } = mustSucceed(await catalog.importEntries(both, rowsOf(chengduFile), asFile));
    expect(codeOf(await catalog.confirmImport(both, importId ?? ""))).toBe("SELF_APPROVAL");
    expect(codeOf(await catalog.confirmImport(publisher, importId ?? ""))).toBe("ROLE_REQUIRED");
    expect(await catalog.waiting(both)).toEqual([]);
    expect(await catalog.waiting(approver)).toMatchObject([{ id: importId, entries: 48 }]);
    expect(codeOf(await catalog.confirmImport(approver, importId ?? ""))).toBe("ok");
    expect(codeOf(await catalog.confirmImport(approver, importId ?? ""))).toBe("IMPORT_UNKNOWN");
  });

  it.each([
    ["refused", async ({ review }: Catalog) => review(approver, "cd-scjg-0001", "refuse", "不予公开"), "refused"],
    [
      "sent back and submitted again by who now confirms",
      async ({ review, submit }: Catalog) => {
        mustSucceed(await review(approver, "cd-scjg-0001", "return", "摘要不清"));
        return submit(person("second", "publisher"), "cd-scjg-0001");
      },
      "reviewing",
    ],
  ] as const)("publishes nothing that was %s meanwhile", async (_what, meanwhile, status) => {
    const { catalog } = open();
    const rows = [
      { row: 1, value: entryWith({}) },
      { row: 2, value: entryWith({}, "cd-scjg-0003") },
    ];
    const { importId } = mustSucceed(await catalog.importEntries(publisher, rows, asFile));
    mustSucceed(await meanwhile(catalog));
    const confirmed = await catalog.confirmImport(person("second", "publisher", "approver"), importId ?? "");
    expect(mustSucceed(confirmed).imported).toEqual(["cd-scjg-0003"]);
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { status } });
  });

  it("changes nothing when the same file comes again", async () => {
    const { catalog } = open();
    const first = mustSucceed(await catalog.importEntries(publisher, rowsOf(chengduFile), asFile));
    await catalog.confirmImport(approver, first.importId ?? "");
    const again = mustSucceed(await catalog.importEntries(publisher, rowsOf(chengduFile), asFile));
    expect([again.importId, again.imported.length, again.unchanged.length]).toEqual([null, 0, 48]);
  });
});

describe("an import with a fault", () => {
  const rows = [
    { row: 1, value: entryWith({}) },
    { row: 2, value: entryWith({ name: "" }, "cd-scjg-0003") },
  ];

  it("stores nothing unless it is partial", async () => {
    const { catalog } = open();
    const report = mustSucceed(await catalog.importEntries(publisher, rows, forReview));
    const errors = report.faults.filter(({ level }) => level === "error");
    expect([report.imported, errors]).toMatchObject([[], [{ row: 2, column: "name", rule: "CAT-001" }]]);
    expect(codeOf(await catalog.get("cd-scjg-0001"))).toBe("ENTRY_UNKNOWN");
    const partial = mustSucceed(await catalog.importEntries(publisher, rows, { partial: true, asPublished: false }));
    expect(partial.imported).toEqual(["cd-scjg-0001"]);
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { status: "reviewing" } });
  });

  it("is refused to who is no publisher", async () => {
    expect(codeOf(await open().catalog.importEntries(approver, rows, forReview))).toBe("ROLE_REQUIRED");
  });
});

describe("an import of more entries than one commit takes", () => {
  const many = Array.from({ length: 600 }, (_, i) => ({
    row: i + 1,
    value: entryWith({
      id: `cd-many-${i}`,
      resourceCode: `many/${i}`,
      name: `第${i}号登记信息`,
      fields: entryWith({}).fields.slice(0, 1),
    }),
  }));

  it("is completed by confirming again after a crash between two commits, each entry once", async () => {
    const store = openMemoryStore();
    let batches = 0;
    const failPoint = (name: string) => {
      if (name === "catalog.confirm.batch" && ++batches === 2) throw new Error("crash");
    };
    const { catalog } = open("510100", store, { ...seededRuntime(), failPoint });
    const { importId } = mustSucceed(await catalog.importEntries(publisher, many, asFile));
    await expect(catalog.confirmImport(approver, importId ?? "")).rejects.toThrow("crash");
    expect(await catalog.headSequence()).toBe("500");

    const after = open("510100", store).catalog;
    expect(mustSucceed(await after.confirmImport(approver, importId ?? "")).imported).toHaveLength(100);
    expect(await after.headSequence()).toBe("600");
    expect(await kindsOfLeaves(store)).toHaveLength(600);
  });

  it("lets one of two imports have a resource code that both bring at the same time", async () => {
    const { catalog } = open();
    const rows = (id: string) => [{ row: 1, value: entryWith({ id }) }];
    const both = await Promise.all([
      catalog.importEntries(publisher, rows("cd-a"), forReview),
      catalog.importEntries(publisher, rows("cd-b"), forReview),
    ]);
    expect(both.map(codeOf).sort()).toEqual(["CATALOG_CHANGED", "ok"]);
  });
});

describe("the life of an entry", () => {
  it("is approved by another person, revised under a new version, and the old one stays readable", async () => {
    const { catalog } = await published();
    const revised = [{ row: 1, value: entryWith({ abstract: "新的摘要" }) }];
    const report = mustSucceed(await catalog.importEntries(publisher, revised, forReview));
    expect(report.faults.filter(({ rule }) => rule === "CAT-015")).toHaveLength(1);
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { version: 1 } });
    expect(codeOf(await catalog.publish(person("pub", "approver"), "cd-scjg-0001"))).toBe("SELF_APPROVAL");
    mustSucceed(await catalog.publish(approver, "cd-scjg-0001"));
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { version: 2, abstract: "新的摘要" } });
    expect(mustSucceed(await catalog.versionOf("cd-scjg-0001", 1)).abstract).toContain("锅炉");
    const steps = await catalog.steps("cd-scjg-0001");
    expect(steps.map(({ event, from, to, role }) => [event, from, to, role])).toEqual([
      ["submit", "draft", "reviewing", "publisher"],
      ["approve", "reviewing", "published", "approver"],
      ["revise", "published", "reviewing", "publisher"],
      ["approve", "reviewing", "published", "approver"],
    ]);
  });

  it("goes back to a draft with a reason, and is submitted again", async () => {
    const { catalog } = open();
    await catalog.importEntries(publisher, [{ row: 1, value: entryWith({}) }], forReview);
    expect(codeOf(await catalog.review(approver, "cd-scjg-0001", "return", " "))).toBe("REASON_REQUIRED");
    mustSucceed(await catalog.review(approver, "cd-scjg-0001", "return", "摘要不清"));
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { status: "draft" } });
    expect(codeOf(await catalog.publish(approver, "cd-scjg-0001"))).toBe("ROLE_REQUIRED");
    expect(await catalog.publish(publisher, "cd-scjg-0001")).toMatchObject({ value: { status: "reviewing" } });
    expect(await catalog.publish(approver, "cd-scjg-0001")).toMatchObject({ value: { status: "published" } });
  });

  it("is approved only as it was checked, not as an import made it in the same instant", async () => {
    const opened = open();
    const { catalog } = opened;
    await catalog.importEntries(publisher, [{ row: 1, value: entryWith({}) }], forReview);
    const anew = [{ row: 1, value: entryWith({ abstract: "审核人没有看过的内容" }) }];
    const [imported, approved] = await Promise.all([
      catalog.importEntries(publisher, anew, forReview),
      catalog.publish(approver, "cd-scjg-0001"),
    ]);
    expect([codeOf(imported), codeOf(approved)]).toEqual(["ok", "CATALOG_CHANGED"]);
  });

  it("ends with a withdrawal: a tombstone for peers, an id and a code that nobody gets again", async () => {
    const { catalog } = await published();
    expect(codeOf(await catalog.withdraw(publisher, "cd-scjg-0001", "停办"))).toBe("ROLE_REQUIRED");
    mustSucceed(await catalog.withdraw(approver, "cd-scjg-0001", "停办"));
    expect(codeOf(await catalog.get("cd-scjg-0001"))).toBe("ENTRY_WITHDRAWN");
    expect(codeOf(await catalog.withdraw(approver, "cd-scjg-0001", "停办"))).toBe("ILLEGAL_TRANSITION");
    const batch = await catalog.changesAfter("1", "500000", 10);
    expect(mustSucceed(decodeChange(batch?.changes[0]?.change ?? ""))).toMatchObject({ sequence: "2", entry: null });
    const again = await catalog.validate([
      { row: 1, value: entryWith({}) },
      { row: 2, value: entryWith({ id: "cd-scjg-9999" }) },
    ]);
    expect(again.faults.filter(({ rule }) => rule === "CAT-002").map(({ row, column }) => [row, column])).toEqual([
      [1, "id"],
      [2, "resourceCode"],
      [2, "resourceCode"],
    ]);
  });

  it("is suspended and shown again", async () => {
    const { catalog } = await published();
    mustSucceed(await catalog.suspend(approver, "cd-scjg-0001", "异议处理中"));
    expect(await catalog.get("cd-scjg-0001")).toMatchObject({ value: { status: "suspended" } });
    mustSucceed(await catalog.resume(approver, "cd-scjg-0001"));
    expect(await catalog.headSequence()).toBe("3");
  });
});

describe("the change feed", () => {
  it("chains every change under one signed head, in batches that a peer can check one after the other", async () => {
    const { catalog } = open();
    const { importId } = mustSucceed(await catalog.importEntries(publisher, rowsOf(chengduFile), asFile));
    await catalog.confirmImport(approver, importId ?? "");
    let [sequence, head, count] = ["0", EMPTY_HEAD, 0];
    for (let batch = await catalog.changesAfter(sequence, "500000", 20); batch; ) {
      expect(batch.previousHead).toBe(head);
      for (const { change, salt, hash } of batch.changes) {
        expect(changeHash(salt ?? "", change ?? "")).toBe(hash);
        head = nextHead(head, hash);
        count += 1;
      }
      expect([batch.head, verifyHead(signer.publicKey, batch)]).toEqual([head, true]);
      sequence = batch.sequence;
      batch = await catalog.changesAfter(sequence, "500000", 20);
    }
    expect([sequence, count]).toEqual(["48", 48]);
    expect(await catalog.signedHead()).toMatchObject({ sequence: "48", head, changes: [] });
    expect(await catalog.changesAfter("49", "500000", 20)).toBeUndefined();
  });

  it("shows peers a withdrawal and a bare hash where an entry becomes hidden", async () => {
    const { catalog, store } = await published();
    await catalog.importEntries(publisher, [{ row: 1, value: entryWith({ dataLevel: "CORE" }) }], forReview);
    mustSucceed(await catalog.publish(approver, "cd-scjg-0001"));
    const batch = await catalog.changesAfter("1", "500000", 10);
    expect(mustSucceed(decodeChange(batch?.changes[0]?.change ?? "")).entry).toBeNull();
    expect(batch?.changes[1]).toEqual({ sequence: "3", change: null, salt: null, hash: expect.any(String) });
    for await (const { change, sequence } of list(store, changes)) {
      if (sequence === "3") expect(change).toContain('"dataLevel":"CORE"');
    }
  });
});

import { expect, it } from "vitest";
import authorisationFile from "../../data/authorisations.json" with { type: "json" };
import chengduFile from "../../data/catalog-chengdu.json" with { type: "json" };
import type { Principal, Role } from "../identity/model.ts";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { systemRuntime } from "../kernel/runtime.ts";
import { bundledCalendar, bundledPacks } from "../rules/bundled.ts";
import { loadRules } from "../rules/service.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { transact } from "../storage/transact.ts";
import { parseAuthorisations } from "./authorisation.ts";
import type { CatalogEntry } from "./model.ts";
import { createCatalog } from "./service.ts";
import { entryRecords } from "./store.ts";

function open(store = openMemoryStore()) {
  const rules = loadRules(bundledPacks("510100"), bundledCalendar());
  const authorisations = parseAuthorisations(authorisationFile);
  const signer = signerFromSeed(new Uint8Array(32).fill(7));
  return {
    store,
    catalog: createCatalog({ store, runtime: systemRuntime, region: "510100", rules, signer, authorisations }),
  };
}

function person(userId: string, ...roles: Role[]): Principal {
  return { userId, name: userId, roles, region: "510100" };
}
const publisher = person("pub", "publisher");
const approver = person("app", "approver");
const both = person("pub", "publisher", "approver");

function rowsOf(ids: readonly string[], changed: Partial<CatalogEntry> = {}) {
  const { entries } = chengduFile as unknown as { entries: CatalogEntry[] };
  return ids.map((id, i) => ({ row: i + 1, value: { ...entries.find((entry) => entry.id === id), ...changed } }));
}
const TWO = ["cd-scjg-0001", "cd-scjg-0003"];
const asFile = { partial: false, asPublished: true };
const forReview = { partial: false, asPublished: false };

type Catalog = ReturnType<typeof open>["catalog"];
const queuesFor = async (catalog: Catalog, principal: Principal) =>
  (await catalog.queues(principal)).map(({ queue, entries }) => [queue, entries]);
const importsFor = async (catalog: Catalog) => (await catalog.waiting(approver)).map(({ entries }) => entries);

it("counts of an import what still waits, and asks nobody to confirm one with nothing left", async () => {
  const { catalog } = open();
  mustSucceed(await catalog.importEntries(publisher, rowsOf(TWO), asFile));
  expect(await importsFor(catalog)).toEqual([2]);
  mustSucceed(await catalog.review(approver, "cd-scjg-0001", "return", "摘要不清"));
  expect(await catalog.waiting(approver)).toMatchObject([
    { entries: 1, reason: { text: { zh: expect.stringContaining("导入的 1 个条目") } } },
  ]);
  // A newer version takes the place of the other one and waits for its own confirmation.
  mustSucceed(await catalog.importEntries(publisher, rowsOf(["cd-scjg-0003"], { abstract: "新的摘要" }), asFile));
  expect(await importsFor(catalog)).toEqual([1]);
  mustSucceed(await catalog.publish(approver, "cd-scjg-0003"));
  expect(await importsFor(catalog)).toEqual([]);
});

it("asks an approver for what could not be published with its import", async () => {
  const { catalog, store } = open();
  const { importId } = mustSucceed(await catalog.importEntries(publisher, rowsOf(TWO), asFile));
  const [held] = rowsOf(["cd-scjg-0003"], { abstract: "", status: "reviewing" });
  const ref = entryRecords.at("cd-scjg-0003");
  // Faulty since the import, as after a change of rules.
  await transact(store, [ref], (tx) => {
    const record = tx.get(ref);
    if (record?.pending) tx.put(ref, { ...record, pending: { ...record.pending, entry: held?.value as CatalogEntry } });
    return ok(true);
  });
  expect(mustSucceed(await catalog.confirmImport(approver, importId ?? "")).imported).toEqual(["cd-scjg-0001"]);
  expect(await queuesFor(catalog, approver)).toEqual([["review", "1"]]);
});

it("gives entries under review to another approver, and what was sent back to publishers", async () => {
  const { catalog } = open();
  mustSucceed(await catalog.importEntries(publisher, rowsOf(TWO), forReview));
  expect(await queuesFor(catalog, approver)).toEqual([["review", "2"]]);
  expect(await queuesFor(catalog, both)).toEqual([]);
  expect(await queuesFor(catalog, publisher)).toEqual([]);

  mustSucceed(await catalog.review(approver, "cd-scjg-0001", "return", "摘要不清"));
  expect(await queuesFor(catalog, approver)).toEqual([["review", "1"]]);
  expect(await queuesFor(catalog, publisher)).toEqual([["returned", "1"]]);
  mustSucceed(await catalog.submit(publisher, "cd-scjg-0001"));
  expect(await queuesFor(catalog, publisher)).toEqual([]);
  for (const id of TWO) mustSucceed(await catalog.publish(approver, id));
  expect(await queuesFor(catalog, approver)).toEqual([]);
});

it("leaves drafts alone that their publisher keeps as such, and what was refused for good", async () => {
  const { catalog } = open();
  mustSucceed(await catalog.importEntries(publisher, rowsOf(["cd-scjg-0001"], { status: "draft" }), forReview));
  mustSucceed(await catalog.importEntries(publisher, rowsOf(["cd-scjg-0003"]), forReview));
  mustSucceed(await catalog.review(approver, "cd-scjg-0003", "refuse", "不予公开"));
  expect(await queuesFor(catalog, approver)).toEqual([]);
  expect(await queuesFor(catalog, publisher)).toEqual([]);
});

it("finds what was under way before the queues were kept", async () => {
  const { catalog, store } = open();
  mustSucceed(await catalog.importEntries(publisher, rowsOf(["cd-scjg-0001"]), asFile));
  mustSucceed(await catalog.importEntries(publisher, rowsOf(["cd-scjg-0003"]), forReview));
  const old: string[] = [];
  for await (const [key] of store.range({ from: "catalog-pending", to: "catalog-pending~" })) old.push(key);
  expect(old).toHaveLength(2);
  await store.commit([], () => ({ put: new Map(), remove: new Set(old), result: true }));
  expect(await importsFor(catalog)).toEqual([1]);
  expect(await queuesFor(catalog, approver)).toEqual([["review", "1"]]);
});

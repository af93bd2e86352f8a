import { beforeAll, describe, expect, it } from "vitest";
import { createRegionCa, type RegionCa } from "../../certs/ca.ts";
import { makeCrl } from "../../certs/crl.ts";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { type Runtime, systemRuntime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import type { IdentityEvent } from "./leaf-writer.ts";
import type { SignedTrustList, TrustedRegion, TrustList } from "./model.ts";
import { proposeList } from "./propose-list.ts";
import { createTrust } from "./trust.ts";
import { trustListDigest } from "./trust-list.ts";

const START = Date.UTC(2026, 10, 1);
const DAY = 86_400_000;
const founder = createFounder("f");
const statement = createFounder("unused").entry.keys[0] ?? { keyId: "", publicKey: "" };
let ca: RegionCa;
let first: SignedTrustList;

beforeAll(async () => {
  const endpoints = { rpc: ["127.0.0.1:1"], dsp: [] };
  const id = { regionId: "500000", name: "重庆市", trustDomain: "r500000.heliu" };
  ca = await createRegionCa({ ...id, endpoints, nowMs: START });
  const region: TrustedRegion = {
    ...{ id: id.regionId, name: id.name, trustDomain: id.trustDomain, endpoints },
    caCertificates: [ca.certificatePem],
    statementKeys: [{ ...statement, validFrom: "2026-11-05T00:00:00.000Z", validTo: "2026-11-20T00:00:00.000Z" }],
    ...{ logKey: "", witnessKeys: [], capabilities: [], status: "active", since: "2026-01-01T00:00:00.000Z" },
  };
  first = sign(proposeList(undefined, { regions: [region], founders: [founder.entry] }, START));
});

function sign(list: TrustList): SignedTrustList {
  return { list, signatures: [signTrustList(list, "f", founder.keyPem)] };
}

async function open(store: Store = openMemoryStore()) {
  let nowMs = START;
  const runtime: Runtime = { ...systemRuntime, nowMs: () => nowMs };
  let timer: (() => void) | undefined;
  const scheduler: Scheduler = {
    after: (_ms, run) => {
      timer = run;
      return () => {};
    },
  };
  const leaves: IdentityEvent[] = [];
  const trust = await createTrust({
    ...{ store, runtime, scheduler, logger: silentLogger, region: "510100" },
    leaves: { appendLeafRefs: () => [], appendLeaf: (_tx, _region, event) => leaves.push(event) },
  });
  const at = (ms: number) => {
    nowMs = ms;
    timer?.();
  };
  return { store, trust, leaves, at };
}

const install = (trust: Awaited<ReturnType<typeof open>>["trust"]) =>
  trust.accept(first, { firstDigest: trustListDigest(first.list) });

describe("a node's trust", () => {
  it("leaves the digest of an adopted list as evidence, once", async () => {
    const { trust, leaves } = await open();
    const adopted = mustSucceed(await install(trust));
    mustSucceed(await trust.accept(first));
    expect(leaves.map(({ kind, digest }) => [kind, digest])).toEqual([["trust.changed", adopted.digest]]);
  });

  it("adopts nothing before an operator named the first digest", async () => {
    const { trust } = await open();
    expect(await trust.accept(first)).toMatchObject({ error: { code: "trust.no_list" } });
    expect(trust.state()).toBe("expired");
  });

  it("refuses a list with text that has no canonical form, instead of failing on it", async () => {
    const { trust } = await open();
    await install(trust);
    const [region] = first.list.regions;
    const regions = region === undefined ? [] : [{ ...region, name: "\ud800" }];
    const broken = { list: { ...first.list, regions }, signatures: first.signatures };
    expect(await trust.accept(broken)).toMatchObject({ error: { code: "trust.malformed" } });
  });

  it("refuses an older list after a restart too", async () => {
    const { trust, store } = await open();
    await install(trust);
    mustSucceed(await trust.accept(sign(proposeList(first.list, {}, START))));
    const again = await open(store);
    expect(again.trust.current()?.list.version).toBe("2");
    expect(await again.trust.accept(first)).toMatchObject({ error: { code: "trust.rolled_back" } });
  });

  it("warns from 30 days before the end, then tells everyone that the list has expired", async () => {
    const { trust, at } = await open();
    await install(trust);
    let told = 0;
    trust.onChange(() => told++);
    at(START + 61 * DAY);
    expect([trust.state(), told]).toEqual(["warn", 0]);
    at(START + 90 * DAY);
    expect([trust.state(), told]).toEqual(["expired", 1]);
  });

  it("knows a statement key only while it is valid", async () => {
    const { trust } = await open();
    await install(trust);
    const days = [4, 5, 19, 20].map((day) => trust.statementKey("500000", statement.keyId, Date.UTC(2026, 10, day)));
    expect(days.map((key) => key?.length)).toEqual([undefined, 32, 32, undefined]);
  });

  it("takes a newer revocation list and never an older one", async () => {
    const { trust } = await open();
    await install(trust);
    const revoked = [{ serial: "4a01", atMs: START, reason: "keyCompromise" as const }];
    const older = await makeCrl(ca, { revoked: [], number: 1n, nowMs: START });
    const newer = await makeCrl(ca, { revoked, number: 2n, nowMs: START });
    mustSucceed(await trust.crls.accept("500000", newer));
    expect(trust.crls.of("500000")[0]?.serials.has("4a01")).toBe(true);
    expect(await trust.crls.accept("500000", older)).toMatchObject({ error: { code: "trust.old_crl" } });
  });

  it("refuses a revocation list that another authority signed", async () => {
    const { trust } = await open();
    await install(trust);
    const endpoints = { rpc: [], dsp: [] };
    const stranger = { regionId: "500000", name: "重庆市", trustDomain: "r500000.heliu", endpoints, nowMs: START };
    const forged = await makeCrl(await createRegionCa(stranger), { revoked: [], number: 9n, nowMs: START });
    expect(await trust.crls.accept("500000", forged)).toMatchObject({ error: { code: "trust.bad_crl" } });
  });
});

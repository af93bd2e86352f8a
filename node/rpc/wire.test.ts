import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { err, mustSucceed, ok } from "../kernel/exchange-error.ts";
import type { Receipt } from "../metering/model.ts";
import { hashTree } from "../settlement/hash-tree.ts";
import { toWire } from "../settlement/tree-walk.ts";
import type { InvokeAnswer, InvokeRequest } from "../transfer/wire.ts";
import type { RpcServices } from "./services.ts";
import { makeRegion, pairRegions, type TestRegion } from "./testing/federation.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function connect(services: Partial<RpcServices>) {
  const { clients, close } = await pairRegions(chongqing, chengdu, services);
  open.push(close);
  return clients;
}

const core = { core: '{"type":"heliu.receipt.v1"}', providerSignature: "c2ln" };
const answered = { callId: "c-1", output: { registered_flag: "true" }, window: "3", index: 0 };

describe("calls of a product", () => {
  const request: InvokeRequest = {
    ...{ messageId: "01", agreementId: "AGR-1", purpose: "public-welfare", consumerKeyId: "ed25519:1" },
    inputs: [{ callId: "c-1", input: { code: "91510100", name: "电梯" } }],
    signatures: [{ receiptId: "ff", signature: "c2ln" }],
    ...{ flush: true, resend: ["aa"], missingFrom: "4" },
  };
  const answer: InvokeAnswer = {
    answers: [
      answered,
      {
        callId: "c-2",
        refusal: {
          errorKind: "limit-exceeded",
          code: "QUOTA_EXCEEDED",
          rule: "policy.calls",
          text: { zh: "已达上限", en: "limit" },
        },
      },
    ],
    windows: [
      { ...core, window: "3", calls: null },
      { ...core, window: "2", calls: [answered] },
      { ...core, window: "1", calls: [] },
    ],
    receipts: [core],
    open: true,
  };

  it.each([request, { ...request, missingFrom: null, resend: [], flush: false }])(
    "arrive and are answered as their room wrote them",
    async (sent) => {
      const seen: InvokeRequest[] = [];
      const clients = await connect({
        transfers: {
          pull: async function* () {},
          invoke: async (_peer, arrived) => {
            seen.push(arrived);
            return ok(answer);
          },
        },
      });
      expect(await clients.data.invoke("510100", sent)).toEqual(ok(answer));
      expect(seen).toEqual([sent]);
    },
  );

  it("are refused as a whole beyond the limit of one request", async () => {
    const clients = await connect({
      transfers: { pull: async function* () {}, invoke: async () => ok(answer) },
    });
    const inputs = Array.from({ length: 257 }, (_, index) => ({ callId: String(index), input: {} }));
    expect(await clients.data.invoke("510100", { ...request, inputs })).toMatchObject({
      error: { kind: "too-large", code: "TOO_MANY_CALLS" },
    });
    const signatures = Array.from({ length: 1_025 }, () => ({ receiptId: "ff", signature: "c2ln" }));
    const resend = signatures.map(({ receiptId }) => receiptId);
    for (const more of [{ signatures }, { resend }]) {
      expect(await clients.data.invoke("510100", { ...request, ...more })).toMatchObject({
        error: { kind: "too-large", code: "TOO_MANY_SIGNATURES" },
      });
    }
  });
});

describe("evidence of a settlement", () => {
  const entries = Array.from({ length: 40 }, (_, index) => ({
    id: index.toString(16).padStart(64, "0"),
    digest: (index * 7).toString(16).padStart(64, "0"),
  }));
  const tree = hashTree(entries);
  const nodeAt = (prefix: string) => toWire(tree.node(prefix));

  it("brings tree nodes back as they are, with entries or with children", async () => {
    const clients = await connect({
      settlements: {
        treeNodes: async (_peer, { prefixes }) => ok(prefixes.map(nodeAt)),
        receipts: async function* () {},
      },
    });
    const prefixes = ["", "0".repeat(63), "f"];
    const nodes = await clients.settlement.treeNodes("510100", { agreementId: "A", periodId: "2026-10", prefixes });
    expect(nodes).toEqual(ok(prefixes.map(nodeAt)));
  });

  it("brings receipts that were asked for", async () => {
    const receipt = { core: { type: "heliu.receipt.v1" }, providerSignature: "a", consumerSignature: "b" };
    const clients = await connect({
      settlements: {
        treeNodes: async () => ok([]),
        receipts: async function* (_peer, _agreement, ids) {
          for (const _id of ids) yield receipt as unknown as Receipt;
        },
      },
    });
    const received: Receipt[] = [];
    for await (const one of clients.settlement.receipts("510100", "A", ["1", "2"])) received.push(one);
    expect(received).toEqual([receipt, receipt]);
  });
});

describe("evidence of a log", () => {
  const audit = {
    head: async () => ({ note: "origin\n1\nroot\n" }),
    proofForPeer: async (peer: { readonly region: string }, index: string) =>
      index === "7"
        ? ok(`proof for ${peer.region}`)
        : err({ kind: "forbidden" as const, code: "AUDIT_NOT_PARTY", text: { zh: "", en: "" } }),
    leaf: async () => ok({ bytes: Buffer.from("leaf") }),
    addCheckpoint: async (body: string) => ({ status: 409, body: `size of ${body}` }),
    gossip: async () => ({ own: "", seen: [], isHalted: false }),
    consistency: async () => ok([]),
    acceptSuccession: async () => ok(true as const),
  };

  it("gives proof and leaf to a party, and to nobody else", async () => {
    const clients = await connect({ audit });
    expect(mustSucceed(await clients.audit.proof("510100", "7"))).toEqual({
      proof: "proof for 500000",
      leaf: Buffer.from("leaf"),
    });
    expect(await clients.audit.proof("510100", "8")).toMatchObject({ error: { code: "AUDIT_NOT_PARTY" } });
  });

  it("carries a witness's refusal as its answer", async () => {
    const clients = await connect({ audit });
    expect(await clients.witness.cosign("510100", "x")).toEqual({ status: 409, body: "size of x" });
    expect(await clients.witness.cosign("999999", "x")).toMatchObject({ status: 503 });
    expect(await clients.audit.checkpoint("510100")).toEqual(ok("origin\n1\nroot\n"));
  });
});

describe("what two nodes tell each other of logs", () => {
  it("travels whole, both ways", async () => {
    const clients = await connect({
      audit: {
        ...({} as RpcServices["audit"]),
        gossip: async (peer, { own, seen }) => ({
          own: `${own} for ${peer.region}`,
          seen: [...seen, "s"],
          isHalted: true,
        }),
        consistency: async (origin, first, second) => ok([Buffer.from(`${origin} ${first} ${second}`)]),
        acceptSuccession: async (peer, proof, leaf) =>
          proof === "p" && Buffer.from(leaf).toString() === "l" && peer.region === "500000"
            ? ok(true)
            : err({ kind: "integrity", code: "LOG_SUCCESSION", text: { zh: "", en: "" } }),
      },
      holdings: {
        of: async function* ({ region }) {
          yield { kind: "receipt", record: { region } };
        },
      },
    });
    const told = await clients.gossip.gossip("510100", { own: "o", seen: ["a"], isHalted: false });
    expect(told).toEqual(ok({ own: "o for 500000", seen: ["a", "s"], isHalted: true }));
    expect(await clients.gossip.consistency("510100", "log", 3n, 7n)).toEqual(ok([Buffer.from("log 3 7")]));
    expect(await clients.gossip.succeed("510100", "p", Buffer.from("l"))).toEqual(ok(true));
    expect(await clients.gossip.succeed("510100", "p", Buffer.from("x"))).toMatchObject({
      error: { code: "LOG_SUCCESSION" },
    });
    const held: unknown[] = [];
    for await (const one of clients.holdings("510100")) held.push(one);
    expect(held).toEqual([{ kind: "receipt", record: { region: "500000" } }]);
  });
});

describe("the trust service", () => {
  it("renews leaves of its own region only", async () => {
    const clients = await connect({});
    expect(await clients.trust.renew("510100", Buffer.from("csr"))).toMatchObject({
      error: { kind: "forbidden", code: "authz.own_region_only" },
    });
  });
});

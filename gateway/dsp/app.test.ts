import type { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Peer } from "../../node/identity/model.ts";
import { err, mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { datasetUrn } from "../../node/negotiation/messages.ts";
import type { OutboxMessage } from "../../node/outbox/model.ts";
import { closedEntry, conditionalEntry, openEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import { CONSUMER, openRegion, PROVIDER, person, type Region } from "../../test/fixtures/two-regions.ts";
import { createDspApp } from "./app.ts";

const CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld";
const BASE = "/dsp/2025-1";
const CALLBACK = `https://r${CONSUMER}.example/dsp/2025-1`;
const zhang = person(PROVIDER, "zhang", "approver");

type Json = { [key: string]: never } & { [key: string]: unknown };

let region: Region;
let app: Hono;
let sent: OutboxMessage[];
const peers = new Map<object, Peer>();
const channelOf = (id: string): object => {
  const socket = {};
  peers.set(socket, { region: id, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] });
  return socket;
};
const connector = channelOf(CONSUMER);
const stranger = channelOf("440100");

beforeEach(() => {
  sent = [];
  const found = [
    openEntry(),
    conditionalEntry(),
    closedEntry(),
    productEntry(),
    openEntry({ id: "hidden", status: "reviewing" }),
  ];
  const entries = new Map(found.map((entry) => [entry.id, entry]));
  const channel = {
    deliver: async (message: OutboxMessage) => {
      sent.push(message);
      return ok({});
    },
  };
  region = openRegion({ id: PROVIDER, entries, mirrored: entries, channel });
  region.outbox.start();
  app = createDspApp({
    ...region,
    config: { region: { id: PROVIDER } },
    catalog: {
      get: async (id) => {
        const entry = entries.get(id);
        return entry === undefined
          ? err({ kind: "not-found", code: "ENTRY_UNKNOWN", text: { zh: "", en: "" } })
          : ok(entry);
      },
      list: async ({ status }) => ({ items: [...entries.values()].filter((e) => e.status === status), next: null }),
    },
    sources: { kindFor: async (id) => (region.sources.has(id) ? "csv" : undefined) },
    logger: silentLogger,
    peerOf: (socket) => peers.get(socket),
  });
});
afterEach(() => region.outbox.stop());

async function send(path: string, body?: unknown, socket: object | null = connector, headers: object = {}) {
  const init =
    body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
  const bindings = socket === null ? {} : { incoming: { socket } };
  const answer = await app.request(
    path,
    { ...init, headers: { "content-type": "application/json; charset=utf-8", ...headers } },
    bindings,
  );
  return { status: answer.status, body: (await answer.json()) as Json, headers: answer.headers };
}

const bodyOf = (crossed: OutboxMessage | undefined) => (crossed?.body ?? {}) as Json;
const message = (type: string, fields: object) => ({ "@context": [CONTEXT], "@type": type, ...fields });

async function offerOf(id: string): Promise<Json> {
  const { body } = await send(`${BASE}/catalog/datasets/${encodeURIComponent(datasetUrn(PROVIDER, id))}`);
  return (body.hasPolicy as unknown as Json[])[0] as Json;
}

async function requestFor(id: string, changes: object = {}) {
  const offer = { ...(await offerOf(id)), target: datasetUrn(PROVIDER, id), assigner: `urn:heliu:region:${PROVIDER}` };
  return message("ContractRequestMessage", {
    "@id": "urn:uuid:m-1",
    consumerPid: "urn:uuid:c-1",
    callbackAddress: CALLBACK,
    offer,
    ...changes,
  });
}

describe("the version document and the catalogue", () => {
  it("say where the one version is", async () => {
    const { body } = await send("/.well-known/dspace-version", undefined, null);
    expect(body.protocolVersions).toMatchObject([{ version: "2025-1", path: BASE, binding: "HTTPS" }]);
  });

  it("show what is published and offered, with an offer that needs no signature on a price", async () => {
    const { status, body } = await send(`${BASE}/catalog/request`, message("CatalogRequestMessage", {}));
    expect([status, body["@type"], body.participantId]).toEqual([200, "Catalog", "urn:heliu:region:510100"]);
    const datasets = body.dataset as unknown as Json[];
    expect(datasets.map((d) => d["@id"])).toEqual(
      ["cd-scjg-0004", "cd-scjg-0001", "cd-prod-0002"].map((id) => datasetUrn(PROVIDER, id)),
    );
    expect(JSON.stringify(datasets)).not.toMatch(/ns\/price|"industrial"|"target"|null/);
  });

  it.each(["hidden", "cd-scjg-0011", "none"])("know no dataset %s, in the same words", async (id) => {
    const { status, body } = await send(`${BASE}/catalog/datasets/${encodeURIComponent(datasetUrn(PROVIDER, id))}`);
    expect([status, body["@type"], body.code]).toEqual([404, "CatalogError", "DSP_UNKNOWN"]);
  });

  it("refuse a filter, and callers without a channel", async () => {
    const request = message("CatalogRequestMessage", { filter: [{ theme: "T01" }] });
    expect(await send(`${BASE}/catalog/request`, request)).toMatchObject({
      status: 400,
      body: { "@type": "CatalogError" },
    });
    expect((await send(`${BASE}/catalog/request`, request, null)).status).toBe(401);
  });
});

describe("a negotiation over HTTPS", () => {
  it("goes from the request to FINALIZED by the connector's messages alone", async () => {
    const created = await send(`${BASE}/negotiations/request`, await requestFor("cd-scjg-0004"));
    expect(created).toMatchObject({
      status: 201,
      body: { "@type": "ContractNegotiation", state: "REQUESTED", consumerPid: "urn:uuid:c-1" },
    });
    await region.outbox.idle();
    const { providerPid } = created.body;
    expect(sent).toMatchObject([{ kind: "ContractAgreementMessage", binding: "dsp", callbackAddress: CALLBACK }]);
    expect((await send(`${BASE}/negotiations/${providerPid}`)).body.state).toBe("AGREED");

    const verification = message("ContractAgreementVerificationMessage", { providerPid, consumerPid: "urn:uuid:c-1" });
    expect((await send(`${BASE}/negotiations/${providerPid}/agreement/verification`, verification)).status).toBe(200);
    await region.outbox.idle();
    expect((await send(`${BASE}/negotiations/${providerPid}`)).body.state).toBe("FINALIZED");
    expect(sent.at(-1)).toMatchObject({ kind: "ContractNegotiationEventMessage", body: { eventType: "FINALIZED" } });
    const [agreement] = (await region.negotiations.agreements({ limit: 1 })).items;
    expect([agreement?.status, agreement?.consumerSignature]).toEqual(["in-force", null]);
  });

  it("echoes the offer's rules into the agreement exactly, as connectors compare them", async () => {
    const request = await requestFor("cd-scjg-0004");
    await send(`${BASE}/negotiations/request`, request);
    await region.outbox.idle();
    const agreement = bodyOf(sent[0]).agreement as unknown as Json;
    const asked = JSON.parse(JSON.stringify(request)).offer;
    expect([agreement.permission, agreement.assigner]).toEqual([asked.permission, asked.assigner]);
  });

  it("answers a repeated message alike, and an equal one under another id by the state", async () => {
    const request = await requestFor("cd-scjg-0001");
    const first = await send(`${BASE}/negotiations/request`, request);
    const again = await send(`${BASE}/negotiations/request`, request);
    const renamed = await send(`${BASE}/negotiations/request`, { ...request, "@id": "urn:uuid:m-2" });
    expect([again.status, again.body, renamed.body]).toEqual([201, first.body, first.body]);
    const { providerPid } = first.body;
    const end = message("ContractNegotiationTerminationMessage", {
      "@id": "t-1",
      providerPid,
      consumerPid: "urn:uuid:c-1",
      code: "x",
    });
    expect((await send(`${BASE}/negotiations/${providerPid}/termination`, end)).status).toBe(200);
    expect((await send(`${BASE}/negotiations/${providerPid}/termination`, end)).status).toBe(200);
    const second = await send(`${BASE}/negotiations/${providerPid}/termination`, { ...end, "@id": "t-2" });
    expect(second).toMatchObject({
      status: 400,
      body: { "@type": "ContractNegotiationError", code: "ILLEGAL_TRANSITION" },
    });
  });

  it("takes a counter-request after the provider's offer, and its acceptance", async () => {
    const { body } = await send(`${BASE}/negotiations/request`, await requestFor("cd-scjg-0001"));
    const { providerPid } = body as unknown as { providerPid: string };
    mustSucceed(await region.negotiations.counter(zhang, providerPid, { fields: ["uscc"] }));
    await region.outbox.idle();
    const offered = bodyOf(sent[0]).offer;
    const pids = { providerPid, consumerPid: "urn:uuid:c-1" };
    const counter = message("ContractRequestMessage", { ...pids, offer: offered });
    expect((await send(`${BASE}/negotiations/${providerPid}/request`, counter)).status).toBe(200);
    mustSucceed(await region.negotiations.counter(zhang, providerPid, { fields: ["uscc", "ent_name"] }));
    const accepted = message("ContractNegotiationEventMessage", { ...pids, eventType: "ACCEPTED" });
    expect((await send(`${BASE}/negotiations/${providerPid}/events`, accepted)).status).toBe(200);
    expect((await send(`${BASE}/negotiations/${providerPid}`)).body.state).toBe("AGREED");
  });

  it("shows another peer's negotiation to nobody, in the same words as none", async () => {
    const { body } = await send(`${BASE}/negotiations/request`, await requestFor("cd-scjg-0001"));
    const pid = String(body.providerPid);
    const end = (providerPid: string) =>
      message("ContractNegotiationTerminationMessage", { providerPid, consumerPid: "urn:uuid:c-1" });
    const foreign = await send(`${BASE}/negotiations/${pid}/termination`, end(pid), stranger);
    const none = await send(`${BASE}/negotiations/urn:uuid:none/termination`, end("urn:uuid:none"), stranger);
    expect([foreign.status, { ...foreign.body, providerPid: "" }]).toEqual([404, { ...none.body, providerPid: "" }]);
    expect((await send(`${BASE}/negotiations/${pid}`, undefined, stranger)).status).toBe(404);
    expect((await send(`${BASE}/negotiations/${pid}`)).body.state).toBe("REQUESTED");
  });

  it("refuses messages of the other role, other pids, and of a state they do not fit", async () => {
    const { body } = await send(`${BASE}/negotiations/request`, await requestFor("cd-scjg-0001"));
    const pid = String(body.providerPid);
    const pids = { providerPid: pid, consumerPid: "urn:uuid:c-1" };
    const at = async (path: string, sentBody: object) =>
      (await send(`${BASE}/negotiations/${pid}/${path}`, sentBody)).body.code;
    const event = (eventType: string, more = {}) =>
      message("ContractNegotiationEventMessage", { ...pids, eventType, ...more });
    expect(await at("events", event("ACCEPTED"))).toBe("ILLEGAL_TRANSITION");
    expect(await at("events", event("FINALIZED"))).toBe("ILLEGAL_TRANSITION");
    expect(await at("events", event("ACCEPTED", { consumerPid: "urn:uuid:c-2" }))).toBe("MESSAGE_PIDS");
    expect(await at("events", event("ACCEPTED", { providerPid: "urn:uuid:other" }))).toBe("DSP_BODY_MALFORMED");
    expect(await at("offers", message("ContractOfferMessage", pids))).toBe("DSP_ROLE");
    expect((await send(`${BASE}/negotiations/${pid}`)).body.state).toBe("REQUESTED");
  });

  it("refuses a constraint it does not know, and an offer it never made", async () => {
    const request = await requestFor("cd-scjg-0004");
    const strange = structuredClone(request) as unknown as { offer: { permission: { constraint: object[] }[] } };
    strange.offer.permission[0]?.constraint.push({ leftOperand: "spatial", operator: "eq", rightOperand: "x" });
    expect((await send(`${BASE}/negotiations/request`, strange)).body.code).toBe("POLICY_UNKNOWN_CONSTRAINT");
    const other = await requestFor("cd-scjg-0004", {
      offer: { "@id": "urn:x", "@type": "Offer", permission: [{ action: "use" }] },
    });
    expect((await send(`${BASE}/negotiations/request`, other)).body.code).toBe("OFFER_UNKNOWN");
    expect((await region.negotiations.list({ limit: 1 })).items).toEqual([]);
  });
});

describe("a callback address", () => {
  it.each([
    "https://127.0.0.1:8510/dsp/2025-1",
    "https://r440100.example/dsp/2025-1",
    `http://r${CONSUMER}.example/dsp/2025-1`,
    `https://r${CONSUMER}.example:444/dsp/2025-1`,
    `https://r${CONSUMER}.example@evil.example/dsp/2025-1`,
    `https://u:p@r${CONSUMER}.example/dsp/2025-1`,
    `https://r${CONSUMER}.example/dsp/2025-1x`,
    `https://r${CONSUMER}.example/dsp/2025-1/../../admin`,
    `https://r${CONSUMER}.example.evil/dsp/2025-1`,
    `https://r${CONSUMER}.example/dsp/2025-1?x=1`,
    "file:///etc/passwd",
    "not a url",
  ])("is refused unless the trust list names it for this peer: %s", async (callbackAddress) => {
    const answer = await send(`${BASE}/negotiations/request`, await requestFor("cd-scjg-0004", { callbackAddress }));
    expect([answer.status, answer.body.code]).toEqual([400, "DSP_CALLBACK"]);
  });

  it("is taken with and without its trailing slash", async () => {
    const request = await requestFor("cd-scjg-0004", { callbackAddress: `${CALLBACK}/` });
    expect((await send(`${BASE}/negotiations/request`, request)).status).toBe(201);
  });
});

describe("a body", () => {
  const deep = `${'{"a":'.repeat(40)}1${"}".repeat(40)}`;
  const wrap = (more: string) => `{"@context":["${CONTEXT}"],"@type":"CatalogRequestMessage"${more}}`;
  it.each([
    ["too large", wrap(`,"x":"${"a".repeat(70_000)}"`), 413, "DSP_BODY_TOO_LARGE"],
    ["too deep", wrap(`,"x":${deep}`), 400, "DSP_BODY_MALFORMED"],
    ["with __proto__", wrap(',"__proto__":{}'), 400, "DSP_BODY_MALFORMED"],
    ["with __proto__ in escapes", wrap(',"\\u005f_proto__":{}'), 400, "DSP_BODY_MALFORMED"],
    ["with a key twice", wrap(',"@type":"CatalogRequestMessage"'), 400, "DSP_BODY_MALFORMED"],
    ["of another type", wrap("").replace("CatalogRequest", "Other"), 400, "DSP_BODY_MALFORMED"],
    ["that is a list", "[]", 400, "DSP_BODY_MALFORMED"],
    ["that is no JSON", "{", 400, "DSP_BODY_MALFORMED"],
    ["with a remote context", wrap("").replace(CONTEXT, "https://evil.example/context"), 400, "DSP_CONTEXT"],
    ["with an inline context", wrap("").replace(`"${CONTEXT}"`, `"${CONTEXT}",{}`), 400, "DSP_CONTEXT"],
    ["with a context that is no array", wrap("").replace(`["${CONTEXT}"]`, `"${CONTEXT}"`), 400, "DSP_CONTEXT"],
  ])("%s is refused", async (_what, body, status, code) => {
    expect(await send(`${BASE}/catalog/request`, body)).toMatchObject({
      status,
      body: { "@type": "CatalogError", code },
    });
  });

  it("of another media type is refused, one with unknown properties and numbers is not", async () => {
    const body = wrap(',"note":{"n":[1,true,null]}');
    expect((await send(`${BASE}/catalog/request`, body, connector, { "content-type": "text/plain" })).status).toBe(400);
    expect((await send(`${BASE}/catalog/request`, body)).status).toBe(200);
  });

  it("may write ids as objects and single values as lists of one", async () => {
    const request = JSON.parse(JSON.stringify(await requestFor("cd-scjg-0004")));
    const [permission] = request.offer.permission;
    const written = {
      ...request,
      consumerPid: { "@id": "urn:uuid:c-9" },
      offer: { ...request.offer, target: [request.offer.target], permission },
    };
    expect(await send(`${BASE}/negotiations/request`, written)).toMatchObject({
      status: 201,
      body: { consumerPid: "urn:uuid:c-9" },
    });
  });
});

import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Role, roles } from "../../node/identity/model.ts";
import { sampleEntries } from "../federation/harness.ts";
import { type OneNode, startOneNode } from "./one-node.ts";

/**
 * Every route that changes something and the roles that may use it, written down a second time: a route whose `access` was
 * widened by mistake, or that was added without a thought, fails here. Source: the interface's roles; write never implies approve.
 */
const WRITES: { readonly [route: string]: "open" | "any" | readonly Role[] } = {
  "post /api/v1/objections": ["requester", "finance"],
  "post /api/v1/objections/{id}/{event}": ["requester", "publisher", "approver", "finance"],
  "post /api/v1/session": "open",
  "post /api/v1/users": ["admin"],
  "post /api/v1/users/{id}/disable": ["admin"],
  "post /api/v1/users/{id}/enable": ["admin"],
  "post /api/v1/tokens": ["admin"],
  "delete /api/v1/tokens/{id}": ["admin"],
  "post /api/v1/catalog/import": ["publisher"],
  "post /api/v1/catalog/validate": ["publisher"],
  "post /api/v1/catalog/imports/{id}/confirm": ["approver"],
  "post /api/v1/catalog/entries/{id}/submit": ["publisher"],
  "post /api/v1/catalog/entries/{id}/publish": ["approver"],
  "post /api/v1/catalog/entries/{id}/return": ["approver"],
  "post /api/v1/catalog/entries/{id}/refuse": ["approver"],
  "post /api/v1/catalog/entries/{id}/suspend": ["approver"],
  "post /api/v1/catalog/entries/{id}/resume": ["approver"],
  "post /api/v1/catalog/entries/{id}/withdraw": ["approver"],
  "post /api/v1/sources": ["publisher"],
  "post /api/v1/sources/{id}/check": ["publisher", "admin"],
  "delete /api/v1/sources/{id}": ["publisher"],
  "post /api/v1/negotiations": ["requester"],
  "post /api/v1/negotiations/{id}/approve": ["approver"],
  "post /api/v1/negotiations/{id}/counter": ["approver", "publisher", "requester"],
  "post /api/v1/negotiations/{id}/accept": ["requester"],
  "post /api/v1/negotiations/{id}/reject": ["approver"],
  "post /api/v1/negotiations/{id}/terminate": ["requester", "approver"],
  "post /api/v1/agreements/{id}/terminate": ["approver"],
  "post /api/v1/agreements/{id}/calls": ["requester"],
  "post /api/v1/agreements/{id}/sign": ["approver"],
  "post /api/v1/agreements/{id}/refuse": ["approver"],
  "post /api/v1/agreements/{id}/head": ["auditor", "finance", "approver", "admin"],
  "post /api/v1/transfers": ["requester"],
  "post /api/v1/transfers/{id}/suspend": ["requester", "publisher", "approver"],
  "post /api/v1/transfers/{id}/resume": ["requester", "publisher", "approver"],
  "post /api/v1/transfers/{id}/terminate": ["requester", "publisher", "approver"],
  "post /api/v1/settlements/{period}/close": ["finance"],
  "post /api/v1/settlements/{period}/disputes": ["finance"],
  "post /api/v1/settlements/{period}/disputes/{id}/resolve": ["finance"],
  "post /api/v1/settlements/{period}/net": ["finance"],
  "post /api/v1/settlements/{period}/net/approve": ["finance", "approver"],
  "post /api/v1/settlements/{period}/invoices": ["finance"],
  "post /api/v1/settlements/{period}/invoices/cancel": ["finance"],
  "post /api/v1/payments/import": ["finance"],
  "post /api/v1/payments/accounts": ["finance", "approver"],
  "post /api/v1/payments/{id}/match": ["finance", "approver"],
  "post /api/v1/ledger/check": ["finance", "auditor"],
  "post /api/v1/settlements/what-if": ["finance", "auditor", "approver"],
  "post /api/v1/settlements/what-if/supplier": ["finance", "auditor", "approver", "publisher"],
  "post /api/v1/agreements/{id}/quote": ["requester", "finance", "publisher"],
  "put /api/v1/agreements/{id}/quotes/{quote}": ["requester", "finance", "publisher"],
  "put /api/v1/agreements/{id}/budget": ["finance"],
  "post /api/v1/agreements/{id}/parties/{party}/leave": ["finance"],
  "post /api/v1/agreements/{id}/alerts/{alert}/acknowledge": ["finance", "requester", "publisher"],
  "post /api/v1/policy/explain": "any",
  "post /api/v1/peers/{id}/check": ["admin", "auditor"],
  "post /api/v1/trust": ["admin"],
};

/** What holds evidence, money or people is not for everyone to read either. */
const READS: { readonly [route: string]: readonly Role[] } = {
  "/api/v1/users": ["admin", "auditor"],
  "/api/v1/tokens": ["admin"],
  "/api/v1/sources": ["publisher", "admin", "auditor"],
  "/api/v1/events": ["auditor", "admin", "finance", "approver", "requester", "publisher"],
  "/api/v1/objections": ["requester", "publisher", "approver", "finance", "auditor", "admin"],
  "/api/v1/audit/findings": ["auditor", "admin"],
  "/api/v1/backup/store": ["admin"],
  "/api/v1/audit/proof?leaf=0": ["auditor", "finance", "approver", "admin"],
  "/api/v1/receipts": ["finance", "auditor", "requester", "publisher", "approver"],
  "/api/v1/ledger/balances": ["finance", "auditor", "approver"],
  "/api/v1/ledger/check": ["finance", "auditor", "approver"],
  "/api/v1/settlements/2026-01": ["finance", "auditor", "approver"],
  "/api/v1/settlements/2026-01/disputes": ["finance", "auditor", "approver"],
  "/api/v1/settlements/2026-01/derivation?agreement=x": ["finance", "auditor", "approver"],
  "/api/v1/settlements/forecast?agreement=x": ["finance", "auditor", "approver", "requester", "publisher"],
  "/api/v1/settlements/2026-01/bundle?agreement=x": ["finance", "auditor"],
  "/api/v1/settlements/2026-01/net": ["finance", "auditor", "approver"],
  "/api/v1/settlements/2026-01/money": ["finance", "auditor", "approver"],
  "/api/v1/payments": ["finance", "auditor", "approver"],
  "/api/v1/payments/ageing": ["finance", "auditor", "approver"],
  "/api/v1/payments/dues": ["finance", "auditor", "approver"],
  "/api/v1/payments/accounts": ["finance", "auditor", "approver"],
  "/api/v1/settlements/2026-01/report": ["finance", "auditor", "approver", "requester"],
  "/api/v1/transfers/x/content": ["requester"],
};

let one: OneNode;
beforeAll(async () => {
  one = await startOneNode();
}, 30_000);
afterAll(() => one.stop());

function send(method: string, path: string, token?: string, body: unknown = {}): Promise<Response> {
  const hasBody = method === "post";
  return one.request(
    path.replace(/\{(\w+)\}/g, (_, name) => (name === "period" ? "2026-01" : "x")),
    {
      method: method.toUpperCase(),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(hasBody ? { "content-type": "application/json" } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(body) } : {}),
    },
  );
}

const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code;

describe("who may do what", () => {
  it("is written down for every route that changes something, and for no other", async () => {
    const { paths } = (await (await one.request("/api/v1/openapi.json")).json()) as {
      paths: { [path: string]: { [method: string]: unknown } };
    };
    const writes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) => (method === "get" ? [] : [`${method} ${path}`])),
    );
    expect(writes.sort()).toEqual(Object.keys(WRITES).sort());
  });

  it.each(Object.entries(WRITES))("%s is for %s and nobody else", async (route, allowed) => {
    const [method = "", path = ""] = route.split(" ");
    if (allowed === "open") return;
    const nobody = await send(method, path);
    expect([nobody.status, await codeOf(nobody)]).toEqual([401, "SIGN_IN_REQUIRED"]);
    for (const role of roles) {
      const response = await send(method, path, one.tokens[role]);
      const mayPass = allowed === "any" || allowed.includes(role);
      const code = await codeOf(response);
      expect({ role, refused: code === "ROLE_REQUIRED" }).toEqual({ role, refused: !mayPass });
      if (!mayPass) expect(response.status).toBe(403);
    }
  });

  it.each(Object.entries(READS))("%s is read by %s and nobody else", async (path, allowed) => {
    expect((await send("get", path)).status).toBe(401);
    for (const role of roles) {
      const response = await send("get", path, one.tokens[role]);
      const refused = response.status === 403 && (await codeOf(response)) === "ROLE_REQUIRED";
      expect({ role, refused }).toEqual({ role, refused: !allowed.includes(role) });
    }
  });
});

describe("who asked", () => {
  it("cannot confirm their own import, whatever roles they hold", async () => {
    const both = await one.tokenOf("both", ["publisher", "approver"]);
    const [entry] = sampleEntries("510100");
    const report = await send("post", "/api/v1/catalog/import?asPublished=true", both, { entries: [entry] });
    const { importId } = (await report.json()) as { importId: string };
    const own = await send("post", `/api/v1/catalog/imports/${importId}/confirm`, both);
    expect([own.status, await codeOf(own)]).toEqual([403, "SELF_APPROVAL"]);
    const other = await send("post", `/api/v1/catalog/imports/${importId}/confirm`, one.tokens.approver);
    expect(other.status).toBe(200);
  });

  it("cannot publish what they submitted", async () => {
    const both = await one.tokenOf("both again", ["publisher", "approver"]);
    const [, entry] = sampleEntries("510100");
    await send("post", "/api/v1/catalog/import", both, { entries: [entry] });
    const own = await send("post", `/api/v1/catalog/entries/${entry?.id}/publish`, both);
    expect([own.status, await codeOf(own)]).toEqual([403, "SELF_APPROVAL"]);
    const returned = await send("post", `/api/v1/catalog/entries/${entry?.id}/return`, one.tokens.approver, {
      reason: "缺少依据",
    });
    expect(returned.status).toBe(200);
    expect((await send("post", `/api/v1/catalog/entries/${entry?.id}/submit`, both)).status).toBe(200);
    const again = await send("post", `/api/v1/catalog/entries/${entry?.id}/publish`, both);
    expect([again.status, await codeOf(again)]).toEqual([403, "SELF_APPROVAL"]);
    const other = await send("post", `/api/v1/catalog/entries/${entry?.id}/publish`, one.tokens.approver);
    expect(other.status).toBe(200);
  });

  it("keeps neither tokens nor sessions once disabled", async () => {
    const users = await one.request("/api/v1/users", { headers: { authorization: `Bearer ${one.tokens.admin}` } });
    const { items } = (await users.json()) as { items: { id: string; name: string }[] };
    const leaving = await one.tokenOf("leaving", ["publisher"]);
    const after = await one.request("/api/v1/users", { headers: { authorization: `Bearer ${one.tokens.admin}` } });
    const user = ((await after.json()) as typeof users & { items: { id: string; name: string }[] }).items.find(
      ({ id }) => !items.some((one) => one.id === id),
    );
    expect((await send("get", "/api/v1/me", leaving)).status).toBe(200);
    expect((await send("post", `/api/v1/users/${user?.id}/disable`, one.tokens.admin)).status).toBe(200);
    const refused = await send("get", "/api/v1/me", leaving);
    expect([refused.status, await codeOf(refused)]).toEqual([401, "USER_DISABLED"]);
  });

  it("cannot make the node's own keys, or a path nobody can be sure of, the data of an entry", async () => {
    const entryId = sampleEntries("510100")[0]?.id;
    const bind = (path: string) =>
      send("post", "/api/v1/sources", one.tokens.publisher, { kind: "raw", id: "s", entryId, path });
    const relative = await bind("rows.csv");
    expect([relative.status, await codeOf(relative)]).toEqual([400, "SOURCE_PATH_RELATIVE"]);
    symlinkSync(join(one.dir, "keys"), join(one.dir, "innocent"));
    for (const path of ["keys/statement.pem", "certs/../keys/log.pem", "token", "store", "innocent/witness.pem"]) {
      const own = await bind(`${one.dir}/${path}`);
      expect([path, own.status, await codeOf(own)]).toEqual([path, 403, "SOURCE_PATH_GUARDED"]);
    }
  });
});

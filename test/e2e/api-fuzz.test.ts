import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Role, roles } from "../../node/identity/model.ts";
import { sampleEntries } from "../federation/harness.ts";
import { type OneNode, startOneNode } from "./one-node.ts";
import { type JsonSchema, valuesOf } from "./schema-values.ts";

type Parameter = { readonly name: string; readonly in: "query" | "path"; readonly schema: JsonSchema };
type Operation = {
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: JsonSchema } } };
  readonly responses: { readonly [status: string]: unknown };
};
type OpenApi = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: JsonSchema } };
};

let one: OneNode;
let api: OpenApi;
/** Ids that exist, so that requests get past "not found". */
let known: readonly string[];
let operations: readonly { readonly method: string; readonly path: string; readonly operation: Operation }[];

beforeAll(async () => {
  one = await startOneNode({ limits: { bodyBytes: 65_536, importBytes: 131_072 } });
  api = (await (await one.request("/api/v1/openapi.json")).json()) as OpenApi;
  known = await seed();
  operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}, 30_000);
afterAll(() => one.stop());

async function seed(): Promise<string[]> {
  const entries = sampleEntries("510100").slice(0, 6);
  const send = (role: Role, path: string, body?: unknown) =>
    one.request(path, {
      method: "POST",
      headers: { ...bearer(role), "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  await send("publisher", "/api/v1/catalog/import", { entries: entries.slice(0, 4) });
  for (const { id } of entries.slice(0, 2)) await send("approver", `/api/v1/catalog/entries/${id}/publish`);
  const waiting = await send("publisher", "/api/v1/catalog/import?asPublished=true", { entries: entries.slice(4) });
  const { importId } = (await waiting.json()) as { importId: string };
  const file = join(one.dir, "rows.csv");
  const first = entries[0];
  writeFileSync(file, `${first?.fields.map(({ name }) => name).join(",")}\n`);
  const source = { kind: "csv", id: "source-1", entryId: first?.id, path: file };
  expect((await send("publisher", "/api/v1/sources", source)).status).toBe(201);
  const user = (await (await send("admin", "/api/v1/users", { name: "seeded", roles: ["finance"] })).json()) as {
    id: string;
  };
  return [...entries.map(({ id }) => id), importId, "source-1", user.id];
}

const bearer = (role: Role) => ({ authorization: `Bearer ${one.tokens[role]}` });

/** Every refusal says the same thing in the language asked for, under a stable code. */
async function expectDeclared(response: Response, declared: Operation["responses"] | undefined, what: string) {
  expect(response.status, `${what}\n${one.errors().at(-1) ?? ""}`).not.toBe(500);
  if (declared !== undefined) expect(Object.keys(declared), what).toContain(String(response.status));
  if (response.ok) return void (await response.body?.cancel());
  expect(response.headers.get("content-type"), what).toBe("application/problem+json");
  const problem = (await response.json()) as { code: string; detail: string; status: number; traceId: string };
  expect(problem.code, what).toMatch(/^[A-Za-z][A-Za-z0-9_.]+$/);
  expect(problem.status).toBe(response.status);
  expect(problem.detail.length, what).toBeGreaterThan(5);
  expect(response.headers.get("content-language"), what).toMatch(/^(zh-CN|en)$/);
  if (response.headers.get("content-language") === "zh-CN") expect(problem.detail, what).toMatch(/\p{Script=Han}/u);
}

function requestFrom(operation: Operation, path: string): fc.Arbitrary<{ url: string; body: unknown }> {
  const parameters = operation.parameters ?? [];
  const values = Object.fromEntries(parameters.map(({ name, schema }) => [`${name}`, argumentOf(name, schema)]));
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const body = schema === undefined ? fc.constant(undefined) : valuesOf(schema, api);
  return fc.tuple(fc.record(values), body).map(([given, sent]) => {
    const inPath = path.replace(/\{(\w+)\}/g, (_, name) => encode(given[name] ?? "x"));
    const query = parameters
      .filter((one) => one.in === "query" && given[one.name] !== undefined)
      .map(({ name }) => `${name}=${encode(given[name])}`);
    return { url: `${inPath}${query.length === 0 ? "" : `?${query.join("&")}`}`, body: sent };
  });
}

function argumentOf(name: string, schema: JsonSchema): fc.Arbitrary<unknown> {
  const any = fc.option(valuesOf(schema, api), { nil: undefined, freq: 6 });
  return name === "id" ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, any) : any;
}

/** Mostly somebody who may: a refusal for the role is the shortest way through the code. */
function roleFor({ description }: Operation): fc.Arbitrary<Role> {
  const named = roles.filter((role) => description?.includes(role));
  const anyone = fc.constantFrom(...roles);
  return named.length === 0 ? anyone : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...named) }, anyone);
}

/** A lone surrogate has no UTF-8 form and cannot be sent; "." and ".." would change the path instead of filling it. */
function encode(value: unknown): string {
  const text = String(value).toWellFormed();
  return encodeURIComponent(text === "" ? "x" : text).replace(/^\.+$/, "%2E");
}

describe("the HTTP interface, walked along its own document", () => {
  it("answers every operation with a declared status, and refuses with a problem that has a code", async () => {
    expect(operations.length).toBeGreaterThan(50);
    for (const { method, path, operation } of operations) {
      const asked = fc.tuple(requestFrom(operation, path), roleFor(operation), fc.constantFrom("zh-CN", "en"));
      await fc.assert(
        fc.asyncProperty(asked, async ([{ url, body }, role, language]) => {
          const response = await one.request(url, {
            method,
            headers: { ...bearer(role), "accept-language": language, "content-type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          });
          await expectDeclared(response, operation.responses, `${method} ${url} ${JSON.stringify(body)} as ${role}`);
        }),
        { numRuns: 10 },
      );
    }
    expect(one.errors()).toEqual([]);
  }, 60_000);
});

describe("requests no client should send", () => {
  const explain = (init: RequestInit & { duplex?: "half" }) =>
    one.request("/api/v1/policy/explain", {
      method: "POST",
      ...init,
      headers: { ...bearer("requester"), "content-type": "application/json", ...init.headers },
    });
  const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

  it.each([
    ["half a JSON document", '{"agreementId":', "BODY_MALFORMED"],
    ["a prototype key", '{"agreementId":"x","__proto__":{"admin":true}}', "BODY_MALFORMED"],
    ["a prototype key further down", '{"agreementId":"x","selection":{"__proto__":{}}}', "BODY_MALFORMED"],
    ["the same key twice", '{"agreementId":"x","agreementId":"y"}', "BODY_MALFORMED"],
    ["JSON 10,000 deep", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, "BODY_MALFORMED"],
    ["nothing", "", "BODY_MALFORMED"],
    ["a bare value", "7", "REQUEST_INVALID"],
    ["an unknown field", '{"agreementId":"x","purpoze":"industrial"}', "REQUEST_INVALID"],
    ["an unknown field further down", '{"agreementId":"x","selection":{"feelds":["a"]}}', "REQUEST_INVALID"],
  ])("refuses %s by name", async (_what, body, code) => {
    expect(await codeOf(await explain({ body }))).toEqual([400, code]);
  });

  it("refuses bytes that are not UTF-8, where a lenient reader would see another text", async () => {
    const body = Buffer.concat([Buffer.from('{"agreementId":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    expect(await codeOf(await explain({ body }))).toEqual([400, "BODY_ENCODING"]);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "multipart/form-data"])(
    "takes no body of type %s",
    async (type) => {
      const response = await explain({ body: '{"agreementId":"x"}', headers: { "content-type": type } });
      expect(await codeOf(response)).toEqual([415, "MEDIA_TYPE"]);
    },
  );

  it("stops reading a body over the limit of the settings, with or without a length", async () => {
    const big = "x".repeat(70_000);
    expect(await codeOf(await explain({ body: big, headers: { "content-length": "70000" } }))).toEqual([
      413,
      "BODY_TOO_LARGE",
    ]);
    const stream = new Blob([big]).stream();
    expect(await codeOf(await explain({ body: stream, duplex: "half" }))).toEqual([413, "BODY_TOO_LARGE"]);
    const file = await one.request("/api/v1/catalog/import?filename=a.csv", {
      method: "POST",
      headers: { ...bearer("publisher"), "content-length": "140000" },
      body: "x".repeat(140_000),
    });
    expect(await codeOf(file)).toEqual([413, "BODY_TOO_LARGE"]);
  });

  it("asks who it is before it says what is wrong", async () => {
    const anonymous = await one.request("/api/v1/users", { method: "POST", body: "{" });
    expect(await codeOf(anonymous)).toEqual([401, "SIGN_IN_REQUIRED"]);
    const other = await one.request("/api/v1/users", { method: "POST", body: "{", headers: bearer("finance") });
    expect(await codeOf(other)).toEqual([403, "ROLE_REQUIRED"]);
  });

  it.each(["%00", "%ff", "%ED%A0%80", "%", "..%2f..%2f", "x".repeat(4_000), "a%0d%0aSet-Cookie:x", "%F0%9F%98%80"])(
    "knows no entry, negotiation or transfer called %s",
    async (id) => {
      for (const path of ["catalog/entries", "negotiations", "agreements", "transfers", "federated/entries/500000"]) {
        const response = await one.request(`/api/v1/${path}/${id}`, { headers: bearer("requester") });
        expect([400, 404], `${path} ${id}`).toContain(response.status);
        await expectDeclared(response, undefined, `${path}/${id}`);
      }
    },
  );

  it("refuses cursors and filters it cannot have given out, or answers an honest page", async () => {
    for (const cursor of ["%00", "zz", "%F0%9F%98%80", "'", "9".repeat(500), "eyJhIjoxfQ"]) {
      for (const path of ["catalog/entries", "negotiations", "agreements", "transfers", "receipts", "search"]) {
        const response = await one.request(`/api/v1/${path}?cursor=${cursor}`, { headers: bearer("finance") });
        await expectDeclared(response, undefined, `${path} ${cursor}`);
      }
    }
    const misspelt = await one.request("/api/v1/search?q=a&regoin=510100", { headers: bearer("finance") });
    expect(await codeOf(misspelt)).toEqual([400, "REQUEST_INVALID"]);
  });

  it.each(['W/"7"', '"7", "8"', '"abc"', "-1", "7.0", '"99999999999999999999"'])(
    "refuses If-Match %s rather than acting without it",
    async (ifMatch) => {
      const response = await one.request("/api/v1/negotiations/x/approve", {
        method: "POST",
        headers: { ...bearer("approver"), "content-type": "application/json", "if-match": ifMatch },
        body: "{}",
      });
      expect(await codeOf(response)).toEqual([400, "IF_MATCH_INVALID"]);
    },
  );

  it("answers a repeated key with the first answer, another request under it with a conflict", async () => {
    const add = (name: string, key: string) =>
      one.request("/api/v1/users", {
        method: "POST",
        headers: { ...bearer("admin"), "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify({ name, roles: ["finance"] }),
      });
    const [first, again] = [await add("once", "k1"), await add("once", "k1")];
    expect([first.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([201, 201, "true"]);
    expect(await again.json()).toEqual(await first.json());
    expect(await codeOf(await add("twice", "k1"))).toEqual([409, "IDEMPOTENCY_CONFLICT"]);
    const both = await Promise.all([add("racer", "k2"), add("racer", "k2")]);
    expect(both.map(({ status }) => status).sort()).not.toEqual([201, 500]);
    const users = (await (await one.request("/api/v1/users", { headers: bearer("admin") })).json()) as {
      items: { name: string }[];
    };
    expect(users.items.filter(({ name }) => name === "racer")).toHaveLength(1);
  });

  it("answers in Chinese first and in English where that is preferred", async () => {
    const detail = async (language: string) => {
      const response = await one.request("/api/v1/me", { headers: { "accept-language": language } });
      return [response.headers.get("content-language"), ((await response.json()) as { detail: string }).detail];
    };
    expect((await detail(""))[0]).toBe("zh-CN");
    expect((await detail("fr, zh;q=0.8, en;q=0.5"))[0]).toBe("zh-CN");
    const [language, text] = await detail("en-GB, zh;q=0.4");
    expect(language).toBe("en");
    expect(text).not.toMatch(/\p{Script=Han}/u);
  });

  it("logged no bug in all of this", () => expect(one.errors()).toEqual([]));
});

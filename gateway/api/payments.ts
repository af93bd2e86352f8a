import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { Field } from "../../node/payments/model.ts";
import { STATEMENT_READERS } from "../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { readGrid } from "../formats/read-grid.ts";
import { type Api, route } from "./route.ts";

const period = z.object({ period: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/) });
const tag = "payments";
const positive = z.string().regex(/^[1-9][0-9]{0,40}$/);

export const PAYMENT_IMPORT_PATH = "/api/v1/payments/import";

export function paymentRoutes(api: Api, deps: GatewayDeps): void {
  nettingRoutes(api, deps);
  invoiceRoutes(api, deps);
  readingRoutes(api, deps);
  importRoute(api, deps);
  decisionRoutes(api, deps);
}

function nettingRoutes(api: Api, { payments }: GatewayDeps): void {
  const about = { path: "/api/v1/settlements/{period}/net", tag: "settlements", params: period, answer: z.unknown() };
  route(
    api,
    {
      ...about,
      method: "post",
      summary: "Ask for the netting plan of a period: computed, compared and signed with every region in it",
      access: ["finance"],
      status: 202,
    },
    async ({ params, principal }) => payments.net(principal, params.period),
  );
  route(
    api,
    {
      ...about,
      method: "post",
      path: "/api/v1/settlements/{period}/net/approve",
      summary: "Let this region sign the computed plan; never by who asked for it",
      access: ["finance", "approver"],
      status: 202,
    },
    async ({ params, principal }) => payments.approveNet(principal, params.period),
  );
  route(
    api,
    {
      ...about,
      method: "get",
      summary: "The netting plans of a period: positions, payments with references, signatures, what they wait for",
      access: STATEMENT_READERS,
    },
    async ({ params }) => payments.plans(params.period),
  );
}

function invoiceRoutes(api: Api, { payments }: GatewayDeps): void {
  const path = "/api/v1/settlements/{period}/invoices";
  const body = z.object({
    agreement: z.string().min(1).max(128),
    number: z.string().trim().min(1).max(64),
    date: z.iso.date(),
    fen: positive.optional(),
  });
  route(
    api,
    {
      ...{ method: "post", path, tag, params: period, body, answer: z.unknown(), status: 201 },
      summary:
        "Record an invoice of this region as the seller over a signed statement; without fen, of what is not invoiced yet",
      access: ["finance"],
    },
    async ({ params, body: { agreement, ...facts }, principal }) =>
      payments.recordInvoice(principal, { periodId: params.period, agreementId: agreement, ...facts }),
  );
  const cancelled = body.pick({ agreement: true, number: true }).extend({ reason: z.string().trim().min(1).max(500) });
  route(
    api,
    {
      ...{ method: "post", path: `${path}/cancel`, tag, params: period, body: cancelled, answer: z.unknown() },
      summary: "Take back an invoice that this region recorded; the other region is told, and its number is free again",
      access: ["finance"],
    },
    async ({ params, body: { agreement, ...facts }, principal }) =>
      payments.cancelInvoice(principal, { periodId: params.period, agreementId: agreement, ...facts }),
  );
  route(
    api,
    {
      ...{ method: "get", path, tag, params: period, answer: z.unknown() },
      summary: "All that an invoice over a statement needs, as both regions signed it",
      access: STATEMENT_READERS,
      query: z.object({ agreement: z.string().min(1).max(128) }),
    },
    async ({ params, query }) => payments.invoiceFacts(params.period, query.agreement),
  );
  route(
    api,
    {
      ...{ method: "get", path: "/api/v1/settlements/{period}/money", tag, params: period, answer: z.unknown() },
      summary:
        "Signed statements by money state: agreed, invoiced, partly paid, paid but not confirmed by the payee, paid; overdue and disputed",
      access: STATEMENT_READERS,
    },
    async ({ params }) => {
      const found = await payments.money(params.period);
      return found.ok ? ok({ items: found.value }) : found;
    },
  );
}

function readingRoutes(api: Api, { payments }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/payments",
      tag,
      summary: "Rows of bank and treasury files, with what they pay; state=open is what persons have to decide",
      access: STATEMENT_READERS,
      query: z.object({
        state: z.enum(["open", "booked", "proposed", "rejected", "returned", "duplicate", "faulty"]).optional(),
        file: z.string().max(64).optional(),
        cursor: z.string().max(64).optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(50),
      }),
      answer: z.object({ items: z.array(z.unknown()), next: z.string().nullable() }),
    },
    async ({ query }) => ok(await payments.list(query)),
  );
  route(
    api,
    {
      ...{ method: "get", path: "/api/v1/payments/ageing", tag, answer: z.unknown() },
      summary: "What is owed, by counter-party and by days overdue",
      access: STATEMENT_READERS,
    },
    async () => ok(await payments.ageing()),
  );
  route(
    api,
    {
      ...{ method: "get", path: "/api/v1/payments/dues", tag, answer: z.object({ items: z.array(z.unknown()) }) },
      summary: "Payments of signed netting plans: reference, due date, what has arrived",
      access: STATEMENT_READERS,
    },
    async () => ok({ items: await payments.dues() }),
  );
}

const fields: readonly Field[] = [
  ...(["date", "amount", "credit", "debit", "direction", "currency"] as const),
  ...(["ownAccount", "account", "name", "text", "bankReference"] as const),
];

function importRoute(api: Api, { payments }: GatewayDeps): void {
  const headings = Object.fromEntries(fields.map((field) => [`column.${field}`, z.string().max(100).optional()]));
  route(
    api,
    {
      method: "post",
      path: PAYMENT_IMPORT_PATH,
      tag,
      summary: "Import a bank or treasury file (CSV or XLSX as the request body); the same file again changes nothing",
      access: ["finance"],
      // `column.account=对方账号` names a column; it is remembered for the source, as is the own account.
      query: z.object({
        source: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
          .default("bank"),
        filename: z.string().max(255).default("payments.csv"),
        account: z.string().max(64).optional(),
        ...headings,
      }),
      answer: z.unknown(),
    },
    async ({ query, principal, c }) => {
      const read = await readGrid(new Uint8Array(await c.req.arrayBuffer()));
      if (!read.ok) return read;
      const { source, filename, account, ...named } = query;
      const columns = Object.fromEntries(
        Object.entries(named as { [name: string]: string | undefined })
          .filter(([, heading]) => heading !== undefined)
          .map(([name, heading]) => [name.slice("column.".length), heading]),
      );
      const { digest, grid, notes } = read.value;
      const done = await payments.importFile(principal, { source, filename, account, columns, file: digest, grid });
      return done.ok ? ok({ ...done.value, notes }) : done;
    },
  );
}

function decisionRoutes(api: Api, { payments }: GatewayDeps): void {
  const allocation = z.object({ reference: z.string().min(1).max(32), fen: positive });
  route(
    api,
    {
      method: "post",
      path: "/api/v1/payments/{id}/match",
      tag,
      summary:
        "Say what a row is: allocations it pays, or the payment it returns, by one person; confirm by another; or reject with a reason",
      access: ["finance", "approver"],
      params: z.object({ id: z.string().max(64) }),
      body: z.object({
        allocations: z.array(allocation).min(1).max(200).optional(),
        returns: z.string().min(1).max(64).optional(),
        confirm: z.boolean().optional(),
        reject: z.string().trim().min(1).max(500).optional(),
      }),
      answer: z.unknown(),
    },
    async ({ params, body, principal }) => payments.decide(principal, params.id, body),
  );
  route(
    api,
    {
      ...{ method: "get", path: "/api/v1/payments/accounts", tag, answer: z.object({ items: z.array(z.unknown()) }) },
      summary: "Bank accounts and whose they are",
      access: STATEMENT_READERS,
    },
    async () => ok({ items: await payments.accounts() }),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/payments/accounts",
      tag,
      summary: "Say whose an account is; in force when a second person says the same",
      access: ["finance", "approver"],
      body: z.object({
        account: z.string().min(4).max(64),
        region: z.string().regex(/^[1-9][0-9]{5}$/),
        name: z.string().max(200).default(""),
      }),
      answer: z.unknown(),
      status: 201,
    },
    async ({ body, principal }) => payments.registerAccount(principal, body),
  );
}

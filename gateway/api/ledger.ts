import { z } from "@hono/zod-openapi";
import { ok, refusals } from "../../node/kernel/exchange-error.ts";
import { STATEMENT_READERS } from "../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

const tag = "ledger";

const question = z.object({
  happenedUntil: z
    .string()
    .max(10)
    .optional()
    .describe("When it happened, inclusive: a date in China (2026-10-31), or an accounting period (2026-10)"),
  knownAt: z
    .string()
    .max(40)
    .optional()
    .describe("When this node knew, inclusive: an instant with its zone, or a number of entries"),
  party: z.string().max(128).optional(),
  account: z.string().max(300).optional(),
});

export function ledgerRoutes(api: Api, { ledger, ledgerKeeper, ledgerCheck }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/ledger/balances",
      tag,
      summary: "Balances now, with what the continuous check says; or as of any past time, on both clocks",
      access: STATEMENT_READERS,
      query: question,
      answer: z.unknown(),
    },
    async ({ query }) => {
      if (query.happenedUntil !== undefined || query.knownAt !== undefined) return ledger.balancesAsOf(query);
      const { inBalance, faults, ...check } = ledgerKeeper.state();
      if (!inBalance) return unbalanced(faults);
      const { party, account } = query;
      const items = (await ledger.balances({ party })).filter(
        (one) => account === undefined || one.account === account,
      );
      return ok({ items, check: { ...check, inBalance, ...(await ledger.counts()) } });
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/ledger/check",
      tag,
      summary: "How far the continuous check of the books is, and the last check of everything",
      access: STATEMENT_READERS,
      answer: z.unknown(),
    },
    async () => ok({ ...ledgerKeeper.state(), full: ledgerCheck.state() }),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/ledger/check",
      tag,
      summary: "Begin a check of everything, from the first record on; ask GET for its progress",
      access: ["finance", "auditor"],
      answer: z.unknown(),
      status: 202,
    },
    async () => ok({ ...ledgerKeeper.state(), full: ledgerCheck.begin() }),
  );
}

const refuse = refusals({ LEDGER_UNBALANCED: "integrity" });

function unbalanced(faults: readonly string[]) {
  const [first = ""] = faults;
  return refuse(
    "LEDGER_UNBALANCED",
    {
      zh: `账簿自检不通过:${first};请停止记账,用 heliu ledger check 全面核对并与备份比较。`,
      en: `The books fail their own check: ${first}. Stop posting, run heliu ledger check and compare with a backup.`,
    },
    { value: first },
  );
}

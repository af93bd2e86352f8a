import type { Hono } from "hono";
import { err, ok, type Result } from "../../../node/kernel/exchange-error.ts";
import type { Text } from "../../../node/kernel/text.ts";
import type { Decision } from "../../../node/payments/decide.ts";
import type { ImportResult } from "../../../node/payments/import.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { readGrid } from "../../formats/read-grid.ts";
import { fenWritten } from "../fen-written.ts";
import { type Form, missing, readForm } from "../form.ts";
import { AccountsPage } from "../pages/accounts.tsx";
import { PaymentImportPage } from "../pages/payment-import.tsx";
import { PaymentsPage } from "../pages/payments.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText, holds, messagesIn, say } from "../view.ts";

const PAGE = 50;
const SOURCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function paymentRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { payments } = deps;
  // A trailing `/*` covers the list itself, too.
  app.use("/console/payments/*", async (c, next) =>
    holds(c.get("view"), "finance", "auditor", "approver") ? next() : refuseConsole(c, "FINANCE_ONLY"),
  );

  app.get("/console/payments", async (c) => {
    const view = c.get("view");
    const [ageing, open, proposed, rejected] = await Promise.all([
      payments.ageing(),
      payments.list({ state: "open", limit: PAGE, cursor: c.req.query("cursor") }),
      payments.list({ state: "proposed", limit: PAGE }),
      payments.list({ state: "rejected", limit: PAGE, cursor: c.req.query("rejected") }),
    ]);
    const done = doneText(view, c.req.query("done"));
    const model = {
      ...{ ageing, done, open: open.items, next: open.next },
      ...{ proposed: proposed.items, proposedNext: proposed.next },
      ...{ rejected: rejected.items, rejectedNext: rejected.next },
    };
    return page(c, <PaymentsPage view={view} model={model} />);
  });

  app.post("/console/payments/:id/decide", async (c) => {
    const decision = decisionOf(await readForm(c));
    if (!decision.ok) return refused(c, decision.error);
    const decided = await payments.decide(c.get("view").principal, c.req.param("id"), decision.value);
    return decided.ok ? c.redirect("/console/payments?done=paymentDecided", 303) : refused(c, decided.error);
  });

  importRoutes(app, deps);
  accountRoutes(app, deps);
}

function decisionOf(form: Form): Result<Decision> {
  switch (form.text("decision")) {
    case "confirm":
      return ok({ confirm: true });
    case "reject": {
      const reject = form.text("reason");
      return reject === undefined ? noReason() : ok({ reject: reject.slice(0, 500) });
    }
    case "return": {
      const returns = form.text("returns");
      return returns === undefined ? noReason() : ok({ returns: returns.slice(0, 64) });
    }
    default: {
      const allocations = form.all("allocation").flatMap((written) => {
        const [, reference = "", fen = ""] = /^(\S{1,32}) ([1-9][0-9]{0,40})$/.exec(written) ?? [];
        return reference === "" ? [] : [{ reference, fen }];
      });
      const reference = form.text("reference");
      if (allocations.length === 0 && reference !== undefined) return claimOf(reference, form.text("yuan") ?? "");
      return allocations.length === 0 ? noReason() : ok({ allocations });
    }
  }
}

function claimOf(reference: string, yuan: string): Result<Decision> {
  const fen = fenWritten(yuan);
  const { zh, en } = messagesIn;
  const isFit = fen !== null && fen !== "0" && /^\S{1,32}$/.test(reference);
  if (!isFit) return missing({ zh: zh.payments.badClaim, en: en.payments.badClaim });
  return ok({ allocations: [{ reference, fen }] });
}

function importRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const path = "/console/payments/import";
  const empty = { result: undefined, fault: undefined, source: "bank", account: "", columns: {} };
  app.use(path, async (c, next) => (holds(c.get("view"), "finance") ? next() : refuseConsole(c, "FINANCE_ONLY")));
  app.get(path, (c) => page(c, <PaymentImportPage view={c.get("view")} model={empty} />));

  app.post(path, async (c) => {
    const view = c.get("view");
    const form = await readForm(c);
    const fields = Object.keys(view.t.payments.fields);
    const columns = Object.fromEntries(
      fields.flatMap((field) => {
        const heading = form.text(`column.${field}`);
        return heading === undefined ? [] : [[field, heading]];
      }),
    );
    const written = { source: form.text("source") ?? "", account: form.text("account") ?? "", columns };
    const imported = await importFile(c, deps, written);
    if (imported.ok) {
      return page(c, <PaymentImportPage view={view} model={{ ...empty, ...written, result: imported.value }} />);
    }
    const { code, kind, text } = imported.error;
    const fault = { code, text: say(view, text) };
    return page(c, <PaymentImportPage view={view} model={{ ...empty, ...written, fault }} />, PROBLEM[kind].status);
  });
}

type Written = {
  readonly source: string;
  readonly account: string;
  readonly columns: { readonly [f: string]: string };
};

async function importFile(
  c: ConsoleContext,
  { payments }: GatewayDeps,
  { source, account, columns }: Written,
): Promise<Result<ImportResult & { readonly notes: readonly Text[] }>> {
  const { zh, en } = messagesIn;
  const body = await c.req.parseBody({ all: true });
  const file = [body.file].flat()[0];
  if (!(file instanceof File) || file.size === 0) return missing({ zh: zh.payments.noFile, en: en.payments.noFile });
  if (!SOURCE.test(source)) return missing({ zh: zh.payments.badSource, en: en.payments.badSource });
  const read = await readGrid(new Uint8Array(await file.arrayBuffer()));
  if (!read.ok) return err(read.error);
  const { digest, grid, notes } = read.value;
  const done = await payments.importFile(c.get("view").principal, {
    ...{ source, columns, file: digest, grid, filename: file.name.slice(0, 255) },
    account: account === "" ? undefined : account,
  });
  return done.ok ? ok({ ...done.value, notes }) : done;
}

function accountRoutes(app: Hono<ConsoleEnvironment>, { payments, trust, config }: GatewayDeps): void {
  const path = "/console/payments/accounts";
  const regionsOf = () => {
    const listed = (trust.current()?.list.regions ?? []).map(({ id }) => id);
    return [...new Set([...listed.filter((id) => id !== config.region.id), config.region.id])];
  };
  app.get(path, async (c) => {
    const view = c.get("view");
    const waiting = await payments.accountsWaiting(view.principal);
    const model = {
      accounts: await payments.accounts(),
      regions: regionsOf(),
      waiting: new Set(waiting.map(({ account }) => account)),
      done: doneText(view, c.req.query("done")),
    };
    return page(c, <AccountsPage view={view} model={model} />);
  });

  app.post(path, async (c) => {
    const form = await readForm(c);
    const {
      account = "",
      region = "",
      name = "",
    } = {
      account: form.text("account"),
      region: form.text("region"),
      name: form.text("name"),
    };
    const isFit = account.length >= 4 && account.length <= 64 && name.length <= 200 && regionsOf().includes(region);
    const { zh, en } = messagesIn;
    if (!isFit) return refused(c, missing({ zh: zh.payments.badAccount, en: en.payments.badAccount }).error);
    const registered = await payments.registerAccount(c.get("view").principal, { account, region, name });
    return registered.ok ? c.redirect(`${path}?done=accountRegistered`, 303) : refused(c, registered.error);
  });
}

function noReason(): Result<never> {
  return missing({ zh: "请写明理由或选择认领的款项。", en: "Give a reason, or choose what it pays." });
}

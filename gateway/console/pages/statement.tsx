import { raw } from "hono/html";
import type { StatementView } from "../../../node/settlement/period-view.ts";
import { moneyFlowSvg, shareBarSvg } from "../../reports/charts.ts";
import { quantity, yuan } from "../../reports/money.ts";
import { Cards } from "../parts/cards.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReasonLine } from "../parts/reason.tsx";
import { ReceiptsTable } from "../parts/receipts-table.tsx";
import type { StatementModel } from "../statement-model.ts";
import { disputePath, statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";
import { Downloads } from "./settlement.tsx";
import { Derivations } from "./statement-derivation.tsx";
import { Equation } from "./statement-equation.tsx";
import { Differences, Digests, Signatures } from "./statement-evidence.tsx";
import { ShareLines } from "./statement-lines.tsx";
import { Money } from "./statement-money.tsx";

const CHART_WIDTH = 1066;

/** Amount → line → price → receipts → call, with who signed what and where the money is. */
export function StatementPage({ view, model }: { view: View; model: StatementModel }) {
  const { one, names, receipts, done } = model;
  const t = view.t.settlement;
  const { statement } = one;
  return (
    <Layout view={view} title={`${one.entryName} ${one.periodId}`} place="settlements" done={done}>
      <FinanceTabs view={view} current="periods" />
      <Head view={view} model={model} />
      <Standing view={view} model={model} />
      {statement === null ? null : (
        <>
          <Cards cards={cardsOf(view, model)} />
          <section class="card">
            <h2 class="card-header">{t.flow}</h2>
            <div class="card-body picture">{raw(shareBarSvg(statement, { names, width: CHART_WIDTH }))}</div>
            <h2 class="card-header">{t.money}</h2>
            <div class="card-body picture">
              {raw(moneyFlowSvg(statement, { names, width: CHART_WIDTH, payer: one.consumer }))}
            </div>
          </section>
          <ShareLines view={view} one={one} names={names} />
          <Derivations view={view} model={model} />
        </>
      )}
      <Equation view={view} model={model} />
      <div class="columns">
        <Digests view={view} one={one} />
        <Signatures view={view} one={one} />
        <Differences view={view} one={one} />
        <Money view={view} model={model} />
      </div>
      <section class="card" id="receipts">
        <h2 class="card-header">{t.receiptsOf}</h2>
        <ReceiptsTable view={view} receipts={receipts} />
        {receipts === null || receipts.length === 0 ? null : (
          <p class="card-footer">
            <a href={`${statementPath(one)}/receipts`}>{view.t.agreement.allReceipts}</a>
          </p>
        )}
      </section>
    </Layout>
  );
}

function Head({ view, model: { one } }: { view: View; model: StatementModel }) {
  const t = view.t.statement;
  const answer = one.matched ? t.matched : one.state === "differs" ? t.differs : t.waiting;
  return (
    <header class="head">
      <div>
        <h1>
          {one.entryName} · {one.periodId} · {answer}
        </h1>
        <p class="quiet facts">
          <span>{view.t.negotiation.direction(view.nameOf(one.consumer), view.nameOf(one.provider))}</span>
          <span>
            <a href={`/console/agreements/${encodeURIComponent(one.agreementId)}`}>{view.t.transfer.agreement}</a>
          </span>
          <span>
            <a href={`/console/settlements/${one.periodId}`}>{view.t.settlement.period}</a>
          </span>
        </p>
      </div>
      {one.matched ? <Downloads period={one.periodId} agreement={one.agreementId} /> : null}
    </header>
  );
}

function Standing({ view, model: { one, disputes } }: { view: View; model: StatementModel }) {
  const t = view.t.settlement;
  const address = statementPath(one);
  const mayLet = one.reason?.turn?.region === view.region.id && one.reason.turn.role === "finance" && !one.matched;
  const open = disputes.filter(({ settled }) => !settled);
  const isOver = one.reason === null || one.matched;
  if (isOver && open.length === 0) return null;
  return (
    <section class="banner">
      {isOver || one.reason === null ? null : (
        <p>
          <ReasonLine view={view} reason={one.reason} />
        </p>
      )}
      {open.map((dispute) => (
        <p>
          <a href={disputePath(dispute)}>
            {view.t.dispute.one} {view.t.dispute.states[dispute.state]}
          </a>{" "}
          · {dispute.reason}
        </p>
      ))}
      <div class="actions">
        {mayLet && one.state === "calculated" && holds(view, "finance") ? (
          <Confirm
            view={view}
            action={`${address}/sign`}
            label={t.sign}
            willHappen={t.signWill}
            confirm={view.t.negotiation.confirm}
            tone="primary"
          />
        ) : null}
        {!one.matched && holds(view, "finance") ? (
          <a class="btn btn-sm btn-outline-primary" href={`${address}/dispute`}>
            {view.t.finance.raise}
          </a>
        ) : null}
      </div>
    </section>
  );
}

function cardsOf(view: View, { one }: StatementModel): [string, string, string?][] {
  const t = view.t.settlement;
  const { result, receiptCount } = one.statement ?? {};
  return [
    [t.gross, t.yuan(yuan(result?.amountFen ?? "0")), "#lines"],
    ...Object.entries(perRegion(one)).map(([region, fen]): [string, string] => [
      t.ofRegion(view.nameOf(region)),
      t.yuan(yuan(fen)),
    ]),
    [t.disputed, t.yuan(yuan(result?.disputedFen ?? "0"))],
    [t.receiptCount, quantity(receiptCount ?? "0"), "#receipts"],
  ];
}

function perRegion({ statement, parties }: StatementView): { [region: string]: bigint } {
  const sums: { [region: string]: bigint } = {};
  for (const { partyId, fen } of statement?.result.totals ?? []) {
    const known = parties.find((party) => party.partyId === partyId);
    const region = known?.regionId ?? partyId.split(":")[0] ?? partyId;
    sums[region] = (sums[region] ?? 0n) + BigInt(fen);
  }
  return sums;
}

import { raw } from "hono/html";
import type { HeldReceipt } from "../../../node/metering/model.ts";
import type { StatementView } from "../../../node/settlement/period-view.ts";
import { moneyFlowSvg, shareBarSvg } from "../../reports/charts.ts";
import type { Names } from "../../reports/labels.ts";
import { quantity, unitPrice, yuan } from "../../reports/money.ts";
import { Cards } from "../parts/cards.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReasonLine } from "../parts/reason.tsx";
import { ReceiptsTable } from "../parts/receipts-table.tsx";
import { Time } from "../parts/time.tsx";
import { holds, type View } from "../view.ts";
import { Downloads } from "./settlement.tsx";

const CHART_WIDTH = 1066;

export type StatementModel = {
  readonly one: StatementView;
  readonly names: Names;
  /** Null where the reader may not see them. */
  readonly receipts: readonly HeldReceipt[] | null;
  readonly done: string | undefined;
};

export function StatementPage({ view, model }: { view: View; model: StatementModel }) {
  const { one, names, receipts, done } = model;
  const t = view.t.settlement;
  const { statement } = one;
  const agreement = encodeURIComponent(one.agreementId);
  return (
    <Layout view={view} title={`${one.entryName} ${one.periodId}`} place="settlements" done={done}>
      <header class="head">
        <div>
          <h1>
            {one.entryName} · {one.periodId} · {t.states[one.state]}
          </h1>
          <p class="quiet facts">
            <span>{view.t.negotiation.direction(view.nameOf(one.consumer), view.nameOf(one.provider))}</span>
            <span>
              <a href={`/console/agreements/${agreement}`}>{view.t.transfer.agreement}</a>
            </span>
            <span>
              {t.digestOf(view.region.name)} <DigestText digest={one.digest} />
            </span>
            <span>
              {t.digestOf(view.nameOf(one.peer))} <DigestText digest={one.peerDigest} />
            </span>
          </p>
        </div>
        {one.matched ? <Downloads period={one.periodId} agreement={one.agreementId} /> : null}
      </header>
      <Standing view={view} one={one} />
      {statement === null ? null : (
        <>
          <Cards
            cards={[
              [t.gross, t.yuan(yuan(statement.result.amountFen))],
              [t.disputed, t.yuan(yuan(statement.result.disputedFen))],
              [t.receiptCount, quantity(statement.receiptCount), "#receipts"],
            ]}
          />
          <section class="card">
            <h2 class="card-header">{t.flow}</h2>
            <div class="card-body picture">{raw(shareBarSvg(statement, { names, width: CHART_WIDTH }))}</div>
            <h2 class="card-header">{t.money}</h2>
            <div class="card-body picture">
              {raw(moneyFlowSvg(statement, { names, width: CHART_WIDTH, payer: one.consumer }))}
            </div>
          </section>
          <ShareLines view={view} one={one} names={names} />
        </>
      )}
      <div class="columns">
        <Signatures view={view} one={one} />
        <Differences view={view} one={one} />
      </div>
      <section class="card" id="receipts">
        <h2 class="card-header">{t.receiptsOf}</h2>
        <ReceiptsTable view={view} receipts={receipts} />
        {receipts === null || receipts.length === 0 ? null : (
          <p class="card-footer">
            <a href={`/console/receipts?agreement=${agreement}&period=${one.periodId}`}>
              {view.t.agreement.allReceipts}
            </a>
          </p>
        )}
      </section>
    </Layout>
  );
}

function Standing({ view, one }: { view: View; one: StatementView }) {
  const t = view.t.settlement;
  const mayLet = one.reason?.turn?.region === view.region.id && one.reason.turn.role === "finance" && !one.matched;
  if (one.reason === null || one.matched) return null;
  return (
    <section class="banner">
      <p>
        <ReasonLine view={view} reason={one.reason} />
      </p>
      {mayLet && one.state === "calculated" && holds(view, "finance") ? (
        <div class="actions">
          <Confirm
            view={view}
            action={`/console/settlements/${one.periodId}/${encodeURIComponent(one.agreementId)}/sign`}
            label={t.sign}
            willHappen={t.signWill}
            confirm={view.t.negotiation.confirm}
            tone="primary"
          />
        </div>
      ) : null}
    </section>
  );
}

/** Amount → line → price → who receives what. */
function ShareLines({ view, one, names }: { view: View; one: StatementView; names: Names }) {
  const t = view.t.settlement;
  return (
    <section class="card scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.party}</th>
            <th scope="col">{t.kind}</th>
            <th scope="col" class="num">
              {t.quantity}
            </th>
            <th scope="col" class="num">
              {t.unitPrice}
            </th>
            <th scope="col" class="num">
              {t.amount}
            </th>
          </tr>
        </thead>
        {one.statement?.result.lines.map((line) => (
          <tbody>
            <tr class="line-head">
              <th scope="rowgroup" colspan={2}>
                {line.productId}
              </th>
              <td class="num">{quantity(line.quantity)}</td>
              <td class="num">{unitPrice(line.effectivePriceMicro)}</td>
              <td class="num">{yuan(line.amountFen)}</td>
            </tr>
            {line.shares.map(({ partyId, kind, fen }) => (
              <tr>
                <td>{names.party(partyId)}</td>
                <td>{t.kinds[kind]}</td>
                <td></td>
                <td></td>
                <td class="num">{yuan(fen)}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

function Signatures({ view, one }: { view: View; one: StatementView }) {
  const t = view.t.settlement;
  return (
    <section class="card">
      <h2 class="card-header">{t.evidence}</h2>
      <ul class="card-body lines">
        {one.signatures.map(({ region, keyId, signature }) => (
          <li>
            <span class="dot live"></span>
            {t.signedBy(view.nameOf(region))} · {view.t.agreement.key} {keyId} · <DigestText digest={signature} />
          </li>
        ))}
        {one.signedAt === null ? null : (
          <li>
            {t.signedAt} <Time view={view} at={one.signedAt} />
          </li>
        )}
        {one.leafIndex === null ? null : (
          <li>
            <span class="dot live"></span>
            {t.inLog} · <a href={`/console/audit/${one.leafIndex}`}>{t.openLeaf}</a>
          </li>
        )}
      </ul>
    </section>
  );
}

function Differences({ view, one: { differences } }: { view: View; one: StatementView }) {
  const t = view.t.settlement;
  if (differences === null) return null;
  const { receipts } = differences;
  const lists: readonly (readonly [string, readonly string[]])[] =
    receipts === null
      ? []
      : [
          [t.onlyOwn, receipts.onlyOwn],
          [t.onlyPeer, receipts.onlyPeer],
          [t.differing, receipts.differ],
        ];
  return (
    <section class="card">
      <h2 class="card-header">{t.differences}</h2>
      <dl class="card-body facts-list">
        {lists.map(([name, ids]) => (
          <>
            <dt>{name}</dt>
            <dd>{ids.length === 0 ? "0" : ids.map((id) => <code>{id} </code>)}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

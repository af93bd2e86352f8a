import type { HeldReceipt } from "../../../node/metering/model.ts";
import type { DisputeOutcome } from "../../../node/settlement/dispute.ts";
import type { DisputeView } from "../../../node/settlement/dispute-view.ts";
import { quantity } from "../../reports/money.ts";
import { fullTime } from "../format.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { DisputeBadge } from "../parts/dispute-badge.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { Due, ReasonLine } from "../parts/reason.tsx";
import { ReceiptsTable } from "../parts/receipts-table.tsx";
import { Time } from "../parts/time.tsx";
import { disputePath, statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";

export type DisputeModel = {
  readonly dispute: DisputeView;
  readonly entryName: string;
  /** Null where the reader may not see receipts. */
  readonly receipts: readonly HeldReceipt[] | null;
  readonly done: string | undefined;
};

export function DisputePage({ view, model }: { view: View; model: DisputeModel }) {
  const { dispute, entryName, receipts, done } = model;
  const { standing, openedBy, openedAt, reason, comment, resolvedAt, evidence = [] } = dispute;
  const t = view.t.dispute;
  return (
    <Layout view={view} title={`${t.one} ${entryName}`} place="settlements" done={done}>
      <FinanceTabs view={view} current="disputes" />
      <header class="head">
        <div>
          <h1>
            {t.one} · {entryName} · {t.states[dispute.state]}
          </h1>
          <p class="quiet facts">
            <span>
              <a href={statementPath(dispute)}>{t.openOn(dispute.periodId, entryName)}</a>
            </span>
            <span>{t.openedBy(view.nameOf(openedBy), fullTime(openedAt))}</span>
          </p>
        </div>
        <p class="markers">
          <DisputeBadge view={view} dispute={dispute} />
        </p>
      </header>
      {standing === null ? null : (
        <section class="banner">
          <p>
            <ReasonLine view={view} reason={standing} /> <Due view={view} reason={standing} />
          </p>
        </section>
      )}
      <Outcomes view={view} dispute={dispute} />
      <div class="columns">
        <section class="card">
          <h2 class="card-header">{t.reason}</h2>
          <div class="card-body">
            <p class="said">{reason === "" ? "—" : reason}</p>
            {resolvedAt === null ? null : (
              <p>
                {t.resolvedAt} <Time view={view} at={resolvedAt} />
              </p>
            )}
            {comment === undefined || comment === "" ? null : (
              <p>
                <strong>{t.said}</strong> <span class="said">{comment}</span>
              </p>
            )}
          </div>
        </section>
        <section class="card">
          <h2 class="card-header">{t.evidenceTitle}</h2>
          {evidence.length === 0 ? (
            <p class="card-body quiet">{t.noEvidence}</p>
          ) : (
            <dl class="card-body facts-list stacked">
              {evidence.map(({ name, sha256 }) => (
                <>
                  <dt>{name}</dt>
                  <dd>
                    <code>{sha256}</code>
                  </dd>
                </>
              ))}
            </dl>
          )}
        </section>
      </div>
      <section class="card">
        <h2 class="card-header">
          {t.receipts} {quantity(String(dispute.receiptIds.length))}
        </h2>
        <ReceiptsTable view={view} receipts={receipts} />
      </section>
    </Layout>
  );
}

/** What may be said now: before the statement is signed only withdrawing, then how it ends. */
function Outcomes({ view, dispute }: { view: View; dispute: DisputeView }) {
  const t = view.t.dispute;
  if (dispute.settled) return null;
  const said: readonly DisputeOutcome[] = dispute.parked ? ["upheld", "rejected", "withdrawn"] : ["withdrawn"];
  // Whose doubt it was takes it back; the other side answers.
  const mine = said.filter((outcome) => outcome !== "withdrawn" || dispute.openedBy === view.region.id);
  return (
    <section class="card">
      <h2 class="card-header">{t.resolve}</h2>
      <div class="card-body">
        {dispute.parked ? null : <p class="quiet">{t.onlyWithdraw}</p>}
        {holds(view, "finance") ? (
          <div class="actions">
            {mine
              .filter((outcome) => outcome !== dispute.state)
              .map((outcome) => (
                <Confirm
                  view={view}
                  action={`${disputePath(dispute)}/resolve`}
                  label={t.outcomes[outcome]}
                  willHappen={t.outcomeWill[outcome]}
                  confirm={view.t.negotiation.confirm}
                  tone={outcome === "upheld" ? "danger" : undefined}
                >
                  <input type="hidden" name="outcome" value={outcome} />
                  <CommentField id={`comment-${outcome}`} name="comment" label={t.comment} />
                </Confirm>
              ))}
          </div>
        ) : (
          <p class="quiet">{t.needsFinance}</p>
        )}
      </div>
    </section>
  );
}

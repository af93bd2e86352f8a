import { type Transfer, transferStates } from "../../../node/transfer/model.ts";
import { quantity } from "../../reports/money.ts";
import { bytes } from "../format.ts";
import { Layout } from "../parts/layout.tsx";
import { TransferBadge } from "../parts/state-badge.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { Time } from "../parts/time.tsx";
import type { View } from "../view.ts";

type Props = {
  view: View;
  items: readonly Transfer[];
  state: string | undefined;
  next: string | null;
  running: number;
};

export function TransfersPage({ view, items, state, next, running }: Props) {
  const t = view.t.transfer;
  return (
    <Layout view={view} title={t.title} place="transfers">
      <header class="head">
        <h1>{t.lead(running)}</h1>
        <a class="btn btn-sm" href="/console/objections">
          {view.t.objection.title}
        </a>
      </header>
      <Tabs
        current={state ?? ""}
        tabs={[
          { id: "", href: "/console/transfers", word: view.t.negotiation.filterAll },
          ...transferStates.map((one) => ({
            id: one,
            href: `/console/transfers?state=${one}`,
            word: view.t.transferStates[one],
          })),
        ]}
      />
      <section class="card">
        {items.length === 0 ? (
          <p class="card-body">
            {t.empty} <a href="/console/agreements">{view.t.negotiation.agreementsTitle} →</a>
          </p>
        ) : (
          <div class="scroll">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t.entry}</th>
                  <th scope="col">{t.direction}</th>
                  <th scope="col">{t.state}</th>
                  <th scope="col" class="num">
                    {t.rows}
                  </th>
                  <th scope="col" class="num">
                    {t.bytes}
                  </th>
                  <th scope="col" class="num">
                    {t.receipts}
                  </th>
                  <th scope="col">{t.started}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((transfer) => (
                  <Row view={view} transfer={transfer} />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {next === null ? null : (
          <p class="card-footer">
            <a href={`/console/transfers?${new URLSearchParams({ cursor: next, ...(state && { state }) })}`}>
              {view.t.negotiation.next}
            </a>
          </p>
        )}
      </section>
    </Layout>
  );
}

function Row({ view, transfer }: { view: View; transfer: Transfer }) {
  const { id, entry, role, peer, state, rows, bytes: size, receipts, createdAt } = transfer;
  const [own, other] = [view.region.name, view.nameOf(peer)];
  const direction = view.t.negotiation.direction;
  return (
    <tr>
      <th scope="row">
        <a href={`/console/transfers/${encodeURIComponent(id)}`}>{entry.name}</a>
      </th>
      <td class="keep">{role === "provider" ? direction(own, other) : direction(other, own)}</td>
      <td>
        <TransferBadge view={view} state={state} />
      </td>
      <td class="num">{quantity(rows)}</td>
      <td class="num">{bytes(size)}</td>
      <td class="num">{quantity(receipts)}</td>
      <td class="keep">
        <Time view={view} at={createdAt} />
      </td>
    </tr>
  );
}

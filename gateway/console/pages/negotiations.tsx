import { type Negotiation, negotiationStates } from "../../../node/negotiation/model.ts";
import { Layout } from "../parts/layout.tsx";
import { Due, turnName } from "../parts/reason.tsx";
import { NegotiationBadge } from "../parts/state-badge.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { Time } from "../parts/time.tsx";
import { say, type View } from "../view.ts";

type Props = {
  view: View;
  items: readonly Negotiation[];
  state: string | undefined;
  next: string | null;
  waiting: number;
};

export function NegotiationsPage({ view, items, state, next, waiting }: Props) {
  const t = view.t.negotiation;
  return (
    <Layout view={view} title={t.title} place="negotiations">
      <header class="head">
        <h1>{t.lead(waiting)}</h1>
        <a class="btn btn-sm" href="/console/agreements">
          {t.agreementsTitle}
        </a>
      </header>
      <Tabs
        current={state ?? ""}
        tabs={[
          { id: "", href: "/console/negotiations", word: t.filterAll },
          ...negotiationStates.map((one) => ({
            id: one,
            href: `/console/negotiations?state=${one}`,
            word: view.t.negotiationStates[one],
          })),
        ]}
      />
      <section class="card">
        {items.length === 0 ? (
          <p class="card-body">
            {t.empty} <a href="/console/search">{view.t.nav.search} →</a>
          </p>
        ) : (
          <div class="scroll">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t.entry}</th>
                  <th scope="col">{t.parties}</th>
                  <th scope="col">{t.state}</th>
                  <th scope="col">{t.waitsFor}</th>
                  <th scope="col">{t.updated}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((negotiation) => (
                  <Row view={view} negotiation={negotiation} />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {next === null ? null : (
          <p class="card-footer">
            <a href={`/console/negotiations?${new URLSearchParams({ cursor: next, ...(state && { state }) })}`}>
              {t.next}
            </a>
          </p>
        )}
      </section>
    </Layout>
  );
}

function Row({ view, negotiation }: { view: View; negotiation: Negotiation }) {
  const t = view.t.negotiation;
  const { id, entry, role, peer, state, mode, reason, updatedAt } = negotiation;
  const [own, other] = [view.region.name, view.nameOf(peer)];
  return (
    <tr>
      <th scope="row">
        <a href={`/console/negotiations/${encodeURIComponent(id)}`}>{entry.name}</a>
      </th>
      <td class="keep">{role === "consumer" ? t.direction(own, other) : t.direction(other, own)}</td>
      <td>
        <NegotiationBadge view={view} state={state} />
      </td>
      <td>
        {reason === null || state === "FINALIZED" ? (
          t.modes[mode]
        ) : (
          <>
            {reason.turn === null ? say(view, reason.text) : view.t.reason.waitsFor(turnName(view, reason.turn))}{" "}
            <Due view={view} reason={reason} />
          </>
        )}
      </td>
      <td class="keep">
        <Time view={view} at={updatedAt} />
      </td>
    </tr>
  );
}

import type { Objection } from "../../../node/objections/model.ts";
import { Layout } from "../parts/layout.tsx";
import { ObjectionBadge } from "../parts/objection-badge.tsx";
import { Due, turnName } from "../parts/reason.tsx";
import { Time } from "../parts/time.tsx";
import { holds, say, type View } from "../view.ts";

export type ObjectionsModel = {
  readonly items: readonly Objection[];
  readonly next: string | null;
  readonly waiting: number;
  /** Of this one only. */
  readonly agreement: string | undefined;
};

export function ObjectionsPage({ view, model }: { view: View; model: ObjectionsModel }) {
  const t = view.t.objection;
  const { items, next, waiting, agreement } = model;
  const kept = agreement === undefined ? "" : `?${new URLSearchParams({ agreement })}`;
  return (
    <Layout view={view} title={t.title} place="transfers">
      <header class="head">
        <div>
          <h1>{t.lead(waiting)}</h1>
          {agreement === undefined ? null : (
            <p class="quiet facts">
              <span>
                <a href={`/console/agreements/${encodeURIComponent(agreement)}`}>{agreement}</a>
              </span>
              <span>
                <a href="/console/objections">{view.t.negotiation.filterAll}</a>
              </span>
            </p>
          )}
        </div>
        {holds(view, "requester", "finance") ? (
          <a class="btn btn-sm btn-primary" href={`/console/objections/new${kept}`}>
            {t.raise}
          </a>
        ) : (
          <small class="quiet">{t.mayRaise}</small>
        )}
      </header>
      <section class="card">
        {items.length === 0 ? <p class="card-body">{t.none}</p> : <List view={view} items={items} />}
        {next === null ? null : (
          <p class="card-footer">
            <a
              href={`/console/objections?${new URLSearchParams({ ...(agreement === undefined ? {} : { agreement }), cursor: next })}`}
            >
              {view.t.negotiation.next}
            </a>
          </p>
        )}
      </section>
    </Layout>
  );
}

function List({ view, items }: { view: View; items: readonly Objection[] }) {
  const t = view.t.objection;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.subject}</th>
            <th scope="col">{t.direction}</th>
            <th scope="col">{t.state}</th>
            <th scope="col">{t.waitsFor}</th>
            <th scope="col">{t.updated}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr>
              <th scope="row">
                <a href={`/console/objections/${encodeURIComponent(one.id)}`}>{one.entry.name}</a>
                <small class="quiet block">
                  {t.shortTypes[one.type]} · {one.text.slice(0, 40)}
                </small>
              </th>
              <td class="keep">{sidesOf(view, one)}</td>
              <td>
                <ObjectionBadge view={view} state={one.state} />
              </td>
              <td>
                <Waiting view={view} objection={one} />
              </td>
              <td class="keep">
                <Time view={view} at={one.updatedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function sidesOf(view: View, { side, peer }: Objection): string {
  const [own, other] = [view.region.name, view.nameOf(peer)];
  return side === "requester" ? view.t.negotiation.direction(own, other) : view.t.negotiation.direction(other, own);
}

function Waiting({ view, objection: { reason } }: { view: View; objection: Objection }) {
  if (reason === null) return <span>—</span>;
  return (
    <>
      {reason.turn === null ? say(view, reason.text) : turnName(view, reason.turn)}
      <small class="quiet block">
        <Due view={view} reason={reason} />
      </small>
    </>
  );
}

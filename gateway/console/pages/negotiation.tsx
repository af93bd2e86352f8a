import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { Negotiation } from "../../../node/negotiation/model.ts";
import type { UsageTerms } from "../../../node/policy/model.ts";
import { dayOf, shortId } from "../format.ts";
import { label } from "../labels.ts";
import type { PossibleAction } from "../negotiation-actions.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { Layout } from "../parts/layout.tsx";
import { Due, Rule, turnName } from "../parts/reason.tsx";
import { NegotiationBadge } from "../parts/state-badge.tsx";
import { TermsTable } from "../parts/terms-table.tsx";
import { Time } from "../parts/time.tsx";
import { aside, joined, titled } from "../punctuation.ts";
import { say, type View } from "../view.ts";

export type NegotiationModel = {
  readonly negotiation: Negotiation;
  readonly entry: CatalogEntry | undefined;
  readonly published: UsageTerms | undefined;
  readonly actions: readonly PossibleAction[];
  readonly done: string | undefined;
  /** The revision on the reader's screen, when the page only asks whether something changed. */
  readonly seen: number | undefined;
};

export function NegotiationPage({ view, model }: { view: View; model: NegotiationModel }) {
  const { negotiation, entry, published } = model;
  const t = view.t.negotiation;
  const { rounds, terms, peer, role } = negotiation;
  const consumer = role === "consumer" ? view.region.name : view.nameOf(peer);
  const provider = role === "provider" ? view.region.name : view.nameOf(peer);
  const before = rounds.length > 1 ? rounds.at(-2)?.terms : undefined;
  return (
    <Layout view={view} title={negotiation.entry.name} place="negotiations" done={model.done}>
      <header class="head">
        <div>
          <h1>{negotiation.entry.name}</h1>
          <p class="quiet facts">
            <span>{t.direction(consumer, provider)}</span>
            <span title={negotiation.id}>
              {t.id} {shortId(negotiation.id)}
            </span>
            <span>
              {titled(
                view,
                t.purpose,
                joined(
                  view,
                  terms.purposes.map((purpose) => label(view, "purpose", purpose)),
                ),
              )}
            </span>
            <span>
              <a href={`/console/entries/${negotiation.entry.region}/${encodeURIComponent(negotiation.entry.id)}`}>
                {negotiation.entry.id}
              </a>
            </span>
          </p>
        </div>
        <Live view={view} negotiation={negotiation} seen={model.seen} />
      </header>
      <Banner view={view} model={model} />
      <div class="columns wide-left">
        <section class="card">
          <h2 class="card-header">{before === undefined ? t.terms : t.termsRound(rounds.length - 1, rounds.length)}</h2>
          <TermsTable view={view} terms={terms} before={before} published={published} entry={entry} />
        </section>
        <Timeline view={view} negotiation={negotiation} />
      </div>
    </Layout>
  );
}

/** Renews the state alone: a comment half written in the banner must not be swapped away. */
function Live({ view, negotiation, seen }: { view: View; negotiation: Negotiation; seen: number | undefined }) {
  const { id, revision, state } = negotiation;
  const address = `/console/negotiations/${encodeURIComponent(id)}`;
  const isOver = state === "FINALIZED" || state === "TERMINATED";
  const isNews = seen !== undefined && seen !== revision;
  const polling =
    isOver || isNews
      ? {}
      : {
          "hx-get": `${address}?seen=${revision}`,
          "hx-trigger": "every 3s",
          "hx-select": "#live",
          "hx-swap": "outerHTML",
        };
  return (
    <div id="live" aria-live="polite" {...polling}>
      {isNews ? <a href={address}>{view.t.negotiation.news}</a> : null}{" "}
      <NegotiationBadge view={view} state={state} isBig />
    </div>
  );
}

function Banner({ view, model: { negotiation, actions } }: { view: View; model: NegotiationModel }) {
  const t = view.t.negotiation;
  const { reason, state, updatedAt, agreementId, mode } = negotiation;
  const isOver = state === "FINALIZED" || state === "TERMINATED";
  const tone = state === "FINALIZED" ? "good" : state === "TERMINATED" ? "bad" : "";
  return (
    <section class={`banner ${tone}`} aria-live="polite">
      <p>
        <strong>{titled(view, isOver ? t.result : t.banner, "")}</strong>
        {state === "FINALIZED" ? `${t.agreed}${aside(view, t.modes[mode])}` : null}
        {reason === null || state === "FINALIZED" ? null : (
          <>
            {reason.turn === null ? null : <strong>{view.t.reason.waitsFor(turnName(view, reason.turn))} · </strong>}
            {say(view, reason.text)}
            {isOver ? null : ` · ${t.waited(dayOf(updatedAt))} · `}
            <Due view={view} reason={reason} /> <Rule view={view} reason={reason} />
          </>
        )}
      </p>
      <div class="actions">
        {state === "FINALIZED" && agreementId !== null ? (
          <a class="btn btn-sm btn-primary" href={`/console/agreements/${encodeURIComponent(agreementId)}`}>
            {t.openAgreement}
          </a>
        ) : null}
        {actions.map((action) =>
          action.barred === null ? <Action view={view} n={negotiation} action={action} /> : null,
        )}
        <Barred view={view} actions={actions} />
      </div>
    </section>
  );
}

/** Who may act where the reader may not, so that nobody stands before a locked door without a name on it. */
function Barred({ view, actions }: { view: View; actions: readonly PossibleAction[] }) {
  const t = view.t.negotiation;
  const texts = actions.flatMap(({ name, barred, roles }) => {
    if (barred === "self") return [titled(view, t[name], t.mayNot.self)];
    if (barred === "role")
      return [titled(view, t[name], t.mayNot.role(roles.map((role) => view.t.roles[role]).join(" / ")))];
    return [];
  });
  return texts.length === 0 ? null : <span class="quiet">{texts.join(" · ")}</span>;
}

function Action({ view, n, action: { name } }: { view: View; n: Negotiation; action: PossibleAction }) {
  const t = view.t.negotiation;
  const base = `/console/negotiations/${encodeURIComponent(n.id)}`;
  if (name === "counter") {
    return (
      <a class="btn btn-sm btn-outline-primary" href={`${base}/counter`}>
        {t.counter}
      </a>
    );
  }
  const isNo = name === "reject" || name === "terminate";
  return (
    <Confirm
      view={view}
      action={`${base}/${name}`}
      label={t[name]}
      willHappen={t[`${name}Will`](view.nameOf(n.peer))}
      confirm={t.confirm}
      tone={isNo ? "danger" : "primary"}
      revision={n.revision}
    >
      <CommentField id={`comment-${name}`} name="comment" label={isNo ? t.reasonText : t.comment} isRequired={isNo} />
    </Confirm>
  );
}

function Timeline({ view, negotiation }: { view: View; negotiation: Negotiation }) {
  const t = view.t.negotiation;
  const { timeline, role, peer, state } = negotiation;
  const events: { readonly [event: string]: string } = t.events;
  const roles: { readonly [role: string]: string } = view.t.roles;
  const regionOf = (by: "consumer" | "provider") => (by === role ? view.region.name : view.nameOf(peer));
  const actorName = (actor: string) => (actor === "node" ? t.node : roles[actor]);
  const isOver = state === "FINALIZED" || state === "TERMINATED";
  return (
    <section class="card">
      <h2 class="card-header">{t.timeline}</h2>
      <div class="card-body">
        <ol class="steps-list">
          {timeline.map((item, i) => (
            <li class={i === timeline.length - 1 && !isOver ? "now" : ""}>
              <strong>{events[`${item.event}:${item.by}`] ?? item.event}</strong>{" "}
              <small class="quiet">
                {[regionOf(item.by), actorName(item.actor), ""].filter((word) => word !== undefined).join(" · ")}
                <Time view={view} at={item.at} />
              </small>
              {item.comment === null ? null : <p class="said">{item.comment}</p>}
            </li>
          ))}
          {isOver ? null : (
            <li class="next">
              <span class="quiet">{view.t.negotiationStates[state]}</span>
            </li>
          )}
        </ol>
        <p class="quiet">
          {t.inBothLogs} · <a href={`/console/audit?subject=${encodeURIComponent(negotiation.id)}`}>{t.seeProof}</a>
        </p>
      </div>
    </section>
  );
}

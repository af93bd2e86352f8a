import { outcomes } from "../../../node/objections/model.ts";
import type { ObjectionView } from "../../../node/objections/service.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import type { ObjectionAction } from "../objection-actions.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { Layout } from "../parts/layout.tsx";
import { ObjectionBadge } from "../parts/objection-badge.tsx";
import { Due, Rule, turnName } from "../parts/reason.tsx";
import { Time } from "../parts/time.tsx";
import { titled } from "../punctuation.ts";
import { say, type View } from "../view.ts";
import { Concerned } from "./objection-concerned.tsx";
import { sidesOf } from "./objections.tsx";

export type ObjectionModel = {
  readonly objection: ObjectionView;
  readonly actions: readonly ObjectionAction[];
  /** As this node knows it. */
  readonly transfer: Transfer | undefined;
  readonly done: string | undefined;
};

export function ObjectionPage({ view, model }: { view: View; model: ObjectionModel }) {
  const { objection, done } = model;
  const t = view.t.objection;
  const { entry, agreementId, id } = objection;
  return (
    <Layout view={view} title={titled(view, t.shortTypes[objection.type], entry.name)} place="transfers" done={done}>
      <header class="head">
        <div>
          <h1>{titled(view, t.shortTypes[objection.type], entry.name)}</h1>
          <p class="quiet facts">
            <span>{sidesOf(view, objection)}</span>
            <span>
              <a href={`/console/entries/${entry.region}/${encodeURIComponent(entry.id)}`}>{t.ofEntry}</a>
            </span>
            <span>
              <a href={`/console/agreements/${encodeURIComponent(agreementId)}`}>{t.ofAgreement}</a>
            </span>
            <span>
              <a href={`/console/audit?subject=${encodeURIComponent(id)}`}>{t.inLog}</a>
            </span>
            <span>
              <a href="/console/objections">{t.title}</a>
            </span>
          </p>
        </div>
        <ObjectionBadge view={view} state={objection.state} isBig />
      </header>
      <Banner view={view} model={model} />
      <div class="columns wide-left">
        <div>
          <section class="card">
            <h2 class="card-header">{t.said}</h2>
            <p class="card-body said">{objection.text}</p>
            <h2 class="card-header">{t.answer}</h2>
            <p class="card-body said">{objection.answer ?? <span class="quiet">{t.noAnswer}</span>}</p>
            {objection.outcome === null ? null : (
              <p class="card-footer">{titled(view, t.outcome, t.outcomes[objection.outcome])}</p>
            )}
          </section>
          <Concerned view={view} objection={objection} transfer={model.transfer} />
        </div>
        <Timeline view={view} objection={objection} />
      </div>
    </Layout>
  );
}

function Banner({ view, model }: { view: View; model: ObjectionModel }) {
  const t = view.t.objection;
  const { objection, actions } = model;
  const { reason, state } = objection;
  const tone = state === "archived" ? "good" : state === "refused" ? "bad" : "";
  const mayDo = actions.filter(({ barred }) => barred === null);
  const barred = actions.flatMap(({ event, role, barred: why }) => {
    if (why === "self") return [titled(view, t[event], t.self)];
    return why === "role" ? [titled(view, t[event], view.t.negotiation.mayNot.role(view.t.roles[role]))] : [];
  });
  return (
    <section class={`banner ${tone}`}>
      <p>
        <strong>{reason?.turn == null ? t.states[state] : view.t.reason.waitsFor(turnName(view, reason.turn))}</strong>
        {reason === null ? null : (
          <>
            {" · "}
            {say(view, reason.text)} {reason.until === null ? t.noDeadline : <Due view={view} reason={reason} />}{" "}
            {reason.rule === "" ? null : <Rule view={view} reason={reason} />}
          </>
        )}
      </p>
      <div class="actions">
        {mayDo.map((action) => (
          <Action view={view} objection={objection} action={action} />
        ))}
        {barred.length === 0 ? null : <span class="quiet">{barred.join(" · ")}</span>}
        {actions.length === 0 && reason !== null ? <span class="quiet">{t.noTurn}</span> : null}
      </div>
    </section>
  );
}

type ActionProps = { view: View; objection: ObjectionView; action: ObjectionAction };

function Action({ view, objection, action: { event, needsReason } }: ActionProps) {
  const t = view.t.objection;
  const isNo = ["refuse", "return", "reopen", "withdraw"].includes(event);
  return (
    <Confirm
      view={view}
      action={`/console/objections/${encodeURIComponent(objection.id)}/${event}`}
      label={t[event]}
      willHappen={t[`${event}Will`]}
      confirm={view.t.negotiation.confirm}
      tone={isNo ? "danger" : "primary"}
      revision={objection.revision}
    >
      {event === "verify" ? (
        <>
          <label class="form-label" for="outcome">
            {t.outcome}
          </label>
          <select class="form-select" id="outcome" name="outcome">
            {outcomes.map((outcome) => (
              <option value={outcome}>{t.outcomes[outcome]}</option>
            ))}
          </select>
        </>
      ) : null}
      <CommentField
        id={`comment-${event}`}
        name="comment"
        label={event === "verify" ? t.answer : needsReason ? view.t.negotiation.reasonText : view.t.negotiation.comment}
        isRequired={needsReason}
      />
    </Confirm>
  );
}

function Timeline({ view, objection }: { view: View; objection: ObjectionView }) {
  const t = view.t.objection;
  const events: { readonly [event: string]: string } = t.events;
  const roles: { readonly [role: string]: string } = view.t.roles;
  const isOver = objection.reason === null;
  return (
    <section class="card">
      <h2 class="card-header">{view.t.negotiation.timeline}</h2>
      <ol class="steps-list card-body">
        {objection.timeline.map(({ at, event, actor, comment }, i) => (
          <li class={i === objection.timeline.length - 1 && !isOver ? "now" : ""}>
            <strong>{events[event] ?? event}</strong>{" "}
            <small class="quiet">
              {actor.startsWith("peer") ? view.nameOf(objection.peer) : (roles[actor] ?? actor)} ·{" "}
              <Time view={view} at={at} />
            </small>
            {comment === null ? null : <p class="said">{comment}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { titled } from "../punctuation.ts";
import { lastDay } from "../term-rows.ts";
import { holds, say, type View } from "../view.ts";

type BannerProps = { view: View; agreement: Agreement; entry: CatalogEntry | undefined };

/** How the agreement stands, and what may be done about it by whom. */
export function Banner({ view, agreement, entry }: BannerProps) {
  const t = view.t.agreement;
  const { status, role, terms, peer, reason } = agreement;
  const base = `/console/agreements/${encodeURIComponent(agreement.id)}`;
  const isAlive = status === "in-force";
  const isData = entry?.kind !== "product";
  const name = view.nameOf(peer);
  return (
    <section class={`banner ${isAlive ? "good" : ""}`}>
      <p>
        <strong>{t.lead[status]}</strong>
        {isAlive ? ` · ${t.until(lastDay(terms.validTo))}` : null}
        {reason === null ? null : ` · ${say(view, reason.text)}`}
        {terms.channel === "heliu" ? null : ` · ${t.outside}`}
      </p>
      <div class="actions">
        {isAlive && role === "consumer" && isData && terms.channel === "heliu" ? (
          holds(view, "requester") ? (
            <Confirm
              view={view}
              action={`${base}/transfer`}
              label={t.start}
              willHappen={t.startWill(name)}
              confirm={view.t.negotiation.confirm}
              tone="primary"
            />
          ) : (
            <span class="quiet">{titled(view, t.start, view.t.negotiation.mayNot.role(view.t.roles.requester))}</span>
          )
        ) : null}
        {status === "pending" && reason?.turn?.region === view.region.id && role === "witness-party" ? (
          <Cosign view={view} base={base} />
        ) : null}
        {isAlive && role !== "witness-party" && holds(view, "approver") ? (
          <Confirm
            view={view}
            action={`${base}/terminate`}
            label={t.terminate}
            willHappen={t.terminateWill(name)}
            confirm={view.t.negotiation.confirm}
            tone="danger"
          >
            <CommentField id="comment-end" name="comment" label={view.t.negotiation.reasonText} isRequired />
          </Confirm>
        ) : null}
      </div>
    </section>
  );
}

/** For an approver of a region that is only paid by the agreement: its yes or no. */
function Cosign({ view, base }: { view: View; base: string }) {
  const t = view.t.agreement;
  const { confirm, mayNot, reasonText } = view.t.negotiation;
  if (!holds(view, "approver")) {
    return <span class="quiet">{titled(view, t.cosign, mayNot.role(view.t.roles.approver))}</span>;
  }
  return (
    <>
      <Confirm
        view={view}
        action={`${base}/sign`}
        label={t.cosign}
        willHappen={t.cosignWill}
        confirm={confirm}
        tone="primary"
      />
      <Confirm
        view={view}
        action={`${base}/refuse`}
        label={t.refuseToSign}
        willHappen={t.refuseToSignWill}
        confirm={confirm}
        tone="danger"
      >
        <CommentField id="comment-refuse" name="comment" label={reasonText} isRequired />
      </Confirm>
    </>
  );
}

import type { PaymentView } from "../../../node/payments/list-payments.ts";
import type { Allocation, Suggestion } from "../../../node/payments/model.ts";
import { yuan } from "../../reports/money.ts";
import { shortDigest } from "../format.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { holds, say, type View } from "../view.ts";

/** One row of a bank's file that a person has to decide, with what may be said of it. */
export function PaymentRow({ view, payment }: { view: View; payment: PaymentView }) {
  const t = view.t.payments;
  const { date, direction, isReversal, name, account, region, text, bankReference, fen, origin, allocations, leftFen } =
    payment;
  return (
    <tr id={payment.id}>
      <td class="keep">
        {date ?? "—"}
        {isReversal ? (
          <span class="marker warn block">{t.reversal[direction]}</span>
        ) : (
          <small class="quiet block">{t.direction[direction]}</small>
        )}
      </td>
      <td>
        {name === "" ? "—" : name}
        {region === null ? null : ` · ${view.nameOf(region)}`}
        <code class="block">{account === "" ? "—" : account}</code>
      </td>
      <td>
        {text === "" ? "—" : text}
        <small class="quiet block" title={origin.file}>
          {bankReference === "" ? null : `${bankReference} · `}
          {t.origin(`${origin.source} ${shortDigest(origin.file)}`, String(origin.row))}
        </small>
      </td>
      <td class="num">
        {fen === null ? "—" : signed(payment, fen)}
        {allocations.length === 0 ? null : <small class="quiet block">{t.left(yuan(leftFen))}</small>}
      </td>
      <td>
        <Booked view={view} allocations={allocations} />
        {payment.rejectedFor === null ? null : <small class="block">{t.setAsideFor(payment.rejectedFor)}</small>}
        <Decision view={view} payment={payment} />
      </td>
    </tr>
  );
}

/** What takes money back is never to be read as money that came. */
function signed({ isReversal }: PaymentView, fen: string): string {
  return isReversal ? `−${yuan(fen)}` : yuan(fen);
}

function Decision({ view, payment }: { view: View; payment: PaymentView }) {
  const t = view.t.payments;
  const { id, proposal, suggestions, region } = payment;
  const mayAct = holds(view, "finance", "approver");
  const common = { view, action: `/console/payments/${encodeURIComponent(id)}/decide` };
  const confirm = view.t.negotiation.confirm;
  if (proposal !== null) {
    const willConfirm =
      proposal.returns === undefined
        ? { label: t.confirm, willHappen: t.confirmWill }
        : { label: t.confirmReturn, willHappen: t.confirmReturnWill };
    return (
      <>
        <Allocations view={view} {...proposal} />
        {mayAct ? (
          <div class="actions">
            <Confirm {...common} {...willConfirm} confirm={confirm} tone="primary">
              <input type="hidden" name="decision" value="confirm" />
              <p class="form-hint">{t.needsSecond}</p>
            </Confirm>
            <Confirm {...common} label={t.sendBack} willHappen={t.sendBackWill} confirm={confirm} tone="danger">
              <input type="hidden" name="decision" value="reject" />
              <CommentField id={`why-${id}`} name="reason" label={t.rejectReason} isRequired />
            </Confirm>
          </div>
        ) : (
          <small class="quiet">{t.needsFinance}</small>
        )}
      </>
    );
  }
  return (
    <>
      <Standing view={view} payment={payment} />
      {suggestions.length === 0 && !payment.isReversal && region === null && payment.account !== "" ? (
        <a class="block" href="/console/payments/accounts">
          {t.knowAccount}
        </a>
      ) : null}
      {suggestions.map((suggestion) => (
        <>
          <Allocations view={view} {...suggestion} />
          <small class="quiet">{say(view, suggestion.text)}</small>
          {mayAct ? (
            <div class="actions">
              <Take view={view} action={common.action} suggestion={suggestion} />
            </div>
          ) : null}
        </>
      ))}
      {mayAct ? (
        <div class="actions">
          {payment.isReversal || payment.account === "" ? null : <Claim view={view} action={common.action} id={id} />}
          {payment.state === "rejected" ? null : <Reject view={view} action={common.action} id={id} />}
        </div>
      ) : (
        <small class="quiet block">{t.needsFinance}</small>
      )}
    </>
  );
}

/** What two persons gave to dues already, while some of the payment is left. */
function Booked({ view, allocations }: { view: View; allocations: readonly Allocation[] }) {
  if (allocations.length === 0) return null;
  const sum = allocations.reduce((total, { fen }) => total + BigInt(fen), 0n);
  return (
    <>
      <small class="block">{view.t.payments.booked(yuan(sum))}</small>
      <Allocations view={view} allocations={allocations} />
    </>
  );
}

function Reject({ view, action, id }: { view: View; action: string; id: string }) {
  const t = view.t.payments;
  const confirm = view.t.negotiation.confirm;
  return (
    <Confirm view={view} action={action} label={t.reject} willHappen={t.rejectWill} confirm={confirm} tone="danger">
      <input type="hidden" name="decision" value="reject" />
      <CommentField id={`why-${id}`} name="reason" label={t.rejectReason} isRequired />
    </Confirm>
  );
}

/** For what is not among the suggestions: the rest of a payment, or one that was left out. */
function Claim({ view, action, id }: { view: View; action: string; id: string }) {
  const t = view.t.payments;
  return (
    <Confirm view={view} action={action} label={t.claim} willHappen={t.takeWill} confirm={view.t.negotiation.confirm}>
      <input type="hidden" name="decision" value="propose" />
      <label class="form-label" for={`reference-${id}`}>
        {t.claimReference}
      </label>
      <input class="form-control" id={`reference-${id}`} name="reference" maxlength={32} required />
      <label class="form-label" for={`yuan-${id}`}>
        {t.claimAmount}
      </label>
      <input class="form-control" id={`yuan-${id}`} name="yuan" maxlength={24} inputmode="decimal" required />
    </Confirm>
  );
}

/** What stands in the way of the row, before anything is suggested. */
function Standing({ view, payment }: { view: View; payment: PaymentView }) {
  const t = view.t.payments;
  const { isReversal, rule, suggestions } = payment;
  if (isReversal) return <p class="quiet">{rule === "reversal-confirmed" ? t.reversalConfirmed : t.reversalOpen}</p>;
  return suggestions.length === 0 ? <span class="quiet">{t.noSuggestion}</span> : null;
}

function Take({ view, action, suggestion }: { view: View; action: string; suggestion: Suggestion }) {
  const t = view.t.payments;
  const { allocations, returns } = suggestion;
  const confirm = view.t.negotiation.confirm;
  if (returns !== undefined) {
    return (
      <Confirm view={view} action={action} label={t.takeReturn} willHappen={t.takeReturnWill} confirm={confirm}>
        <input type="hidden" name="decision" value="return" />
        <input type="hidden" name="returns" value={returns} />
      </Confirm>
    );
  }
  return (
    <Confirm view={view} action={action} label={t.take} willHappen={t.takeWill} confirm={confirm}>
      <input type="hidden" name="decision" value="propose" />
      {allocations.map(({ reference, fen }) => (
        <input type="hidden" name="allocation" value={`${reference} ${fen}`} />
      ))}
    </Confirm>
  );
}

type Said = { readonly allocations: readonly Allocation[]; readonly returns?: string };

function Allocations({ view, allocations, returns }: Said & { view: View }) {
  return (
    <ul class="lines tight">
      {returns === undefined ? null : <li>{view.t.payments.returnsPayment(returns)}</li>}
      {allocations.map(({ reference, fen }) => (
        <li>{view.t.payments.pays(reference, yuan(fen))}</li>
      ))}
    </ul>
  );
}

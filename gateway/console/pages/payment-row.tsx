import type { PaymentView } from "../../../node/payments/list-payments.ts";
import type { Allocation } from "../../../node/payments/model.ts";
import { yuan } from "../../reports/money.ts";
import { shortDigest } from "../format.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { holds, say, type View } from "../view.ts";

/** One row of a bank's file that a person has to decide, with what may be said of it. */
export function PaymentRow({ view, payment }: { view: View; payment: PaymentView }) {
  const t = view.t.payments;
  const { date, direction, name, account, region, text, bankReference, fen, origin } = payment;
  return (
    <tr id={payment.id}>
      <td class="keep">
        {date ?? "—"}
        <small class="quiet block">{t.direction[direction]}</small>
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
      <td class="num">{fen === null ? "—" : yuan(fen)}</td>
      <td>
        <Decision view={view} payment={payment} />
      </td>
    </tr>
  );
}

function Decision({ view, payment }: { view: View; payment: PaymentView }) {
  const t = view.t.payments;
  const { id, proposal, suggestions, region } = payment;
  const mayAct = holds(view, "finance", "approver");
  const common = { view, action: `/console/payments/${encodeURIComponent(id)}/decide` };
  const confirm = view.t.negotiation.confirm;
  if (proposal !== null) {
    return (
      <>
        <Allocations view={view} allocations={proposal.allocations} />
        {mayAct ? (
          <div class="actions">
            <Confirm {...common} label={t.confirm} willHappen={t.confirmWill} confirm={confirm} tone="primary">
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
      {suggestions.length === 0 ? <span class="quiet">{t.noSuggestion}</span> : null}
      {suggestions.length === 0 && region === null && payment.account !== "" ? (
        <a class="block" href="/console/payments/accounts">
          {t.knowAccount}
        </a>
      ) : null}
      {suggestions.map((suggestion) => (
        <>
          <Allocations view={view} allocations={suggestion.allocations} />
          <small class="quiet">{say(view, suggestion.text)}</small>
          {mayAct ? (
            <div class="actions">
              <Confirm {...common} label={t.take} willHappen={t.takeWill} confirm={confirm}>
                <input type="hidden" name="decision" value="propose" />
                {suggestion.allocations.map(({ reference, fen }) => (
                  <input type="hidden" name="allocation" value={`${reference} ${fen}`} />
                ))}
              </Confirm>
            </div>
          ) : null}
        </>
      ))}
      {mayAct ? (
        <div class="actions">
          <Confirm {...common} label={t.reject} willHappen={t.rejectWill} confirm={confirm} tone="danger">
            <input type="hidden" name="decision" value="reject" />
            <CommentField id={`why-${id}`} name="reason" label={t.rejectReason} isRequired />
          </Confirm>
        </div>
      ) : (
        <small class="quiet block">{t.needsFinance}</small>
      )}
    </>
  );
}

function Allocations({ view, allocations }: { view: View; allocations: readonly Allocation[] }) {
  return (
    <ul class="lines tight">
      {allocations.map(({ reference, fen }) => (
        <li>{view.t.payments.pays(reference, yuan(fen))}</li>
      ))}
    </ul>
  );
}

import type { Result } from "../../../node/kernel/exchange-error.ts";
import type { ReceiptCalls } from "../../../node/transfer/read-calls.ts";
import { label } from "../labels.ts";
import { Time } from "../parts/time.tsx";
import { say, type View } from "../view.ts";

/** The last step down: each single call of a window, never its content, and whether together they are what was signed. */
export function SingleCalls({ view, found }: { view: View; found: Result<ReceiptCalls> }) {
  const t = view.t.statement;
  if (!found.ok) {
    return (
      <section class="card" id="calls">
        <h2 class="card-header">{t.callsTitle}</h2>
        <p class="card-body quiet">{say(view, found.error.text)}</p>
      </section>
    );
  }
  const { calls, isProven } = found.value;
  return (
    <section class={`card ${isProven ? "" : "faulty"}`} id="calls">
      <h2 class="card-header">{t.callsTitle}</h2>
      <p class="card-body">
        <span class={`dot ${isProven ? "live" : "never"}`}></span>
        {isProven ? t.callsProven : t.callsNotProven}
      </p>
      <div class="scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col" class="num">
                {t.call}
              </th>
              <th scope="col">{view.t.agreement.at}</th>
              <th scope="col">{view.t.terms.purposes}</th>
              <th scope="col">{t.callId}</th>
              <th scope="col">{t.callDigest}</th>
            </tr>
          </thead>
          <tbody>
            {calls.map(({ callId, index, at, purpose, digest }, i) => (
              <tr id={`call-${i + 1}`}>
                <th scope="row" class="num">
                  <a href={`#call-${i + 1}`} title={String(index)}>
                    {String(i + 1)}
                  </a>
                </th>
                <td class="keep">
                  <Time view={view} at={at} />
                </td>
                <td>{label(view, "purpose", purpose)}</td>
                <td>
                  <code>{callId}</code>
                </td>
                <td>
                  <code>{digest}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

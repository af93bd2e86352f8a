import type { DerivedPart } from "../../../node/settlement/insight/derivation.ts";
import { yuan } from "../../reports/money.ts";
import { namedParties } from "../named-parties.ts";
import type { StatementModel } from "../statement-model.ts";
import { lineReceiptsPath } from "../statement-paths.ts";
import { say, type View } from "../view.ts";

/** Each party's fen in a sentence, and behind it the way there, step by step, with who got the odd fen. */
export function Derivations({ view, model }: { view: View; model: StatementModel }) {
  const { derivations } = model;
  const t = view.t.statement;
  if (derivations.length === 0) return null;
  return (
    <section class="card" id="derivation">
      <h2 class="card-header">{t.derivation}</h2>
      <p class="card-body quiet">{t.derivationLead}</p>
      {derivations.map(({ partyId, fen, parts, adjustment }) => (
        <details class="card-body derived">
          <summary class="meter">
            <span>{model.names.party(partyId)}</span> <strong class="num">{view.t.settlement.yuan(yuan(fen))}</strong>
          </summary>
          {parts.map((part) => (
            <Part view={view} model={model} part={part} />
          ))}
          {adjustment === null ? null : (
            <p>
              <strong>{t.adjustment}</strong> {say(view, adjustment.text)}
            </p>
          )}
        </details>
      ))}
    </section>
  );
}

function Part({ view, model, part }: { view: View; model: StatementModel; part: DerivedPart }) {
  const t = view.t.statement;
  const { one, names } = model;
  const ids = (one.statement?.result.totals ?? []).map(({ partyId }) => partyId);
  const inWords = (text: string) => namedParties(text, ids, names.party);
  return (
    <>
      <p>
        {inWords(say(view, part.text))} <a href={lineReceiptsPath(one, { line: part.lineId })}>{t.lineReceipts}</a>
      </p>
      <ol class="quiet">
        {part.steps.map(({ text }) => (
          <li>{say(view, text)}</li>
        ))}
      </ol>
      {part.split === null ? null : (
        <div class="scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{view.t.settlement.party}</th>
                <th scope="col" class="num">
                  {t.exact}
                </th>
                <th scope="col">{t.odd}</th>
                <th scope="col" class="num">
                  {t.got}
                </th>
              </tr>
            </thead>
            <tbody>
              {part.split.parts.map(({ partyId, exactFen, hasOddFen, fen }) => (
                <tr>
                  <td>{names.party(partyId)}</td>
                  <td class="num">{exactFen}</td>
                  <td>{hasOddFen ? "+1" : "—"}</td>
                  <td class="num">{yuan(fen)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

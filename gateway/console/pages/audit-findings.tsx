import type { LogFinding } from "../../../node/audit/findings.ts";
import { quantity } from "../../reports/money.ts";
import { shortTime } from "../format.ts";
import { Time } from "../parts/time.tsx";
import { titled } from "../punctuation.ts";
import type { View } from "../view.ts";

/** Both notes stand here in full: who wants to accuse needs nothing else. `findings` is null where the reader may not see them. */
export function Findings({ view, findings }: { view: View; findings: readonly LogFinding[] | null }) {
  const t = view.t.evidence;
  return (
    <section class={`card ${findings === null || findings.length === 0 ? "" : "faulty"}`} id="findings">
      <h2 class="card-header">{t.findings}</h2>
      {findings === null ? <p class="card-body quiet">{t.findingsOnly}</p> : null}
      {findings?.length === 0 ? (
        <p class="card-body">
          <span class="dot live"></span>
          {t.noFindings}
        </p>
      ) : null}
      {findings?.map((finding) => (
        <Finding view={view} finding={finding} />
      ))}
    </section>
  );
}

function Finding({ view, finding }: { view: View; finding: LogFinding }) {
  const t = view.t.evidence;
  const { kind, region, origin, size, at, heardFrom, mendedAt, notes } = finding;
  return (
    <article class="card-body finding">
      <h3>
        {titled(view, t.kinds[kind], t.findingOf(view.nameOf(region), quantity(size)))}{" "}
        <span class={`marker ${mendedAt === null ? "bad" : "good"}`}>
          {mendedAt === null ? t.open : t.mended(shortTime(mendedAt, view.nowMs))}
        </span>
      </h3>
      <p class="quiet facts">
        <span>
          {t.atTime} <Time view={view} at={at} />
        </span>
        <span>
          <code>{origin}</code>
        </span>
        {heardFrom === null ? null : <span>{t.heardFrom(view.nameOf(heardFrom))}</span>}
      </p>
      <div class="columns">
        {notes.map((note, i) => (
          <figure>
            <figcaption>{t.notes[i]}</figcaption>
            <pre>{note}</pre>
          </figure>
        ))}
      </div>
      <p class="quiet">{t.notesHint}</p>
    </article>
  );
}

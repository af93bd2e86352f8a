import type { ImportReport } from "../../../node/catalog/model.ts";
import { FaultTable } from "../parts/fault-table.tsx";
import { say, type View } from "../view.ts";

/** Faults in place: row, column and value as the file has them, and what to do. */
export function ImportReportView({ view, report }: { view: View; report: ImportReport }) {
  const t = view.t.catalog;
  const { importId, imported, unchanged, refused, faults, notes } = report;
  const errors = faults.filter(({ level }) => level === "error").length;
  const isNothing = errors > 0 && imported.length === 0 && unchanged.length === 0;
  return (
    <section class={`card ${errors === 0 ? "" : "faulty"}`} role="status">
      <h2 class="card-header">{t.report}</h2>
      <div class="card-body">
        <p>
          <strong>
            {[
              t.imported(imported.length),
              t.unchanged(unchanged.length),
              t.refusedCount(refused.length),
              t.errors(errors),
            ].join(" · ")}
          </strong>
        </p>
        {importId === null ? null : <p>{t.waitingForApprover}</p>}
        {isNothing ? <p>{t.nothingStored}</p> : null}
        {notes.map((note) => (
          <p class="quiet">{say(view, note)}</p>
        ))}
        {refused.map(({ row, id, code }) => (
          <p>
            {t.row} {row} · {id} · <code>{code}</code>
          </p>
        ))}
      </div>
      <FaultTable view={view} faults={faults} />
    </section>
  );
}

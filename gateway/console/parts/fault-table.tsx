import type { ImportFault } from "../../../node/catalog/model.ts";
import type { RowFault } from "../../../node/payments/model.ts";
import { quantity } from "../../reports/money.ts";
import { say, type View } from "../view.ts";

const SHOWN = 200;

/** What is wrong in a file that was imported, in place: row, column and value as the file has them, and what to do. */
export function FaultTable({ view, faults }: { view: View; faults: readonly (RowFault | ImportFault)[] }) {
  const t = view.t.catalog;
  if (faults.length === 0) return null;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col" class="num">
              {t.row}
            </th>
            <th scope="col">{t.column}</th>
            <th scope="col">{t.value}</th>
            <th scope="col">{t.fault}</th>
          </tr>
        </thead>
        <tbody>
          {faults.slice(0, SHOWN).map((fault) => (
            <tr>
              <th scope="row" class="num">
                {quantity(String(fault.row))}
              </th>
              <td>{fault.column}</td>
              <td>
                <code>{fault.value}</code>
              </td>
              <td>
                {"level" in fault ? (
                  <span class={`marker ${fault.level === "error" ? "bad" : "warn"}`}>{t.levels[fault.level]}</span>
                ) : null}{" "}
                {say(view, fault.text)} <code>{fault.rule}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

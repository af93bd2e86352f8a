import type { CatalogEntry } from "../../../node/catalog/model.ts";
import { type RowCondition, rowConditionSchema } from "../../../node/policy/model.ts";
import { ROW_CONDITIONS } from "../form.ts";
import { fieldLabel } from "../labels.ts";
import type { View } from "../view.ts";

type Props = { view: View; entry: CatalogEntry; rows?: readonly RowCondition[] };

export function RowConditions({ view, entry, rows = [] }: Props) {
  const t = view.t.entry;
  return (
    <>
      {Array.from({ length: Math.max(ROW_CONDITIONS, rows.length + 1) }, (_, i) => (
        <div class="row-condition">
          <select class="form-select" name={`rowField${i}`} aria-label={t.rowField}>
            <option value="">{t.rowAny}</option>
            {entry.fields.map(({ name }) => (
              <option value={name} selected={rows[i]?.field === name}>
                {fieldLabel(view, entry, name)}
              </option>
            ))}
          </select>
          <select class="form-select" name={`rowOp${i}`} aria-label={t.rowOp}>
            {rowConditionSchema.shape.op.options.map((op) => (
              <option value={op} selected={rows[i]?.op === op}>
                {view.t.ops[op]}
              </option>
            ))}
          </select>
          <input
            class="form-control"
            name={`rowValue${i}`}
            aria-label={t.rowValue}
            value={[rows[i]?.value ?? ""].flat().join(",")}
          />
        </div>
      ))}
    </>
  );
}

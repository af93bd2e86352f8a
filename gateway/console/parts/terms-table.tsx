import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { UsageTerms } from "../../../node/policy/model.ts";
import { joined } from "../punctuation.ts";
import { termRows } from "../term-rows.ts";
import type { View } from "../view.ts";

type Props = {
  view: View;
  terms: UsageTerms;
  /** Of the round before; what differs is shown as taken out and put in. */
  before?: UsageTerms | undefined;
  published?: UsageTerms | undefined;
  entry: CatalogEntry | undefined;
  heading?: string;
};

export function TermsTable({ view, terms, before, published, entry, heading }: Props) {
  const t = view.t.negotiation;
  const earlier = new Map((before === undefined ? [] : termRows(view, before, entry)).map((row) => [row.key, row]));
  const offered = new Map(
    (published === undefined ? [] : termRows(view, published, entry)).map((row) => [row.key, row]),
  );
  return (
    <table class="table terms">
      <thead>
        <tr>
          <th scope="col">{t.term}</th>
          <th scope="col">{heading ?? t.current}</th>
          {published === undefined ? null : <th scope="col">{t.published}</th>}
        </tr>
      </thead>
      <tbody>
        {termRows(view, terms, entry).map(({ key, name, values }) => (
          <tr>
            <th scope="row">{name}</th>
            <td>
              <Compared
                view={view}
                values={values}
                before={before === undefined ? undefined : (earlier.get(key)?.values ?? [])}
              />
            </td>
            {published === undefined ? null : (
              <td>
                <Published view={view} values={offered.get(key)?.values ?? []} now={values} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type ComparedProps = { view: View; values: readonly string[]; before?: readonly string[] | undefined };

/** Words, not colour alone: `<del>` and `<ins>` are read out and printed as such. */
function Compared({ view, values, before = values }: ComparedProps) {
  const kept = values.filter((value) => before.includes(value));
  const gone = before.filter((value) => !values.includes(value));
  const added = values.filter((value) => !before.includes(value));
  return (
    <>
      {joined(view, kept)} {gone.length === 0 ? null : <del>{joined(view, gone)}</del>}{" "}
      {added.length === 0 ? null : <ins>{joined(view, added)}</ins>}
    </>
  );
}

const MANY = 6;

/** As published; the same as what is on the table is not said twice, and a long list is counted. */
function Published({ view, values, now }: { view: View; values: readonly string[]; now: readonly string[] }) {
  if (values.join() === now.join()) return <span class="quiet">=</span>;
  if (values.length <= MANY) return <small>{joined(view, values)}</small>;
  return <small title={joined(view, values)}>{`${joined(view, values.slice(0, MANY))}…(${values.length})`}</small>;
}

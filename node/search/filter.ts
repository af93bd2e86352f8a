import type { CodedColumn, Columns } from "./columns.ts";
import { type FacetCount, type FacetName, facetNames, type SearchQuery } from "./model.ts";

/** One condition of a query over a document's row. */
type Condition = { readonly facet: FacetName | undefined; readonly holds: (doc: number) => boolean };

const exact: readonly { readonly key: keyof SearchQuery; readonly column: CodedColumn; readonly facet?: FacetName }[] =
  [
    { key: "region", column: "region", facet: "region" },
    { key: "theme", column: "theme", facet: "theme" },
    { key: "sharing", column: "sharing", facet: "sharing" },
    { key: "kind", column: "kind", facet: "kind" },
    { key: "opening", column: "opening" },
    { key: "updateFrequency", column: "frequency" },
    { key: "level", column: "level" },
  ];

export function conditionsOf(query: SearchQuery, columns: Columns): Condition[] {
  const { arrays, dictionaries } = columns;
  const conditions: Condition[] = [];
  for (const { key, column, facet } of exact) {
    const wanted = query[key];
    if (typeof wanted !== "string" || wanted === "") continue;
    const code = dictionaries[column].codes.get(wanted);
    const values = arrays[column];
    // A code nobody has matches nothing: an unknown filter is not ignored.
    conditions.push({ facet, holds: code === undefined ? () => false : (doc) => values[doc] === code });
  }
  if (query.format) {
    const code = dictionaries.formats.codes.get(query.format);
    const bit = code === undefined || code > 31 ? 0 : 2 ** code;
    const values = arrays.formats;
    conditions.push({ facet: "format", holds: (doc) => ((values[doc] ?? 0) & bit) !== 0 });
  }
  if (query.provider) {
    const wanted = query.provider;
    const codes = new Set<number>();
    for (const [code, name] of dictionaries.provider.texts.entries()) if (name.includes(wanted)) codes.add(code);
    const values = arrays.provider;
    conditions.push({ facet: undefined, holds: (doc) => codes.has(values[doc] ?? -1) });
  }
  return conditions;
}

export type Tally = { readonly [F in FacetName]: Map<number, number> };

export function emptyTally(): Tally {
  return { region: new Map(), theme: new Map(), sharing: new Map(), format: new Map(), kind: new Map() };
}

/** Does the document meet all conditions? Counts it for every facet whose own condition is the only one in the way. */
export function admit(doc: number, conditions: readonly Condition[], columns: Columns, tally: Tally): boolean {
  let failed: Condition | undefined;
  for (const condition of conditions) {
    if (condition.holds(doc)) continue;
    if (failed !== undefined || condition.facet === undefined) return false;
    failed = condition;
  }
  if (failed?.facet !== undefined) {
    count(doc, failed.facet, columns, tally);
    return false;
  }
  for (const facet of facetNames) count(doc, facet, columns, tally);
  return true;
}

function count(doc: number, facet: FacetName, { arrays }: Columns, tally: Tally): void {
  const counts = tally[facet];
  if (facet !== "format") {
    const code = arrays[facet][doc] ?? 0;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    return;
  }
  for (let bits = arrays.formats[doc] ?? 0; bits !== 0; bits &= bits - 1) {
    const code = 31 - Math.clz32(bits & -bits);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
}

export function facetsOf(tally: Tally, { dictionaries }: Columns): { [F in FacetName]: FacetCount[] } {
  const facet = (name: FacetName): FacetCount[] => {
    const { texts } = dictionaries[name === "format" ? "formats" : name];
    const counts = [...tally[name]].map(([code, count]) => ({ code: texts[code] ?? "", count }));
    return counts.sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  };
  return {
    region: facet("region"),
    theme: facet("theme"),
    sharing: facet("sharing"),
    format: facet("format"),
    kind: facet("kind"),
  };
}

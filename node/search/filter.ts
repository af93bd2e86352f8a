import type { CodedColumn, Columns, DictionaryName } from "./columns.ts";
import type { FacetCount, FacetName, SearchQuery } from "./model.ts";

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

function conditionsOf(query: SearchQuery, columns: Columns): Condition[] {
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

/** Per facet, how often each code was counted. */
export type Tally = { readonly [F in FacetName]: Uint32Array };

export function emptyTally({ dictionaries }: Columns): Tally {
  const counters = (name: DictionaryName) => new Uint32Array(dictionaries[name].texts.length);
  return {
    region: counters("region"),
    theme: counters("theme"),
    sharing: counters("sharing"),
    format: counters("formats"),
    kind: counters("kind"),
  };
}

/**
 * Does a document meet all conditions? The function answered also counts it for every facet whose own condition is the only one
 * in the way. It runs once per match, a hundred thousand times for a broad query: hence the arrays taken out beforehand.
 */
export function admission(query: SearchQuery, columns: Columns, tally: Tally): (doc: number) => boolean {
  const conditions = conditionsOf(query, columns);
  const { region, theme, sharing, kind, formats } = columns.arrays;
  const counters: { readonly [F in FacetName]: (doc: number) => void } = {
    region: (doc) => increment(tally.region, region[doc] as number),
    theme: (doc) => increment(tally.theme, theme[doc] as number),
    sharing: (doc) => increment(tally.sharing, sharing[doc] as number),
    kind: (doc) => increment(tally.kind, kind[doc] as number),
    format(doc) {
      for (let bits = formats[doc] as number; bits !== 0; bits &= bits - 1) {
        increment(tally.format, 31 - Math.clz32(bits & -bits));
      }
    },
  };
  return (doc) => {
    let failed: Condition | undefined;
    for (const condition of conditions) {
      if (condition.holds(doc)) continue;
      if (failed !== undefined || condition.facet === undefined) return false;
      failed = condition;
    }
    if (failed?.facet !== undefined) {
      counters[failed.facet](doc);
      return false;
    }
    counters.region(doc);
    counters.theme(doc);
    counters.sharing(doc);
    counters.kind(doc);
    counters.format(doc);
    return true;
  };
}

function increment(counts: Uint32Array, code: number): void {
  counts[code] = (counts[code] as number) + 1;
}

export function facetsOf(tally: Tally, { dictionaries }: Columns): { [F in FacetName]: FacetCount[] } {
  const facet = (name: FacetName): FacetCount[] => {
    const { texts } = dictionaries[name === "format" ? "formats" : name];
    const counts: FacetCount[] = [];
    for (const [code, count] of tally[name].entries()) if (count > 0) counts.push({ code: texts[code] ?? "", count });
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

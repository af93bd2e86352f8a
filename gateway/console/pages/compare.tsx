import type { CatalogEntry } from "../../../node/catalog/model.ts";
import { quantity } from "../../reports/money.ts";
import { label, nameOfEntry } from "../labels.ts";
import { Layout } from "../parts/layout.tsx";
import { SharingBadge } from "../parts/sharing-badge.tsx";
import { joined } from "../punctuation.ts";
import type { View } from "../view.ts";

type Compared = { readonly region: string; readonly entry: CatalogEntry };

export function ComparePage({ view, entries }: { view: View; entries: readonly Compared[] }) {
  const t = view.t.entry;
  const lines: readonly (readonly [string, (one: Compared) => string])[] = [
    [view.t.search.region, ({ region }) => view.nameOf(region)],
    [t.provider, ({ entry }) => entry.provider.name],
    [t.condition, ({ entry }) => entry.sharing.condition ?? entry.sharing.basis ?? "—"],
    [t.frequency, ({ entry }) => label(view, "updateFrequency", entry.updateFrequency)],
    [t.modified, ({ entry }) => entry.modified],
    [t.level, ({ entry }) => label(view, "dataLevel", entry.dataLevel)],
    [
      t.formats,
      ({ entry }) =>
        joined(
          view,
          entry.formats.map((one) => label(view, "format", one)),
        ),
    ],
    [t.records, ({ entry }) => (entry.recordCount === undefined ? "—" : quantity(String(entry.recordCount)))],
  ];
  const fields = [...new Set(entries.flatMap(({ entry }) => entry.fields.map((field) => field.label)))];
  return (
    <Layout view={view} title={t.compareTitle} place="search">
      <header class="head">
        <h1>{t.compareTitle}</h1>
        <a href="/console/search">{view.t.search.title}</a>
      </header>
      {entries.length < 2 ? <p class="notice">{t.compareEmpty}</p> : null}
      {entries.length === 0 ? null : (
        <section class="card scroll">
          <table class="table">
            <thead>
              <tr>
                <td></td>
                {entries.map(({ region, entry }) => (
                  <th scope="col">
                    <a href={`/console/entries/${region}/${encodeURIComponent(entry.id)}`}>
                      {nameOfEntry(view, entry)}
                    </a>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">{view.t.search.sharing}</th>
                {entries.map(({ entry }) => (
                  <td>
                    <SharingBadge view={view} sharing={entry.sharing.attribute} kind={entry.kind} />
                  </td>
                ))}
              </tr>
              {lines.map(([name, text]) => (
                <tr>
                  <th scope="row">{name}</th>
                  {entries.map((one) => (
                    <td>{text(one)}</td>
                  ))}
                </tr>
              ))}
              {fields.map((field) => (
                <tr>
                  <th scope="row">{field}</th>
                  {entries.map(({ entry }) => (
                    <td>{entry.fields.some((one) => one.label === field) ? "✓" : "—"}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Layout>
  );
}

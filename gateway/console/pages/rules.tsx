import type { Rules } from "../../../node/rules/service.ts";
import { Layout } from "../parts/layout.tsx";
import { ruleTitle, Unverified } from "../parts/reason.tsx";
import { joined, titled } from "../punctuation.ts";
import type { View } from "../view.ts";

type ListedRule = ReturnType<Rules["list"]>[number];

export function RulesPage({ view, rules }: { view: View; rules: readonly ListedRule[] }) {
  const t = view.t.rules;
  const unverified = rules.filter(({ verified }) => !verified).length;
  return (
    <Layout view={view} title={t.title} place="peers">
      <header class="head">
        <h1>{t.lead(rules.length, unverified)}</h1>
      </header>
      <section class="card scroll">
        <table class="table fixed">
          <thead>
            <tr>
              <th scope="col">{t.key}</th>
              <th scope="col">{t.value}</th>
              <th scope="col" class="narrow">
                {t.level}
              </th>
              <th scope="col">{t.citation}</th>
              <th scope="col" class="narrow">
                {t.since}
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <Row view={view} rule={rule} />
            ))}
          </tbody>
        </table>
      </section>
    </Layout>
  );
}

function Row({ view, rule }: { view: View; rule: ListedRule }) {
  const { key, value, unit, level, pack, verified, citation, effectiveFrom, effectiveTo } = rule;
  const units: { readonly [unit: string]: string } = view.t.units;
  const levels: { readonly [level: string]: string } = view.t.levels;
  return (
    <tr id={encodeURIComponent(`${pack.id}@${pack.version}/${key}`)}>
      <th scope="row">
        {ruleTitle(view, key) ?? key}
        <small class="quiet block">
          {pack.name} {pack.version} · <code>{key}</code>
        </small>
      </th>
      <td>
        {valueText(view, value)} {units[unit] ?? unit}
        {verified ? <small class="quiet"> {view.t.rules.verified}</small> : <Unverified view={view} />}
      </td>
      <td class="keep">{levels[level] ?? level}</td>
      <td>
        {[citation.title, citation.docNo, citation.article].filter((part) => part !== undefined).join(" ")}
        {citation.note === undefined ? null : <small class="quiet block">{citation.note}</small>}
      </td>
      <td>
        {effectiveFrom}
        {effectiveTo === null ? "" : ` – ${effectiveTo}`}
      </td>
    </tr>
  );
}

function valueText({ t }: View, value: ListedRule["value"]): string {
  if (typeof value === "boolean") return value ? t.rules.yes : t.rules.no;
  if (Array.isArray(value)) return joined({ t }, value);
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, one]) => titled({ t }, name, one))
    .join(";");
}

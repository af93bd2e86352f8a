import type { Child } from "hono/jsx";
import type { Failure } from "../../../node/kernel/exchange-error.ts";
import { INSIGHT_READERS } from "../../readers.ts";
import { holds, say, type View } from "../view.ts";
import { Layout } from "./layout.tsx";
import { Tabs } from "./tabs.tsx";

const TABS = [
  ["whatIf", "/console/what-if"],
  ["supplier", "/console/what-if/supplier"],
  ["forecast", "/console/what-if/forecast"],
  ["disclosure", "/console/disclosure"],
] as const;

type Props = {
  view: View;
  current: (typeof TABS)[number][0];
  title: string;
  lead: string;
  /** Where one agreement is looked at, the other tabs keep it. */
  agreement?: string | undefined;
  error?: Failure["error"] | undefined;
  aside?: Child;
  children?: Child;
};

/** Around the pages of figures that people decide by: the answer as heading, the ways between them, why there is none. */
export function InsightFrame({ view, current, title, lead, agreement, error, aside, children }: Props) {
  const kept = agreement === undefined ? "" : `?${new URLSearchParams({ agreement })}`;
  const tabs = TABS.filter(([id]) => holds(view, ...INSIGHT_READERS[id])).map(([id, href]) => {
    const isOfAgreement = id === "whatIf" || id === "forecast";
    return { id, href: isOfAgreement ? href + kept : href, word: view.t.insight.tabs[id] };
  });
  return (
    <Layout view={view} title={title} place="settlements">
      <Tabs current={current} tabs={tabs} />
      <header class="head">
        <h1>{lead}</h1>
        {aside}
      </header>
      {error === undefined ? null : (
        <p class="notice bad" role="alert">
          {say(view, error.text)} <code>{error.code}</code>
        </p>
      )}
      {children}
    </Layout>
  );
}

type ChoiceProps = {
  view: View;
  action: string;
  chosen: string | undefined;
  agreements: readonly { readonly id: string; readonly entry: { readonly name: string }; readonly peer: string }[];
};

/** Which agreement; without a script a button opens it. */
export function AgreementChoice({ view, action, chosen, agreements }: ChoiceProps) {
  const t = view.t.insight;
  if (agreements.length === 0) return <p class="notice">{t.noAgreement}</p>;
  return (
    <form class="choice" method="get" action={action}>
      <label class="form-label" for="agreement">
        {t.agreement}
      </label>
      <select class="form-select" id="agreement" name="agreement">
        {agreements.map(({ id, entry, peer }) => (
          <option value={id} selected={id === chosen}>
            {`${entry.name} · ${view.nameOf(peer)} · ${id}`}
          </option>
        ))}
      </select>
      <button type="submit" class="btn btn-sm btn-outline-primary">
        {t.choose}
      </button>
    </form>
  );
}

import type { ExchangeError } from "../../../node/kernel/exchange-error.ts";
import { Layout } from "../parts/layout.tsx";
import { say, type View } from "../view.ts";

export function RefusedPage({ view, title, error }: { view: View; title: string; error: ExchangeError }) {
  return (
    <Layout view={view} title={title}>
      <header class="head">
        <h1>{title}</h1>
      </header>
      <section class="banner bad" role="alert">
        <p>{say(view, error.text)}</p>
        <p class="actions">
          <a class="btn btn-primary" href="/console/">
            {view.t.refused.overview}
          </a>
          <a class="btn" href="/console/search">
            {view.t.refused.search}
          </a>
          <span class="quiet">
            {view.t.refused.code} <code>{error.code}</code>
          </span>
        </p>
      </section>
    </Layout>
  );
}

import type { ExchangeError } from "../../../node/kernel/exchange-error.ts";
import { Document } from "../parts/document.tsx";
import { Layout } from "../parts/layout.tsx";
import { type OpenView, say, type View } from "../view.ts";

/** For whoever is not known (yet): without navigation, with a way on. */
export function OpenRefusedPage({ view, title, error }: { view: OpenView; title: string; error: ExchangeError }) {
  return (
    <Document view={view} title={title}>
      <main id="content" class="sign-in">
        <h1>{title}</h1>
        <section class="banner bad" role="alert">
          <p>{say(view, error.text)}</p>
          <p class="actions">
            <a class="btn btn-primary" href="/console/">
              {view.t.refused.overview}
            </a>
            <code>{error.code}</code>
          </p>
        </section>
      </main>
    </Document>
  );
}

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

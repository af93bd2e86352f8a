import type { Child } from "hono/jsx";
import { STATEMENT_READERS } from "../../../node/settlement/period-view.ts";
import { fullTime } from "../format.ts";
import { joined } from "../punctuation.ts";
import { holds, type View } from "../view.ts";
import { Document } from "./document.tsx";
import { FormToken } from "./form-token.tsx";

const PLACES = [
  ["overview", "/console/"],
  ["search", "/console/search"],
  ["catalog", "/console/catalog"],
  ["negotiations", "/console/negotiations"],
  ["transfers", "/console/transfers"],
  ["settlements", "/console/settlements"],
  ["audit", "/console/audit"],
  ["peers", "/console/peers"],
] as const;
export type Place = (typeof PLACES)[number][0];

type Props = { view: View; title: string; place?: Place; done?: string | undefined; children?: Child };

export function Layout({ view, title, place, done, children }: Props) {
  return (
    <Document view={view} title={title}>
      <a class="skip" href="#content">
        {view.t.layout.skip}
      </a>
      <header class="top">
        <div class="container-xl top-row">
          <a class="brand" href="/console/">
            合流 Heliu
          </a>
          <span class="where">
            {view.region.name} {view.region.id}
          </span>
          <nav aria-label={view.t.layout.navigation}>
            <ul class="places">
              {placesOf(view).map(([name, href]) => (
                <li>
                  <a
                    href={href}
                    class={name === place ? "here" : ""}
                    aria-current={name === place ? "page" : undefined}
                  >
                    {view.t.nav[name]}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <Who view={view} />
        </div>
      </header>
      <main id="content" class="container-xl" tabindex={-1}>
        {done === undefined ? null : (
          <p class="notice good" role="status">
            {done} <a href="/console/audit">{view.t.layout.inLog}</a>
          </p>
        )}
        {children}
        <p class="printed">
          合流 Heliu · {view.region.name} {view.region.id} · {fullTime(new Date(view.nowMs).toISOString())}
        </p>
      </main>
    </Document>
  );
}

/** No link to what would only be refused. */
function placesOf(view: View) {
  return PLACES.filter(([name]) => name !== "settlements" || holds(view, ...STATEMENT_READERS));
}

function Who({ view }: { view: View }) {
  const { t, principal, language, waiting } = view;
  const other = language === "zh" ? "en" : "zh";
  return (
    <div class="who">
      <a href="/console/#waiting" class="waiting">
        {t.layout.waiting}
        <span class={waiting.length > 0 ? "count some" : "count"}>{waiting.length}</span>
      </a>
      <span
        title={joined(
          view,
          principal.roles.map((role) => t.roles[role]),
        )}
      >
        {principal.name}
      </span>
      <a href={`/console/language/${other}?next=${encodeURIComponent(view.address)}`} lang={other}>
        {t.layout.otherLanguage}
      </a>
      <form method="post" action="/console/sign-out">
        <FormToken view={view} />
        <button type="submit" class="plain">
          {t.layout.signOut}
        </button>
      </form>
    </div>
  );
}

import type { CodeListName } from "../../../node/catalog/codes.ts";
import type { Freshness } from "../../../node/federation/model.ts";
import { type FacetName, facetNames, type SearchAnswer, type SearchHit } from "../../../node/search/model.ts";
import { quantity } from "../../reports/money.ts";
import { label } from "../labels.ts";
import { FreshnessLine } from "../parts/freshness.tsx";
import { Layout } from "../parts/layout.tsx";
import { Marked, markedWords } from "../parts/marked.tsx";
import { SharingBadge } from "../parts/sharing-badge.tsx";
import { titled } from "../punctuation.ts";
import { say, type View } from "../view.ts";

export type Asked = { readonly q: string; readonly cursor?: string | undefined } & {
  readonly [F in FacetName]?: string | undefined;
};
type Props = { view: View; asked: Asked; answer: SearchAnswer; freshness: readonly Freshness[] };

const LISTS: { readonly [F in FacetName]?: CodeListName } = {
  theme: "theme",
  sharing: "sharingAttribute",
  format: "format",
  kind: "resourceKind",
};
const SHOWN_CODES = 8;

export function SearchPage({ view, asked, answer, freshness }: Props) {
  const t = view.t.search;
  return (
    <Layout view={view} title={asked.q === "" ? t.title : `${asked.q} · ${t.title}`} place="search">
      <h1 class="visually-hidden">{t.title}</h1>
      <search>
        <form
          class="search-form"
          method="get"
          action="/console/search"
          hx-get="/console/search"
          hx-trigger="submit, input delay:200ms"
          hx-target="#found"
          hx-select="#found"
          hx-swap="outerHTML"
          hx-replace-url="true"
        >
          <label class="visually-hidden" for="q">
            {t.label}
          </label>
          <input
            class="form-control"
            id="q"
            name="q"
            type="search"
            value={asked.q}
            placeholder={t.placeholder}
            autocomplete="off"
            data-search
          />
          {facetNames.map((name) =>
            asked[name] === undefined ? null : <input type="hidden" name={name} value={asked[name]} />,
          )}
          <button class="btn btn-primary" type="submit">
            {t.submit}
          </button>
        </form>
      </search>
      <Found view={view} asked={asked} answer={answer} freshness={freshness} />
    </Layout>
  );
}

function Found({ view, asked, answer, freshness }: Props) {
  const t = view.t.search;
  return (
    <div id="found">
      <p class="quiet search-status" role="status">
        <span>{t.found(quantity(String(answer.total)), String(answer.tookMs))}</span>{" "}
        <FreshnessLine view={view} freshness={freshness} />
      </p>
      <div class="search-columns">
        <nav class="facets" aria-label={t.clear}>
          {facetNames.map((name) => (
            <Facet view={view} name={name} asked={asked} counts={answer.facets[name]} />
          ))}
          {facetNames.some((name) => asked[name] !== undefined) ? (
            <a href={addressOf({ q: asked.q })}>{t.clear}</a>
          ) : null}
        </nav>
        <form class="card hits" method="get" action="/console/compare">
          {answer.reason === null ? null : <p class="card-body">{say(view, answer.reason.text)}</p>}
          <ol class="hit-list">
            {answer.items.map((hit) => (
              <Hit view={view} hit={hit} isSearched={asked.q !== ""} />
            ))}
          </ol>
          <div class="card-footer hits-end">
            {answer.items.length < 2 ? (
              <span></span>
            ) : (
              <button type="submit" class="btn btn-sm">
                {t.compare}
              </button>
            )}
            <span>
              {asked.cursor === undefined ? null : <a href={addressOf({ ...asked, cursor: undefined })}>{t.first}</a>}{" "}
              {answer.next === null ? null : <a href={addressOf({ ...asked, cursor: answer.next })}>{t.next}</a>}
            </span>
          </div>
        </form>
      </div>
    </div>
  );
}

type FacetProps = { view: View; name: FacetName; asked: Asked; counts: SearchAnswer["facets"][FacetName] };

function Facet({ view, name, asked, counts }: FacetProps) {
  if (counts.length === 0) return null;
  const list = LISTS[name];
  const chosen = asked[name];
  const wordOf = (code: string) => (list === undefined ? view.nameOf(code) : label(view, list, code));
  const shown = counts.filter(({ code }, i) => i < SHOWN_CODES || code === chosen);
  return (
    <section>
      <h2>{view.t.search[name]}</h2>
      <ul>
        {shown.map(({ code, count }) => {
          const isOn = code === chosen;
          const href = addressOf({ ...asked, cursor: undefined, [name]: isOn ? undefined : code });
          return (
            <li>
              <a href={href} class={isOn ? "on" : ""} aria-current={isOn ? "true" : undefined}>
                <span class="box" aria-hidden="true">
                  {isOn ? "✓" : ""}
                </span>
                <span class="word">{wordOf(code)}</span> <span class="num">{quantity(String(count))}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Hit({ view, hit, isSearched }: { view: View; hit: SearchHit; isSearched: boolean }) {
  const t = view.t.search;
  return (
    <li>
      <div class="hit-head">
        <h3>
          <a href={`/console/entries/${hit.region}/${encodeURIComponent(hit.id)}`}>
            <Marked {...hit.highlight.name} />
          </a>
        </h3>
        <span class="markers">
          <SharingBadge view={view} sharing={hit.sharing} kind={hit.kind} />
          {hit.kind === "product" ? null : <span class="marker">{label(view, "resourceKind", hit.kind)}</span>}
          <span class="marker">{label(view, "theme", hit.theme)}</span>
          <input
            type="checkbox"
            name="entry"
            value={`${hit.region}/${hit.id}`}
            aria-label={t.choose(hit.name)}
            class="form-check-input"
          />
        </span>
      </div>
      <p class="quiet facts">
        <span>{view.nameOf(hit.region)}</span>
        <span>{hit.provider}</span>
        <span>{t.updated(hit.modified)}</span>
      </p>
      <p class="abstract">
        <Marked {...hit.highlight.abstract} />
      </p>
      {isSearched ? <p class="quiet why">{titled(view, t.why, whyOf(view, hit))}</p> : null}
    </li>
  );
}

function whyOf(view: View, { highlight }: SearchHit): string {
  const t = view.t.search;
  const words = (of: readonly string[]) => of.map((word) => t.quote(word)).join("");
  const inName = markedWords(highlight.name);
  const inAbstract = markedWords(highlight.abstract);
  const why = [
    ...(inName.length === 0 ? [] : [t.inName(words(inName))]),
    ...(inAbstract.length === 0 ? [] : [t.inAbstract(words(inAbstract))]),
  ];
  return why.length === 0 ? t.byField : why.join(t.and);
}

function addressOf(asked: Asked): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value !== undefined && value !== "") query.set(name, value);
  return `/console/search?${query}`;
}

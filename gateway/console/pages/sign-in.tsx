import type { ExchangeError } from "../../../node/kernel/exchange-error.ts";
import { Document } from "../parts/document.tsx";
import { type OpenView, say } from "../view.ts";

type Props = { view: OpenView; next: string; error?: ExchangeError | undefined; name?: string | undefined };

export function SignInPage({ view, next, error, name }: Props) {
  const t = view.t.signIn;
  const other = view.language === "zh" ? "en" : "zh";
  return (
    <Document view={view} title={t.title}>
      <main id="content" class="sign-in">
        <h1>
          合流 Heliu <small>{`${view.region.name} ${view.region.id}`}</small>
        </h1>
        <p class="quiet">{t.lead}</p>
        {error === undefined ? null : (
          <p class="notice bad" role="alert">
            {say(view, error.text)} <code>{error.code}</code>
          </p>
        )}
        <form method="post" action="/console/sign-in" class="card">
          <div class="card-body">
            <input type="hidden" name="next" value={next} />
            <label class="form-label" for="token">
              {t.token}
            </label>
            <input
              class="form-control"
              id="token"
              name="secret"
              type="password"
              autocomplete="off"
              spellcheck={false}
              placeholder={`hlu_${view.region.id}_…`}
              autofocus
            />
            <p class="form-hint">{t.tokenHint}</p>
            <button class="btn btn-primary w-100" type="submit">
              {t.submit}
            </button>
          </div>
        </form>
        <details class="card" open={name !== undefined}>
          <summary class="card-body">{t.withPassword}</summary>
          <form method="post" action="/console/sign-in" class="card-body">
            <input type="hidden" name="next" value={next} />
            <label class="form-label" for="name">
              {t.name}
            </label>
            <input class="form-control" id="name" name="name" autocomplete="username" value={name ?? ""} />
            <label class="form-label" for="password">
              {t.password}
            </label>
            <input class="form-control" id="password" name="password" type="password" autocomplete="current-password" />
            <p class="actions">
              <button class="btn btn-primary w-100" type="submit">
                {t.submit}
              </button>
            </p>
          </form>
        </details>
        <p class="quiet">
          <a href={`/console/language/${other}?next=${encodeURIComponent(next)}`} lang={other}>
            {view.t.layout.otherLanguage}
          </a>
        </p>
      </main>
    </Document>
  );
}

import type { StoredLeaf } from "../../../node/audit/leaves.ts";
import type { ExchangeError } from "../../../node/kernel/exchange-error.ts";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { titled } from "../punctuation.ts";
import { actorName, leafKindName, say, type View } from "../view.ts";
import { LeafCheck, type LeafCheckModel } from "./leaf-check.tsx";

type Props = { view: View; stored: StoredLeaf; notYet: ExchangeError | undefined; check: LeafCheckModel | undefined };

export function LeafPage({ view, stored, notYet, check }: Props) {
  const t = view.t.audit;
  const { index, leaf, leafHash } = stored;
  return (
    <Layout view={view} title={t.leaf(index)} place="audit">
      <header class="head">
        <h1>{titled(view, t.leaf(index), leafKindName(view, leaf.kind))}</h1>
        <a href="/console/audit">{t.title}</a>
      </header>
      <section class={`banner ${notYet === undefined ? "good" : ""}`}>
        <p>
          <strong>{notYet === undefined ? t.covered : t.notYet}</strong>
          {notYet === undefined ? null : ` · ${say(view, notYet.text)}`}
        </p>
        <p class="actions">
          {notYet !== undefined ? null : (
            <>
              <a class="btn btn-sm btn-primary" href={`/console/audit/${index}/proof`}>
                {t.downloadProof}
              </a>
              <a class="btn btn-sm" href={`/console/audit/${index}/tlog-proof`}>
                {t.downloadTlogProof}
              </a>
            </>
          )}
          <a class="btn btn-sm" href={`/console/audit/${index}/bytes`}>
            {t.downloadLeaf}
          </a>
        </p>
      </section>
      <section class="card">
        <dl class="card-body facts-list">
          <dt>{t.at}</dt>
          <dd>
            <Time view={view} at={leaf.at} />
          </dd>
          <dt>{t.kind}</dt>
          <dd>
            <code>{leaf.kind}</code>
          </dd>
          <dt>{t.subject}</dt>
          <dd>
            <code>{leaf.subject}</code>
          </dd>
          <dt>{t.who}</dt>
          <dd>{actorName(view, leaf.actor)}</dd>
          <dt>{t.digest}</dt>
          <dd>
            <code>{leaf.digest}</code>
          </dd>
          <dt>RFC 6962</dt>
          <dd>
            <code>{leafHash}</code>
          </dd>
          {Object.entries(leaf.detail).map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </>
          ))}
        </dl>
      </section>
      {check === undefined ? null : <LeafCheck view={view} model={check} />}
    </Layout>
  );
}

import type { LogFinding } from "../../../node/audit/findings.ts";
import type { StoredLeaf } from "../../../node/audit/leaves.ts";
import { leafKinds } from "../../../node/audit/model.ts";
import type { Audit } from "../../../node/audit/service.ts";
import { quantity } from "../../reports/money.ts";
import { shortId } from "../format.ts";
import { DigestText } from "../parts/digest-text.tsx";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { joined } from "../punctuation.ts";
import { actorName, holds, leafKindName, type View } from "../view.ts";
import { Findings } from "./audit-findings.tsx";

export type LeafSearch = {
  readonly agreement?: string | undefined;
  readonly subject?: string | undefined;
  readonly kind?: string | undefined;
};

export type AuditModel = {
  readonly head: Awaited<ReturnType<Audit["head"]>>;
  readonly asked: LeafSearch;
  /** Null where the reader may not read leaves. */
  readonly leaves: readonly StoredLeaf[] | null;
  readonly next: string | null;
  /** Null where the reader may not see what is held against others. */
  readonly findings: readonly LogFinding[] | null;
};

export function AuditPage({ view, model }: { view: View; model: AuditModel }) {
  const t = view.t.audit;
  const { head, asked, leaves, next, findings } = model;
  const open = (findings ?? []).filter(({ mendedAt }) => mendedAt === null).length;
  const size = quantity(head.size);
  return (
    <Layout view={view} title={t.title} place="audit">
      <header class="head">
        <h1>{head.witnessedBy.length === 0 ? t.noWitness(size) : t.lead(size, head.witnessedBy.length)}</h1>
      </header>
      {open === 0 ? null : (
        <p class="notice bad" role="alert">
          <a href="#findings">{t.equivocations(open)}</a>
        </p>
      )}
      <section class="card">
        <h2 class="card-header">{t.head}</h2>
        <dl class="card-body facts-list">
          <dt>{t.size}</dt>
          <dd>{size}</dd>
          <dt>{t.root}</dt>
          <dd>
            <code>{head.root}</code>
          </dd>
          <dt>{t.witnesses}</dt>
          <dd>{head.witnessedBy.length === 0 ? t.none : joined(view, head.witnessedBy.map(view.nameOf))}</dd>
        </dl>
        <p class="card-footer">
          <a href="/console/audit/checkpoint">{t.checkpoint}</a> ·{" "}
          {holds(view, "auditor") ? (
            <a href="/console/sample">{view.t.evidence.sampleTitle}</a>
          ) : (
            <span class="quiet">{view.t.evidence.sampleOnly}</span>
          )}{" "}
          · <span class="quiet">{t.verifyHint}</span>
        </p>
      </section>
      <section class="card">
        <h2 class="card-header">{t.search}</h2>
        {leaves === null ? (
          <p class="card-body">{t.restricted}</p>
        ) : (
          <>
            <LeafForm view={view} asked={asked} />
            {asked.agreement === undefined ? null : (
              <p class="card-body">
                <a
                  class="btn btn-sm btn-outline-primary"
                  href={`/console/cases/${encodeURIComponent(asked.agreement)}`}
                >
                  {view.t.evidence.openCase}
                </a>
              </p>
            )}
            <Leaves view={view} leaves={leaves} />
            {next === null ? null : (
              <p class="card-footer">
                <a href={`/console/audit?${new URLSearchParams({ ...definedOf(asked), after: next })}`}>{t.next}</a>
              </p>
            )}
          </>
        )}
      </section>
      <Findings view={view} findings={findings} />
    </Layout>
  );
}

function definedOf(asked: LeafSearch): Record<string, string> {
  return Object.fromEntries(Object.entries(asked).filter((one): one is [string, string] => one[1] !== undefined));
}

function LeafForm({ view, asked }: { view: View; asked: LeafSearch }) {
  const t = view.t.audit;
  return (
    <form class="card-body filter" method="get" action="/console/audit">
      <label>
        {t.agreement}
        <input class="form-control" name="agreement" value={asked.agreement ?? ""} />
      </label>
      <label>
        {t.subject}
        <input class="form-control" name="subject" value={asked.subject ?? ""} />
      </label>
      <label>
        {t.kind}
        <select class="form-select" name="kind">
          <option value="">{t.anyKind}</option>
          {leafKinds.map((kind) => (
            <option value={kind} selected={kind === asked.kind}>
              {leafKindName(view, kind)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="btn btn-primary">
        {t.find}
      </button>
    </form>
  );
}

function Leaves({ view, leaves }: { view: View; leaves: readonly StoredLeaf[] }) {
  const t = view.t.audit;
  if (leaves.length === 0) return <p class="card-body">{t.empty}</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col" class="num">
              {t.index}
            </th>
            <th scope="col">{t.at}</th>
            <th scope="col">{t.what}</th>
            <th scope="col">{t.subject}</th>
            <th scope="col">{t.who}</th>
            <th scope="col">{t.digest}</th>
          </tr>
        </thead>
        <tbody>
          {leaves.map(({ index, leaf }) => (
            <tr>
              <th scope="row" class="num">
                <a href={`/console/audit/${index}`}>{quantity(index)}</a>
              </th>
              <td class="keep">
                <Time view={view} at={leaf.at} />
              </td>
              <td>{leafKindName(view, leaf.kind)}</td>
              <td title={leaf.subject}>{shortId(leaf.subject)}</td>
              <td class="keep">{actorName(view, leaf.actor)}</td>
              <td>
                <DigestText digest={leaf.digest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import type { Sample } from "../../../node/audit/sample.ts";
import { MAX_SAMPLE } from "../../../node/audit/sample.ts";
import type { Failure } from "../../../node/kernel/exchange-error.ts";
import { quantity } from "../../reports/money.ts";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { actorName, leafKindName, say, type View } from "../view.ts";

export type SampleModel = {
  readonly n: number;
  readonly salt: string;
  readonly sample: Sample | undefined;
  readonly error: Failure["error"] | undefined;
};

/** Entries that the checkpoint itself chose: whoever writes the log cannot foresee which. */
export function SamplePage({ view, model }: { view: View; model: SampleModel }) {
  const t = view.t.evidence;
  const { n, salt, sample, error } = model;
  const size = sample?.checkpoint.split("\n")[1] ?? "0";
  const asked = new URLSearchParams({ n: String(n), salt });
  return (
    <Layout view={view} title={t.sampleTitle} place="audit">
      <header class="head">
        <h1>{sample === undefined ? t.sampleTitle : t.sampleLead(sample.items.length, quantity(size))}</h1>
        <a href="/console/audit">{view.t.audit.title}</a>
      </header>
      {error === undefined ? null : (
        <p class="notice bad" role="alert">
          {say(view, error.text)} <code>{error.code}</code>
        </p>
      )}
      <p>{t.sampleIntro}</p>
      <form class="choice" method="get" action="/console/sample">
        <label class="form-label" for="n">
          {t.count}
        </label>
        <input
          class="form-control num few"
          id="n"
          name="n"
          type="number"
          min="1"
          max={String(MAX_SAMPLE)}
          value={String(n)}
        />
        <label class="form-label" for="salt">
          {t.salt}
        </label>
        <input class="form-control" id="salt" name="salt" maxlength={200} value={salt} />
        <button type="submit" class="btn btn-primary">
          {t.draw}
        </button>
      </form>
      {sample === undefined ? null : (
        <section class="card scroll">
          <Drawn view={view} sample={sample} />
          <p class="card-footer">
            <a href={`/console/sample/file?${asked}`}>{t.downloadSample}</a>
          </p>
        </section>
      )}
    </Layout>
  );
}

function Drawn({ view, sample }: { view: View; sample: Sample }) {
  const t = view.t.audit;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col" class="num">
            {view.t.evidence.order}
          </th>
          <th scope="col" class="num">
            {t.index}
          </th>
          <th scope="col">{t.at}</th>
          <th scope="col">{t.what}</th>
          <th scope="col">{t.who}</th>
        </tr>
      </thead>
      <tbody>
        {sample.items.map(({ index, leaf }, i) => (
          <tr>
            <td class="num">{i + 1}</td>
            <th scope="row" class="num">
              <a href={`/console/audit/${index}`}>{quantity(index)}</a>
            </th>
            <td class="keep">
              <Time view={view} at={leaf.at} />
            </td>
            <td>{leafKindName(view, leaf.kind)}</td>
            <td class="keep">{actorName(view, leaf.actor)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

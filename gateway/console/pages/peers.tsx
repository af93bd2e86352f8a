import type { Freshness } from "../../../node/federation/model.ts";
import type { TrustedRegion } from "../../../node/identity/model.ts";
import type { Outbox } from "../../../node/outbox/service.ts";
import type { PeerStep } from "../../deps.ts";
import { quantity } from "../../reports/money.ts";
import { fullTime } from "../format.ts";
import { DigestText } from "../parts/digest-text.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { joined, titled } from "../punctuation.ts";
import { holds, say, type View } from "../view.ts";

export type PeerRow = {
  readonly region: Pick<TrustedRegion, "id" | "name" | "status" | "endpoints">;
  readonly freshness: Freshness | undefined;
  readonly undelivered: number;
};

export type PeersModel = {
  readonly peers: readonly PeerRow[];
  readonly pending: Awaited<ReturnType<Outbox["pending"]>>;
  readonly trust: {
    readonly state: "ok" | "warn" | "expired";
    readonly version: string | null;
    readonly digest: string | null;
    readonly expiresAt: string | null;
  };
  readonly walk: { readonly name: string; readonly steps: readonly PeerStep[] } | undefined;
};

export function PeersPage({ view, model }: { view: View; model: PeersModel }) {
  const { peers, pending, walk } = model;
  const t = view.t.peers;
  return (
    <Layout view={view} title={t.title} place="peers">
      <header class="head">
        <h1>{leadOf(view, peers)}</h1>
        <p class="actions">
          <a class="btn btn-sm" href="/console/rules">
            {t.rules}
          </a>
          {holds(view, "admin", "auditor") ? (
            <a class="btn btn-sm" href="/console/users">
              {view.t.users.title}
            </a>
          ) : null}
        </p>
      </header>
      {walk === undefined ? null : <Walk view={view} walk={walk} />}
      <section class="card scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.region}</th>
              <th scope="col">{t.state}</th>
              <th scope="col">{t.lastContact}</th>
              <th scope="col" class="num">
                {t.sequence}
              </th>
              <th scope="col" class="num">
                {t.undelivered}
              </th>
              <th scope="col">{t.endpoint}</th>
              <th scope="col">
                <span class="visually-hidden">{t.check}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {peers.map((peer) => (
              <Row view={view} peer={peer} />
            ))}
          </tbody>
        </table>
        {holds(view, "admin", "auditor") ? null : <p class="card-footer quiet">{t.needsAdmin}</p>}
      </section>
      <div class="columns">
        <Trust view={view} model={model} />
        {pending.length === 0 ? null : <Pending view={view} pending={pending} />}
      </div>
    </Layout>
  );
}

function leadOf(view: View, peers: readonly PeerRow[]): string {
  const t = view.t.peers;
  if (peers.length === 0) return t.alone;
  const silent = peers.filter(({ freshness }) => freshness?.state !== "live");
  const names = (of: readonly PeerRow[]) =>
    joined(
      view,
      of.map(({ region }) => region.name),
    );
  return silent.length === 0 ? t.lead(names(peers)) : t.leadSilent(names(silent));
}

function Row({ view, peer: { region, freshness, undelivered } }: { view: View; peer: PeerRow }) {
  const t = view.t.peers;
  const state = freshness?.state ?? "never";
  return (
    <tr>
      <th scope="row">
        {region.name} <small class="quiet">{region.id}</small>
      </th>
      <td>
        <span class={`dot ${state}`}></span>
        {view.t.freshness[state]}
        {freshness === undefined || freshness.reason === null ? null : (
          <small class="quiet block">{say(view, freshness.reason.text)}</small>
        )}
      </td>
      <td class="keep">
        <Time view={view} at={freshness?.lastContactAt ?? null} />
      </td>
      <td class="num">{quantity(freshness?.sequence ?? "0")}</td>
      <td class="num">{quantity(String(undelivered))}</td>
      <td>
        {region.endpoints.rpc.map((endpoint) => (
          <code class="block">{endpoint}</code>
        ))}
      </td>
      <td>
        {holds(view, "admin", "auditor") ? (
          <form method="post" action={`/console/peers/${region.id}/check`}>
            <FormToken view={view} />
            <button type="submit" class="btn btn-sm">
              {t.check}
            </button>
          </form>
        ) : null}
      </td>
    </tr>
  );
}

function Walk({ view, walk }: { view: View; walk: NonNullable<PeersModel["walk"]> }) {
  const t = view.t.peers;
  const words: { readonly [step: string]: string } = t.steps;
  const failed = walk.steps.find((step) => !step.ok);
  return (
    <section class={`banner ${failed === undefined ? "good" : "bad"}`} role="status">
      <p>
        <strong>{titled(view, t.checking(walk.name), "")}</strong>
        {failed === undefined ? t.passed : t.failedAt(words[failed.step] ?? failed.step)}
      </p>
      <ol class="lines">
        {walk.steps.map(({ step, ok, detail }) => (
          <li>
            <strong>{words[step] ?? step}</strong> {ok ? t.ok : t.failed} <span class="quiet">{detail}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Trust({ view, model: { trust } }: { view: View; model: PeersModel }) {
  const t = view.t.peers;
  return (
    <section class="card">
      <h2 class="card-header">{t.trust}</h2>
      <dl class="card-body facts-list">
        <dt>{t.state}</dt>
        <dd>
          <span class={`dot ${trust.state === "ok" ? "live" : trust.state === "warn" ? "stale" : "never"}`}></span>
          {t.trustStates[trust.state]}
        </dd>
        <dt>{t.version}</dt>
        <dd>{trust.version ?? "—"}</dd>
        <dt>{t.digest}</dt>
        <dd>
          <DigestText digest={trust.digest} />
        </dd>
        <dt>{t.expires}</dt>
        <dd>{trust.expiresAt === null ? "—" : fullTime(trust.expiresAt)}</dd>
      </dl>
    </section>
  );
}

function Pending({ view, pending }: { view: View; pending: PeersModel["pending"] }) {
  const t = view.t.peers;
  return (
    <section class="card">
      <h2 class="card-header">{t.messages}</h2>
      <ul class="card-body lines">
        {pending.map(({ peer, kind, createdAt, attempts, lastError }) => (
          <li>
            {view.nameOf(peer)} · {kind} · {t.since} <Time view={view} at={createdAt} /> · {t.attempts} {attempts}
            {lastError === null ? null : (
              <small class="quiet block">{titled(view, t.error, say(view, lastError.text))}</small>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

import type { StatementView } from "../../../node/settlement/period-view.ts";
import { shortDigest } from "../format.ts";
import { DigestText } from "../parts/digest-text.tsx";
import { Time } from "../parts/time.tsx";
import type { View } from "../view.ts";

/** What each region computed alone, side by side. */
export function Digests({ view, one }: { view: View; one: StatementView }) {
  const t = view.t.settlement;
  const isSame = one.digest !== null && one.digest === one.peerDigest;
  return (
    <section class="card">
      <h2 class="card-header">{view.t.statement.digests}</h2>
      <dl class="card-body facts-list">
        <dt>{view.region.name}</dt>
        <dd>
          <DigestText digest={one.digest} />
        </dd>
        <dt>{view.nameOf(one.peer)}</dt>
        <dd>
          <DigestText digest={one.peerDigest} />
        </dd>
        <dt></dt>
        <dd>
          <span class={`dot ${isSame ? "live" : "stale"}`}></span>
          {isSame ? t.same : one.peerDigest === null || one.digest === null ? t.states.open : t.differ}
        </dd>
      </dl>
    </section>
  );
}

export function Signatures({ view, one }: { view: View; one: StatementView }) {
  const t = view.t.settlement;
  return (
    <section class="card">
      <h2 class="card-header">{t.evidence}</h2>
      <ul class="card-body lines">
        {one.signatures.length === 0 ? <li class="quiet">{view.t.agreement.notSigned}</li> : null}
        {one.signatures.map(({ region, keyId, signature }) => (
          <li>
            <span class="dot live"></span>
            {t.signedBy(view.nameOf(region))} · {view.t.agreement.key} {keyId} · <DigestText digest={signature} />
          </li>
        ))}
        {one.signedAt === null ? null : (
          <li>
            {t.signedAt} <Time view={view} at={one.signedAt} />
          </li>
        )}
        {one.leafIndex === null ? null : (
          <li>
            <span class="dot live"></span>
            {t.inLog} · <a href={`/console/audit/${one.leafIndex}`}>{t.openLeaf}</a>
          </li>
        )}
      </ul>
    </section>
  );
}

/** Which receipts differ, each one opens. */
export function Differences({ view, one: { differences } }: { view: View; one: StatementView }) {
  const t = view.t.settlement;
  if (differences === null) return null;
  const { receipts } = differences;
  if (receipts === null) return null;
  const lists: readonly (readonly [string, readonly string[]])[] = [
    [t.onlyOwn, receipts.onlyOwn],
    [t.onlyPeer, receipts.onlyPeer],
    [t.differing, receipts.differ],
  ];
  const count = lists.reduce((sum, [, ids]) => sum + ids.length, 0);
  return (
    <section class="card">
      <h2 class="card-header">
        {t.differences} ·{" "}
        {count === 0 ? view.t.statement.sameReceipts : view.t.statement.differencesFound(count, receipts.rounds)}
      </h2>
      <dl class="card-body facts-list">
        {lists.map(([name, ids]) => (
          <>
            <dt>{name}</dt>
            <dd>
              {ids.length === 0
                ? "0"
                : ids.map((id) => (
                    <>
                      <a href={`/console/receipts/${id}`} title={id}>
                        <code>{shortDigest(id)}</code>
                      </a>{" "}
                    </>
                  ))}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}

import type { Agreement } from "../../../node/negotiation/model.ts";
import { DigestText } from "../parts/digest-text.tsx";
import type { View } from "../view.ts";

export function Document({ view, agreement }: { view: View; agreement: Agreement }) {
  const t = view.t.agreement;
  const {
    digest,
    providerKeyId,
    providerSignature,
    consumerKeyId,
    consumerSignature,
    partySignatures = [],
  } = agreement;
  return (
    <section class="card">
      <h2 class="card-header">{t.document}</h2>
      <dl class="card-body facts-list stacked">
        <dt>{t.digest}</dt>
        <dd>
          <code>{digest}</code>
        </dd>
        <dt>{t.providerSignature}</dt>
        <dd>
          <DigestText digest={providerSignature} /> {t.key} {providerKeyId}
        </dd>
        <dt>{t.consumerSignature}</dt>
        <dd>
          {consumerSignature === null ? (
            t.notSigned
          ) : (
            <>
              <DigestText digest={consumerSignature} /> {t.key} {consumerKeyId}
            </>
          )}
        </dd>
        {partyRegions(agreement).map((region) => {
          const signed = partySignatures.find((one) => one.region === region);
          return (
            <>
              <dt>
                {t.partySignature} · {view.nameOf(region)}
              </dt>
              <dd>
                {signed === undefined ? (
                  <span class="marker warn">{view.t.usage.waitingFor}</span>
                ) : (
                  <>
                    <DigestText digest={signed.signature} /> {t.key} {signed.keyId}
                  </>
                )}
              </dd>
            </>
          );
        })}
      </dl>
      <p class="card-footer">
        <a href={`/console/agreements/${encodeURIComponent(agreement.id)}/document`}>{t.download}</a>
      </p>
    </section>
  );
}

/** Regions that are no side of it but are paid by it: each of them has to sign, too. */
function partyRegions({ terms, provider, consumer }: Agreement): string[] {
  const regions = (terms.price?.parties ?? []).map(({ regionId }) => regionId);
  return [...new Set(regions)].filter((region) => region !== provider && region !== consumer).sort();
}

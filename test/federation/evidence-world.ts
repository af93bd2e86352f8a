import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { type Harness, startRegions, until } from "./harness.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  bindSources,
  callProduct,
  chengduEntry,
  PRODUCT,
  type Side,
  settleEarly,
  signedCalls,
  TABLE,
} from "./trade.ts";

export const CHENGDU = "510100";
export const CHONGQING = "500000";

type BundleOptions = {
  readonly since?: string;
  readonly isWhole?: boolean;
  /** Another agreement than the settled one. */
  readonly of?: Agreement;
};

export type EvidenceWorld = {
  readonly harness: Harness;
  readonly provider: Side;
  readonly consumer: Side;
  /** A priced one, used and settled. */
  readonly agreement: Agreement;
  readonly periodId: string;
  /** The agreement's evidence as a region exports it, under a checkpoint that the other one has witnessed. */
  readonly bundle: (side: Side, options?: BundleOptions) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Two regions in this process that agreed on a priced product, used it and settled it. */
export async function evidenceWorld(): Promise<EvidenceWorld> {
  const harness = await startRegions({
    regions: [CHENGDU, CHONGQING],
    settings: { catalog: { authorisations: AUTHORISATIONS } },
  });
  const sideOf = (id: string): Side => ({ region: harness.region(id), node: harness.region(id).node });
  const [provider, consumer] = [sideOf(CHENGDU), sideOf(CHONGQING)];
  const chengdu = harness.region(CHENGDU);
  await chengdu.publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
  await bindSources(chengdu, 5);
  const agreement = await agreeOnProduct(provider, consumer);
  await callProduct(consumer, agreement, 0, 3);
  await signedCalls(provider, agreement, 3);
  await settleEarly([provider, consumer]);
  const periodId = periodOf(Date.now());
  return {
    ...{ harness, provider, consumer, agreement, periodId },
    async bundle(side, { since, isWhole = false, of: { id: agreementId } = agreement } = {}) {
      const { audit, evidence } = side.node();
      const query = { agreementId, periodId: isWhole ? undefined : periodId, since };
      if (isWhole) mustSucceed(await audit.fixAgreement(agreementId, "auditor"));
      return until(async () => {
        await audit.sequenceNow();
        const found = await evidence.bundle(query);
        const isWitnessed = found.ok && found.value.includes("/witness ");
        return isWitnessed ? found.value : undefined;
      });
    },
    stop: harness.stop,
  };
}

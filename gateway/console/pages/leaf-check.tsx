import { assetPath } from "../assets.ts";
import type { View } from "../view.ts";

export type LeafCheckModel = {
  readonly leaf: string;
  readonly proof: string;
  /** As of this list; the log's key bears the name under which the log is kept now. */
  readonly trustVersion: string;
  readonly logKey: string;
  readonly witnessKeys: readonly string[];
};

/** The reader's browser verifies; what it judges can be altered on the spot, to see that it notices. */
export function LeafCheck({ view, model }: { view: View; model: LeafCheckModel }) {
  const t = view.t.evidence;
  const { leaf, proof, trustVersion, logKey, witnessKeys } = model;
  return (
    <section
      class="card"
      id="check"
      data-check
      data-module={assetPath("verify-proof.js")}
      data-keys={JSON.stringify({ logKey, witnessKeys })}
      data-good={t.checkGood}
      data-witnesses={t.checkWitnesses}
      data-no-witness={t.checkNoWitness}
      data-bad={t.checkBad}
      data-ready={t.checkReady}
      data-failed={t.checkFailed}
    >
      <h2 class="card-header">{t.check}</h2>
      <div class="card-body">
        <p>{t.checkIntro}</p>
        <p class="notice" role="status">
          {t.checkNeedsScript}
        </p>
        <p class="actions">
          <button type="button" class="btn btn-primary" hidden>
            {t.checkNow}
          </button>
          <small class="quiet">
            {t.keys(trustVersion)} · <code>{logKey}</code>
          </small>
        </p>
        <label class="form-label" for="leaf-text">
          {t.leafText}
        </label>
        <textarea class="form-control code" id="leaf-text" name="leaf" rows={5} spellcheck={false}>
          {leaf}
        </textarea>
        <label class="form-label" for="proof-text">
          {t.proofText}
        </label>
        <textarea class="form-control code" id="proof-text" name="proof" rows={12} spellcheck={false}>
          {proof}
        </textarea>
      </div>
      <script type="module" src={assetPath("check-proof.js")}></script>
    </section>
  );
}

import type { Freshness } from "../../../node/federation/model.ts";
import { say, type View } from "../view.ts";
import { ago, lasting } from "./ago.ts";

/** How far each mirror is, in one line; colour is not the only signal. */
export function FreshnessLine({ view, freshness }: { view: View; freshness: readonly Freshness[] }) {
  const t = view.t.search;
  return (
    <span class="freshness">
      {freshness.map(({ name, state, behindMs, reason }) => (
        <a href="/console/peers" title={reason === null ? undefined : say(view, reason.text)}>
          <span class={`dot ${state}`}></span>
          {state === "live" ? t.live(name, ago(view, behindMs ?? 0)) : null}
          {state === "stale" ? t.stale(name, lasting(view, behindMs ?? 0)) : null}
          {state === "never" ? t.never(name) : null}
        </a>
      ))}
    </span>
  );
}

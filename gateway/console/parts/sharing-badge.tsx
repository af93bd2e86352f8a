import { label } from "../labels.ts";
import type { View } from "../view.ts";

const TONES: { readonly [sharing: string]: string } = { unconditional: "good", conditional: "warn", none: "bad" };

/** A product is not shared but operated, whatever its sharing attribute says. */
export function SharingBadge({ view, sharing, kind }: { view: View; sharing: string; kind: string }) {
  if (kind === "product") return <span class="marker info">{label(view, "resourceKind", kind)}</span>;
  return <span class={`marker ${TONES[sharing] ?? ""}`}>{label(view, "sharingAttribute", sharing)}</span>;
}

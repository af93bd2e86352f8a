import { label } from "../labels.ts";
import type { View } from "../view.ts";

const TONES: { readonly [sharing: string]: string } = { unconditional: "good", conditional: "warn", none: "bad" };

export function SharingBadge({ view, sharing }: { view: View; sharing: string }) {
  return <span class={`marker ${TONES[sharing] ?? ""}`}>{label(view, "sharingAttribute", sharing)}</span>;
}

import { metricWord } from "../../node/settlement/insight/metric-words.ts";
import { yuan } from "../reports/money.ts";
import { say, type View } from "./view.ts";

/** `成都市 提供方` for `510100:provider`. */
export function partyName(view: View, partyId: string): string {
  const [region = partyId, role = ""] = partyId.split(":");
  const roles: { readonly [role: string]: string } = view.t.partyRoles;
  return [view.nameOf(region), roles[role] ?? role].filter((word) => word !== "").join(" ");
}

/** `+1,200.00`: a difference shows its sign, so that nobody has to tell it by colour. */
export function difference(fen: string): string {
  return BigInt(fen) > 0n ? `+${yuan(fen)}` : yuan(fen);
}

/** `次` for `calls`. */
export function metricName(view: View, metric: string): string {
  return say(view, metricWord(metric));
}

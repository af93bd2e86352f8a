import type { ObjectionState } from "../../../node/procedures/objection.ts";
import type { View } from "../view.ts";

const TONES: { readonly [S in ObjectionState]: string } = {
  raised: "warn",
  marked: "warn",
  verified: "info",
  handled: "info",
  archived: "good",
  refused: "bad",
  withdrawn: "",
};

type Props = { view: View; state: ObjectionState; isBig?: boolean };

export function ObjectionBadge({ view, state, isBig = false }: Props) {
  return <span class={`marker ${isBig ? "big" : ""} ${TONES[state]}`}>{view.t.objection.states[state]}</span>;
}

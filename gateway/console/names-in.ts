import type { StatementView } from "../../node/settlement/period-view.ts";
import { type Names, namesOf } from "../reports/labels.ts";
import type { View } from "./view.ts";

type Named = Pick<StatementView, "peer" | "parties" | "entryId" | "entryName">;

/** Regions and parties of statements as the reader's language calls them. */
export function namesIn(view: View, statements: readonly Named[]): Names {
  const regions = new Set(
    statements.flatMap(({ peer, parties }) => [peer, ...parties.map(({ regionId }) => regionId)]),
  );
  const known = [...regions].map((region) => [region, view.nameOf(region)] as const);
  return namesOf(statements, { ...Object.fromEntries(known), [view.region.id]: view.region.name }, view.language);
}

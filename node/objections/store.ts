import { collection } from "../storage/collection.ts";
import type { Objection } from "./model.ts";

export const objections = collection<Objection>("objection");
/** (agreement, id) → id. */
export const objectionsByAgreement = collection<string>("objection-agreement");

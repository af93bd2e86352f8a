import { collection } from "../../storage/collection.ts";
import type { Source } from "../model.ts";

export const sourceRecords = collection<Source>("source");
/** Entry → the id of its source; an entry has one. */
export const sourcesByEntry = collection<string>("source-entry");

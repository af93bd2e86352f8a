import { collection } from "../storage/collection.ts";
import type { SignedTrustList } from "./model.ts";

/** Every adopted list with its signatures, by version: evidence of who could speak when. */
export const trustLists = collection<SignedTrustList>("trust-list");

/** The highest version ever adopted; it survives restarts, so an older list is refused for good. */
export const trustHead = collection<{ readonly version: string; readonly digest: string }>("trust-head");
export const headRef = trustHead.at("head");

/** The newest revocation list of each authority. `number` is decimal. */
export type StoredCrl = {
  readonly region: string;
  readonly issuerFingerprint: string;
  readonly number: string;
  readonly pem: string;
};
export const trustCrls = collection<StoredCrl>("trust-crl");

import { shortDigest } from "../format.ts";

/** Short to compare at a glance, whole on hover. */
export function DigestText({ digest }: { digest: string | null }) {
  if (digest === null) return <span>—</span>;
  return <code title={digest}>{shortDigest(digest)}</code>;
}

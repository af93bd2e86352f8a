import { fullTime, shortTime } from "../format.ts";
import type { OpenView } from "../view.ts";

/** Short to read, complete on hover. */
export function Time({ view, at }: { view: Pick<OpenView, "nowMs">; at: string | null }) {
  if (at === null) return <span>—</span>;
  return (
    <time datetime={at} title={fullTime(at)}>
      {shortTime(at, view.nowMs)}
    </time>
  );
}

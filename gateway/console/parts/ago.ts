import type { View } from "../view.ts";

/** `18 分钟`: how long something has lasted, as people say it. */
export function lasting(view: View, ms: number): string {
  const t = view.t.search;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return t.seconds(seconds);
  if (seconds < 3_600) return t.minutes(Math.round(seconds / 60));
  if (seconds < 48 * 3_600) return t.hours(Math.round(seconds / 3_600));
  return t.days(Math.round(seconds / 86_400));
}

export function ago(view: View, ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 2 ? view.t.search.justNow : view.t.search.secondsAgo(seconds);
}

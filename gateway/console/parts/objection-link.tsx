import type { View } from "../view.ts";

type Props = {
  view: View;
  /** Only who uses the data objects to it; the other side sees what was raised. */
  isConsumer: boolean;
  agreement: string;
  about?: { readonly transfer?: string; readonly receipt?: string };
};

export function ObjectionLink({ view, isConsumer, agreement, about = {} }: Props) {
  const t = view.t.objection;
  const asked = new URLSearchParams({ agreement, ...about });
  if (!isConsumer) return <a href={`/console/objections?${new URLSearchParams({ agreement })}`}>{t.title}</a>;
  return <a href={`/console/objections/new?${asked}`}>{t.raise}</a>;
}

import type { View } from "../view.ts";

export function FormToken({ view }: { view: View }) {
  return <input type="hidden" name="token" value={view.formToken} />;
}

import type { Child } from "hono/jsx";
import type { View } from "../view.ts";
import { FormToken } from "./form-token.tsx";

type Props = {
  view: View;
  action: string;
  label: string;
  /** What will be different afterwards; shown before the button that does it. */
  willHappen: string;
  confirm: string;
  tone?: "primary" | "danger" | undefined;
  /** What the reader saw; somebody else's change in between is noticed. */
  revision?: number | undefined;
  children?: Child;
};

/** A write in two steps without a script: open, read what will change, then confirm. */
export function Confirm({ view, action, label, willHappen, confirm, tone, revision, children }: Props) {
  const outline = tone === undefined ? "btn-outline-primary" : "";
  const color = tone === undefined ? "" : `btn-${tone === "danger" ? "outline-danger" : tone}`;
  return (
    <details class="confirm">
      <summary class={`btn btn-sm ${outline} ${color}`}>{label}</summary>
      <form method="post" action={action} class="card card-body">
        <FormToken view={view} />
        {revision === undefined ? null : <input type="hidden" name="revision" value={String(revision)} />}
        <p>{willHappen}</p>
        {children}
        <p class="actions">
          <button type="submit" class={`btn btn-sm ${tone === "danger" ? "btn-danger" : "btn-primary"}`}>
            {confirm}
          </button>
        </p>
      </form>
    </details>
  );
}

type FieldProps = { id: string; name: string; label: string; hint?: string; isRequired?: boolean; value?: string };

export function CommentField({ id, name, label, hint, isRequired = false, value = "" }: FieldProps) {
  return (
    <>
      <label class="form-label" for={id}>
        {label}
      </label>
      <textarea class="form-control" id={id} name={name} rows={2} maxlength={2_000} required={isRequired}>
        {value}
      </textarea>
      {hint === undefined ? null : <p class="form-hint">{hint}</p>}
    </>
  );
}

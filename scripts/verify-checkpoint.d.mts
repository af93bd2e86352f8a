export function checkBundle(
  bytes: Uint8Array,
  keys: { readonly log: string; readonly witness?: readonly string[] },
): {
  readonly ok: true;
  readonly origin: string;
  readonly size: string;
  readonly agreementId: string;
  readonly entries: number;
};

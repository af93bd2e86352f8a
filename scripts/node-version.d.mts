/** Why this Node cannot run Heliu, as one line in the reader's language; undefined when it can. */
export function nodeTooOld(
  version: string,
  environment: { readonly [name: string]: string | undefined },
): string | undefined;

import type { Context } from "hono";
import type { ErrorKind, ExchangeError } from "../../node/kernel/exchange-error.ts";
import { refusals } from "../../node/kernel/exchange-error.ts";
import type { Text } from "../../node/kernel/text.ts";

export const CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld";

/**
 * Status of every kind of refusal on this binding. A connector gives up on any 4xx and tries again on 5xx, so 503 stands
 * for what may heal and nothing else. What a caller may not touch does not exist for it. Source: dsp.md §1.4, §5.6.
 */
const DSP_STATUS = {
  "invalid-input": 400,
  "too-large": 413,
  unauthenticated: 401,
  forbidden: 404,
  "not-found": 404,
  conflict: 400,
  "illegal-transition": 400,
  "policy-denied": 400,
  "limit-exceeded": 400,
  "not-yet": 503,
  unavailable: 503,
  integrity: 400,
} as const satisfies Record<ErrorKind, number>;

export const refuse = refusals({
  "identity.no_channel": "unauthenticated",
  "authz.capability": "forbidden",
  DSP_BODY_TOO_LARGE: "too-large",
  DSP_MEDIA_TYPE: "invalid-input",
  DSP_BODY_MALFORMED: "invalid-input",
  DSP_CONTEXT: "invalid-input",
  DSP_FILTER: "invalid-input",
  DSP_CALLBACK: "invalid-input",
  DSP_ROLE: "illegal-transition",
  DSP_UNKNOWN: "not-found",
});

const RETRY_AFTER_SECONDS = "2";

/** `CatalogError` of the protocol. The text says what is wrong with the request, never anything about this node's inside. */
export function catalogError(c: Context, error: ExchangeError): Response {
  return answer(c, error.kind, { "@type": "CatalogError", code: error.code, reason: reasonOf(error.text) });
}

/** `ContractNegotiationError`; both pids are mandatory, so the path gives one and the body the other, as far as they do. */
export function negotiationError(
  c: Context,
  error: ExchangeError,
  pids: { readonly providerPid: string; readonly consumerPid: string },
): Response {
  return answer(c, error.kind, {
    "@type": "ContractNegotiationError",
    ...pids,
    code: error.code,
    reason: reasonOf(error.text),
  });
}

function answer(c: Context, kind: ErrorKind, body: object): Response {
  const status = DSP_STATUS[kind];
  if (status === 503) c.header("Retry-After", RETRY_AFTER_SECONDS);
  return c.json({ "@context": [CONTEXT], ...body }, status);
}

function reasonOf({ zh, en }: Text): string[] {
  return [en, zh];
}

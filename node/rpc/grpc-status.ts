import { Metadata, type ServiceError, type StatusObject, status } from "@grpc/grpc-js";
import { z } from "zod";
import type { ErrorKind, ExchangeError } from "../kernel/exchange-error.ts";

/** ABORTED tells the caller to read again and retry; FAILED_PRECONDITION tells it not to. Source: gRPC status codes. */
export const GRPC_STATUS = {
  "invalid-input": status.INVALID_ARGUMENT,
  "too-large": status.OUT_OF_RANGE,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  "not-found": status.NOT_FOUND,
  conflict: status.ABORTED,
  "illegal-transition": status.FAILED_PRECONDITION,
  "policy-denied": status.PERMISSION_DENIED,
  "limit-exceeded": status.RESOURCE_EXHAUSTED,
  "not-yet": status.UNAVAILABLE,
  unavailable: status.UNAVAILABLE,
  integrity: status.DATA_LOSS,
} as const satisfies Record<ErrorKind, status>;

/**
 * What a status means that came without our metadata: from the gRPC library, a proxy, or a program that is not Heliu's.
 * INTERNAL and UNKNOWN are worth another try, since every call is idempotent and the fault is the other side's.
 */
const KIND_OF_STATUS = {
  [status.OK]: "integrity",
  [status.CANCELLED]: "unavailable",
  [status.UNKNOWN]: "unavailable",
  [status.INVALID_ARGUMENT]: "invalid-input",
  [status.DEADLINE_EXCEEDED]: "unavailable",
  [status.NOT_FOUND]: "not-found",
  [status.ALREADY_EXISTS]: "conflict",
  [status.PERMISSION_DENIED]: "forbidden",
  [status.RESOURCE_EXHAUSTED]: "too-large",
  [status.FAILED_PRECONDITION]: "illegal-transition",
  [status.ABORTED]: "conflict",
  [status.OUT_OF_RANGE]: "too-large",
  [status.UNIMPLEMENTED]: "invalid-input",
  [status.INTERNAL]: "unavailable",
  [status.UNAVAILABLE]: "unavailable",
  [status.DATA_LOSS]: "integrity",
  [status.UNAUTHENTICATED]: "unauthenticated",
} as const satisfies Record<status, ErrorKind>;

const ERROR_KEY = "heliu-error-bin";
/** HTTP/2 stacks refuse trailers beyond 16 KiB or so; a refusal without its details is better than none. */
const MAX_ERROR_BYTES = 8_000;
/** Both texts within those bytes, with three for a Chinese character. */
const MAX_TEXT_CHARS = 1_000;

const kinds = Object.keys(GRPC_STATUS) as [ErrorKind, ...ErrorKind[]];
const errorSchema = z.object({
  kind: z.enum(kinds),
  code: z.string().min(1).max(100),
  text: z.object({ zh: z.string(), en: z.string() }),
  details: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});

export function statusOf(error: ExchangeError): Pick<StatusObject, "code" | "details" | "metadata"> {
  const metadata = new Metadata();
  const { kind, code, text } = error;
  const whole = Buffer.from(JSON.stringify(error), "utf8");
  const short = { kind, code, text: { zh: cut(text.zh), en: cut(text.en) } };
  metadata.set(ERROR_KEY, whole.length <= MAX_ERROR_BYTES ? whole : Buffer.from(JSON.stringify(short), "utf8"));
  return { code: GRPC_STATUS[kind], details: `${code}: ${short.text.en}`, metadata };
}

/**
 * A text may repeat what a peer wrote, which may be of any length. And grpc-js throws on half a character, where nothing could
 * catch it: one message would end the process.
 */
function cut(text: string): string {
  return text.slice(0, MAX_TEXT_CHARS).toWellFormed();
}

/** A fault is ours alone: the peer must not learn file names or SQL from it. */
export function internalStatus(): Pick<StatusObject, "code" | "details" | "metadata"> {
  return { code: status.INTERNAL, details: "Internal error.", metadata: new Metadata() };
}

/** The refusal a peer sent, or what the transport's own failure means. */
export function errorOf(fault: ServiceError, region: string): ExchangeError {
  const sent = sentError(fault);
  if (sent !== undefined) return sent;
  const kind = KIND_OF_STATUS[fault.code] ?? "unavailable";
  const what = fault.details.replace(LIBRARY_WORDS, "").trim();
  return {
    kind,
    code: TRANSPORT_CODE[kind] ?? "PEER_CALL_FAILED",
    text: {
      zh: `与地区 ${region} 的通信失败(${status[fault.code]}):${what};请用 heliu peers check ${region} 查看是哪一步。`,
      en: `The call to region ${region} failed (${status[fault.code]}): ${what}; run heliu peers check ${region} to see which step fails.`,
    },
    details: { region, status: status[fault.code] },
  };
}

/** What grpc-js puts around the cause. */
const LIBRARY_WORDS = /^No connection established\. Last error: (?:Error: )?|\.? Resolution note:\s*$/g;

const TRANSPORT_CODE: { readonly [kind in ErrorKind]?: string } = {
  unavailable: "PEER_UNAVAILABLE",
  "too-large": "PEER_MESSAGE_TOO_LARGE",
};

function sentError(fault: ServiceError): ExchangeError | undefined {
  const [bytes] = fault.metadata?.get(ERROR_KEY) ?? [];
  if (bytes === undefined) return undefined;
  try {
    const parsed = errorSchema.safeParse(JSON.parse(bytes.toString()));
    if (!parsed.success) return undefined;
    const { details, ...error } = parsed.data;
    return details === undefined ? error : { ...error, details };
  } catch {
    return undefined;
  }
}

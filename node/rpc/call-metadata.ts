import { Metadata } from "@grpc/grpc-js";
import type { Runtime } from "../kernel/runtime.ts";
import { newTraceId } from "../kernel/trace.ts";

const LIST_VERSION = "heliu-list-version";
const TRACE_PARENT = "traceparent";
const DECIMAL = /^(0|[1-9][0-9]{0,17})$/;
/** Version 00 of W3C Trace Context: version, trace id, parent id, flags. */
const TRACE = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What both sides say with every call, before a message is looked at. */
export function callMetadata(listVersion: string | undefined, traceId?: string, runtime?: Runtime): Metadata {
  const metadata = new Metadata();
  if (listVersion !== undefined) metadata.set(LIST_VERSION, listVersion);
  if (traceId !== undefined && runtime !== undefined) {
    const parent = Buffer.from(runtime.randomBytes(8)).toString("hex");
    metadata.set(TRACE_PARENT, `00-${traceId}-${parent}-01`);
  }
  return metadata;
}

/** Undefined where the other side said nothing readable. */
export function listVersionOf(metadata: Metadata): bigint | undefined {
  const [value] = metadata.get(LIST_VERSION);
  return typeof value === "string" && DECIMAL.test(value) ? BigInt(value) : undefined;
}

export function traceIdOf(metadata: Metadata, runtime: Runtime): string {
  const [value] = metadata.get(TRACE_PARENT);
  return (typeof value === "string" ? TRACE.exec(value)?.[1] : undefined) ?? newTraceId(runtime);
}

import { Metadata } from "@grpc/grpc-js";
import type { Runtime } from "../kernel/runtime.ts";
import { newTraceId, traceIdOfParent, traceParentOf } from "../kernel/trace.ts";
import type { Said } from "./frame-codec.ts";

const LIST_VERSION = "heliu-list-version";
const TRACE_PARENT = "traceparent";
const DECIMAL = /^(0|[1-9][0-9]{0,17})$/;

/** What both sides say with every call, before a message is looked at. */
export function callMetadata(listVersion: string | undefined, traceId?: string, runtime?: Runtime): Metadata {
  const metadata = new Metadata();
  if (listVersion !== undefined) metadata.set(LIST_VERSION, listVersion);
  if (traceId !== undefined && runtime !== undefined) metadata.set(TRACE_PARENT, traceParentOf(traceId, runtime));
  return metadata;
}

/** Undefined where the other side said nothing readable. */
export function listVersionOf(metadata: Metadata): bigint | undefined {
  const [value] = metadata.get(LIST_VERSION);
  return typeof value === "string" && DECIMAL.test(value) ? BigInt(value) : undefined;
}

export function traceIdOf(metadata: Metadata, runtime: Runtime): string {
  const [value] = metadata.get(TRACE_PARENT);
  return traceIdOfParent(typeof value === "string" ? value : undefined) ?? newTraceId(runtime);
}

/** As `callMetadata`, from what a data connection carries in its messages. */
export function metadataOf({ listVersion, traceparent }: Said): Metadata {
  const metadata = new Metadata();
  if (DECIMAL.test(listVersion)) metadata.set(LIST_VERSION, listVersion);
  metadata.set(TRACE_PARENT, traceparent);
  return metadata;
}

export function saidIn(metadata: Metadata): Said {
  const [traceparent] = metadata.get(TRACE_PARENT);
  return {
    listVersion: String(listVersionOf(metadata) ?? ""),
    traceparent: typeof traceparent === "string" ? traceparent : "",
  };
}

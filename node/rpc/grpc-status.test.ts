import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import type { ErrorKind, ExchangeError } from "../kernel/exchange-error.ts";
import { errorOf, GRPC_STATUS, internalStatus, statusOf } from "./grpc-status.ts";

const refusal: ExchangeError = {
  kind: "policy-denied",
  code: "PURPOSE_NOT_ALLOWED",
  text: { zh: "用途不在协议范围内。", en: "The purpose is not granted." },
  details: { rule: "policy.purpose", allowed: ["public-welfare"] },
};

const asFault = (sent: Pick<ServiceError, "code" | "details" | "metadata">): ServiceError =>
  Object.assign(new Error(sent.details), sent);

describe("the gRPC table of refusals", () => {
  it("does not compile when it lacks one kind", () => {
    const { "policy-denied": _one, ...some } = GRPC_STATUS;
    // @ts-expect-error one kind is missing; should this ever compile, the table stopped being exhaustive
    const statuses: Record<ErrorKind, status> = some;
    expect(statuses).toBeDefined();
  });

  it.each(Object.keys(GRPC_STATUS) as ErrorKind[])("brings a refusal of kind %s back whole", (kind) => {
    const error = { ...refusal, kind };
    expect(errorOf(asFault(statusOf(error)), "500000")).toEqual(error);
  });

  it("drops details that would burst the trailers, and keeps the code and both texts", () => {
    const error = { ...refusal, details: { issues: "x".repeat(20_000) } };
    const { details: _details, ...rest } = error;
    expect(errorOf(asFault(statusOf(error)), "500000")).toEqual(rest);
  });

  it("keeps the beginning of texts that would burst the trailers", () => {
    const text = { zh: "条".repeat(50_000), en: "x".repeat(50_000) };
    const sent = statusOf({ ...refusal, text });
    expect(errorOf(asFault(sent), "500000")).toEqual({
      ...{ kind: refusal.kind, code: refusal.code },
      text: { zh: "条".repeat(1_000), en: "x".repeat(1_000) },
    });
    expect(sent.details.length).toBeLessThan(1_100);
  });

  it("gives grpc-js no half characters, on which it would throw", () => {
    const { details } = statusOf({ ...refusal, text: { zh: "", en: "kind \ud83d" } });
    expect(encodeURI(details)).toBe(encodeURI("PURPOSE_NOT_ALLOWED: kind \ufffd"));
  });

  it("tells a peer nothing about an internal fault, and makes it retryable", () => {
    const sent = internalStatus();
    expect(sent.details).toBe("Internal error.");
    expect(errorOf(asFault(sent), "500000")).toMatchObject({ kind: "unavailable", code: "PEER_UNAVAILABLE" });
  });

  it("does not believe metadata that is not a refusal", () => {
    const metadata = new Metadata();
    metadata.set("heliu-error-bin", Buffer.from(JSON.stringify({ kind: "invented", code: "X", text: {} })));
    const fault = asFault({ code: status.NOT_FOUND, details: "gone", metadata });
    expect(errorOf(fault, "500000")).toMatchObject({ kind: "not-found", code: "PEER_CALL_FAILED" });
  });
});

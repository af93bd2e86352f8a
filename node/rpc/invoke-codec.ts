import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import {
  type AnsweredCall,
  type InvokeAnswer,
  type InvokeRequest,
  MAX_CALLS_PER_REQUEST,
  type RefusedCall,
} from "../transfer/wire.ts";
import { knownKind, offered } from "./frame-codec.ts";
import type { CallAnswer, CallAnswer__Output as CallAnswerOut } from "./generated/heliu/v1/CallAnswer.ts";
import type { InvokeAnswer as AnswerIn, InvokeAnswer__Output as AnswerOut } from "./generated/heliu/v1/InvokeAnswer.ts";
import type {
  InvokeRequest as RequestIn,
  InvokeRequest__Output as RequestOut,
} from "./generated/heliu/v1/InvokeRequest.ts";

const refuse = refusals({ TOO_MANY_CALLS: "too-large", TOO_MANY_SIGNATURES: "too-large" });
/** Far more windows than can wait for a signature: calls stop when the oldest has waited for a few seconds. */
const MAX_WINDOWS = 1_024;

export function fromInvokeRequest(request: InvokeRequest): RequestIn {
  const { missingFrom, inputs, signatures, resend, ...rest } = request;
  const lists = { inputs: [...inputs], signatures: [...signatures], resend: [...resend] };
  return missingFrom === null ? { ...rest, ...lists } : { ...rest, ...lists, missingFrom };
}

export function toInvokeRequest(sent: RequestOut): Result<InvokeRequest> {
  if (sent.inputs.length > MAX_CALLS_PER_REQUEST) return tooMany(sent.inputs.length);
  const windows = Math.max(sent.signatures.length, sent.resend.length);
  if (windows > MAX_WINDOWS) return tooManySignatures(windows);
  const { messageId, agreementId, purpose, inputs, signatures, consumerKeyId, flush, resend, missingFrom } = sent;
  return ok({
    messageId,
    agreementId,
    purpose,
    inputs: inputs.map(({ callId, input }) => ({ callId, input })),
    signatures: signatures.map(({ receiptId, signature }) => ({ receiptId, signature })),
    consumerKeyId,
    flush,
    resend,
    missingFrom: missingFrom ?? null,
  });
}

export function fromInvokeAnswer(answer: InvokeAnswer): AnswerIn {
  return {
    answers: answer.answers.map(fromCallAnswer),
    windows: answer.windows.map(({ window, core, providerSignature, calls }) => {
      const receipt = { core, providerSignature };
      return calls === null ? { window, receipt } : { window, receipt, calls: { calls: [...calls] } };
    }),
    receipts: [...answer.receipts],
    open: answer.open,
  };
}

/** Throws on what it does not know: the call then fails as a whole, and nothing is guessed. */
export function toInvokeAnswer(sent: AnswerOut): InvokeAnswer {
  return {
    answers: sent.answers.map(toCallAnswer),
    windows: sent.windows.map(({ window, receipt, calls }) => ({
      window,
      ...offered(receipt),
      calls: calls == null ? null : calls.calls.map(answered),
    })),
    receipts: sent.receipts.map(offered),
    open: sent.open,
  };
}

function fromCallAnswer(answer: AnsweredCall | RefusedCall): CallAnswer {
  const { callId } = answer;
  return "refusal" in answer ? { callId, refused: answer.refusal } : { callId, answered: answer };
}

function toCallAnswer(sent: CallAnswerOut): AnsweredCall | RefusedCall {
  if (sent.answered) return answered(sent.answered);
  if (!sent.refused) throw new TypeError("an answer that is neither given nor refused");
  const { errorKind, code, rule, text } = sent.refused;
  const refusal = { errorKind: knownKind(errorKind), code, rule, text: text ?? { zh: "", en: "" } };
  return { callId: sent.callId, refusal };
}

function answered({ callId, output, window, index }: AnsweredCall): AnsweredCall {
  return { callId, output, window, index };
}

function tooMany(count: number): Failure {
  return refuse(
    "TOO_MANY_CALLS",
    {
      zh: `一次请求最多 ${MAX_CALLS_PER_REQUEST} 个调用,收到 ${count} 个;请分批发送。`,
      en: `One request holds at most ${MAX_CALLS_PER_REQUEST} calls, ${count} came; send them in several requests.`,
    },
    { limit: String(MAX_CALLS_PER_REQUEST), count: String(count) },
  );
}

function tooManySignatures(count: number): Failure {
  return refuse(
    "TOO_MANY_SIGNATURES",
    {
      zh: `一次请求最多签署或重取 ${MAX_WINDOWS} 个窗口,收到 ${count} 个;请分批发送。`,
      en: `One request signs or asks again for at most ${MAX_WINDOWS} windows, ${count} came; send them in several requests.`,
    },
    { limit: String(MAX_WINDOWS), count: String(count) },
  );
}

import { refusals } from "../kernel/exchange-error.ts";

const refuse = refusals({
  OBJECTION_NOT_FOUND: "not-found",
  OBJECTION_NOT_CONSUMER: "forbidden",
  OBJECTION_ABOUT: "invalid-input",
  OBJECTION_OTHER_SIDE: "forbidden",
  OBJECTION_MESSAGE: "invalid-input",
  OBJECTION_MOVED: "conflict",
});

export function notFound(id: string) {
  return refuse(
    "OBJECTION_NOT_FOUND",
    { zh: `没有编号为 ${id} 的异议;请核对编号。`, en: `There is no objection ${id}; check the id.` },
    { id },
  );
}

export function notConsumer(agreementId: string) {
  return refuse(
    "OBJECTION_NOT_CONSUMER",
    {
      zh: `异议由使用数据的一方提出;本地区不是协议 ${agreementId} 的需求方。`,
      en: `Objections are raised by the region that uses the data; this one is not the consumer of ${agreementId}.`,
    },
    { agreementId },
  );
}

export function unknownAbout(agreementId: string, what: string) {
  return refuse(
    "OBJECTION_ABOUT",
    {
      zh: `协议 ${agreementId} 下没有${what};请用 heliu transfers list 或凭据序号核对后再提出。`,
      en: `There is no ${what} under ${agreementId}; look it up (heliu transfers list, numbers of receipts) and raise it again.`,
    },
    { agreementId, what },
  );
}

export function otherSide(event: string) {
  return refuse(
    "OBJECTION_OTHER_SIDE",
    {
      zh: `${event} 由另一地区办理;请等待对方。`,
      en: `${event} is up to the other region; wait for it.`,
    },
    { event },
  );
}

export function badMessage(field: string) {
  return refuse(
    "OBJECTION_MESSAGE",
    {
      zh: `异议消息的 ${field} 不正确或与现有状态不符;未采用,请双方核对。`,
      en: `The message's ${field} is malformed or does not fit how the objection stands; it was not taken. Compare both sides.`,
    },
    { field },
  );
}

export function moved(id: string) {
  return refuse(
    "OBJECTION_MOVED",
    { zh: `异议 ${id} 刚刚有变化;请刷新后再办理。`, en: `Objection ${id} has just changed; reload and try again.` },
    { id },
  );
}

import type { Text } from "../kernel/text.ts";

export type IssuerFault = "other_region" | "self_signed" | "path_length" | "unknown_authority" | "unfit_authority";

const ISSUER_FAULTS: { readonly [F in IssuerFault]: Text } = {
  other_region: { zh: "它由另一地区的 CA 签发", en: "it was issued by another region's authority" },
  self_signed: { zh: "它是自签名证书", en: "it is self-signed" },
  path_length: {
    zh: "它由下级 CA 签发,超出路径长度 0",
    en: "it was issued through an intermediate, beyond path length 0",
  },
  unknown_authority: { zh: "签发者不在信任列表中", en: "its issuer is not in the trust list" },
  unfit_authority: {
    zh: "该地区列出的 CA 证书已过期或无签发权",
    en: "the authority listed for the region is out of its validity or may not issue",
  },
};

export function issuerText(region: string, fault: IssuerFault, issuerRegion?: string): Text {
  const by = issuerRegion === undefined ? "" : ` (${issuerRegion})`;
  return {
    zh: `证书自称属于地区 ${region},但不是由该地区的 CA 签发:${ISSUER_FAULTS[fault].zh}${by}。请对方使用本地区 CA 签发的证书;若 CA 刚轮换,请先更新信任列表。`,
    en: `The certificate claims region ${region} but was not issued by that region's authority: ${ISSUER_FAULTS[fault].en}${by}. Use a leaf of the region's own authority; after a rotation, update the trust list first.`,
  };
}

/** What a refused connection is told or what the log says of it: what, why, what to do. */
export const refusalTexts = {
  noCertificate: (): Text => ({
    zh: "对方未出示客户端证书;地区之间只接受双向 TLS。请在对方节点配置证书。",
    en: "The peer presented no certificate; regions talk by mutual TLS only. Configure the peer's node certificate.",
  }),
  malformed: (what: string): Text => ({
    zh: `证书不符合节点证书的格式(${what});请由所属地区 CA 重新签发。`,
    en: `The certificate is not a proper node certificate (${what}); have the region's authority issue it again.`,
  }),
  expired: (until: string): Text => ({
    zh: `证书已于 ${until} 过期;请检查对方的自动续期与双方时钟。`,
    en: `The certificate expired at ${until}; check the peer's renewal and both clocks.`,
  }),
  notYetValid: (from: string): Text => ({
    zh: `证书自 ${from} 起才有效;请检查双方时钟。`,
    en: `The certificate is valid only from ${from}; check both clocks.`,
  }),
  noSpiffe: (): Text => ({
    zh: "证书中没有 SPIFFE 名称,无法确定是哪个节点;请由地区 CA 重新签发。",
    en: "The certificate carries no SPIFFE name, so nobody can tell which node it is; have the region's authority issue it again.",
  }),
  manySpiffe: (count: string): Text => ({
    zh: `证书含有 ${count} 个 URI 名称,只允许一个;请由地区 CA 重新签发。`,
    en: `The certificate carries ${count} URI names where exactly one is allowed; have the region's authority issue it again.`,
  }),
  listExpired: (version: string, until: string): Text => ({
    zh: `信任列表第 ${version} 版已于 ${until} 过期,不再接受新的会话;请向发起方索取并安装新版列表。`,
    en: `Trust list version ${version} expired at ${until}, so no new session is accepted; get the newer list from the founders and install it.`,
  }),
  unknownRegion: (trustDomain: string): Text => ({
    zh: `信任域 ${trustDomain} 不在现行信任列表中;如该地区应当加入,请由发起方签署新版列表。`,
    en: `No region of the trust list in force has the trust domain ${trustDomain}; if it should be in, the founders sign a new list.`,
  }),
  suspended: (region: string): Text => ({
    zh: `地区 ${region} 在信任列表中已被暂停;请与发起方联系。`,
    en: `Region ${region} is suspended in the trust list; speak with the founders.`,
  }),
  nameConstraints: (region: string): Text => ({
    zh: `证书名称超出地区 ${region} 的 CA 的名称约束,或该 CA 没有约束自身;请重新签发证书或 CA。`,
    en: `The certificate's names lie outside the name constraints of region ${region}'s authority, or the authority does not constrain itself; issue the leaf or the authority again.`,
  }),
  revoked: (region: string, serial: string): Text => ({
    zh: `地区 ${region} 的证书 ${serial} 已被吊销;请为该节点签发新证书。`,
    en: `Certificate ${serial} of region ${region} is revoked; issue the node a new one.`,
  }),
  keyUsage: (use: "client" | "server"): Text => ({
    zh: `证书的用途不包括 ${use === "client" ? "客户端" : "服务器"}身份认证;请由地区 CA 重新签发。`,
    en: `The certificate may not be used for ${use} authentication; have the region's authority issue it again.`,
  }),
  wrongRegion: (expected: string, found: string): Text => ({
    zh: `本应连接地区 ${expected},对方却是地区 ${found};请核对信任列表中的地址。`,
    en: `Region ${expected} was meant, region ${found} answered; check the endpoints in the trust list.`,
  }),
} as const;

import { type SignedTrustList, signedTrustListSchema } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Gate } from "./gate.ts";
import type { TrustHandlers } from "./generated/heliu/v1/Trust.ts";
import { serverStream, unary } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

const refuse = refusals({
  "trust.malformed": "invalid-input",
  "trust.no_list": "not-yet",
  "authz.own_region_only": "forbidden",
});

export function trustHandlers(gate: Gate, { trust }: Pick<RpcServices, "trust">, region: string): TrustHandlers {
  return {
    TrustList: unary(gate, null, async () => {
      const signed = trust.signed();
      return signed === undefined ? noList() : ok({ signedList: Buffer.from(JSON.stringify(signed), "utf8") });
    }),
    ProposeTrustList: unary(gate, null, async ({ signedList }) => {
      const parsed = parseSignedList(signedList);
      return parsed.ok ? trust.accept(parsed.value) : parsed;
    }),
    Watch: serverStream(gate, null, async function* (_request, { signal }) {
      let wake = () => {};
      let changed = true;
      const stop = trust.onChange(() => {
        changed = true;
        wake();
      });
      signal.addEventListener("abort", () => wake());
      try {
        while (!signal.aborted) {
          if (changed) {
            changed = false;
            yield {
              listVersion: trust.current()?.list.version ?? "0",
              crl: Buffer.from(trust.ownCrl() ?? new Uint8Array()),
            };
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        stop();
      }
    }),
    Renew: unary(gate, null, async ({ csr }, { peer }) => {
      if (peer.region !== region) return otherRegion(peer.region);
      const chain = await trust.renew(peer, csr);
      return chain.ok ? ok({ chain: chain.value.map((der) => Buffer.from(der)) }) : chain;
    }),
  };
}

/** Hundreds of regions; what is longer is not even parsed. */
const MAX_LIST_BYTES = 1_048_576;

/** A trust list as it came over the wire. */
export function parseSignedList(bytes: Uint8Array): Result<SignedTrustList> {
  if (bytes.length > MAX_LIST_BYTES) return malformed(`${bytes.length} > ${MAX_LIST_BYTES}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return malformed("JSON");
  }
  const parsed = signedTrustListSchema.safeParse(value);
  return parsed.success ? ok(parsed.data) : malformed(parsed.error.issues[0]?.path.join(".") ?? "");
}

function malformed(where: string): Failure {
  return refuse(
    "trust.malformed",
    {
      zh: `信任列表格式不正确(${where});未被采用。`,
      en: `The trust list is malformed (${where}); it was not adopted.`,
    },
    { where },
  );
}

function noList(): Failure {
  return refuse("trust.no_list", {
    zh: "本节点尚未安装信任列表;请运营者先安装并核对摘要。",
    en: "This node has no trust list yet; its operator has to install one and compare the digest.",
  });
}

function otherRegion(region: string): Failure {
  return refuse(
    "authz.own_region_only",
    {
      zh: `证书只能由本地区签发;地区 ${region} 的节点请向自己的地区申请。`,
      en: `A leaf is issued by its own region only; nodes of region ${region} ask theirs.`,
    },
    { region },
  );
}

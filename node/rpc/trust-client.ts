import type { SignedTrustList } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { PeerLink } from "./peer-link.ts";
import { protocol } from "./protocol.ts";
import { parseSignedList } from "./trust-handlers.ts";

export type TrustNotice = {
  readonly listVersion: bigint;
  /** The peer region's own revocation list in DER; null before it has issued one. */
  readonly crl: Uint8Array | null;
};

export type TrustChannel = {
  readonly list: (region: string) => Promise<Result<SignedTrustList>>;
  readonly propose: (region: string, signed: SignedTrustList) => Promise<Result<{ version: string; digest: string }>>;
  /** What is in force there now, and again at each change. Throws `ExchangeFault`. */
  readonly watch: (region: string, signal: AbortSignal) => AsyncIterable<TrustNotice>;
  /** A new leaf and its chain in DER; only the own region gives one. */
  readonly renew: (region: string, csr: Uint8Array) => Promise<Result<readonly Uint8Array[]>>;
};

const DECIMAL = /^(0|[1-9][0-9]{0,17})$/;

export function createTrustChannel(link: (region: string) => Result<PeerLink>, messageId: () => string): TrustChannel {
  const { Trust } = protocol();
  return {
    async list(region) {
      const found = link(region);
      if (!found.ok) return found;
      const answer = await found.value.unary(Trust.TrustList, { messageId: messageId() });
      return answer.ok ? parseSignedList(answer.value.signedList) : answer;
    },
    async propose(region, signed) {
      const found = link(region);
      if (!found.ok) return found;
      const signedList = Buffer.from(JSON.stringify(signed), "utf8");
      const answer = await found.value.unary(Trust.ProposeTrustList, { messageId: messageId(), signedList });
      return answer.ok ? ok({ version: answer.value.version, digest: answer.value.digest }) : answer;
    },
    async *watch(region, signal) {
      const found = link(region);
      if (!found.ok) throw new ExchangeFault(found.error);
      for await (const notice of found.value.serverStream(Trust.Watch, { messageId: messageId() }, signal)) {
        if (!DECIMAL.test(notice.listVersion)) continue;
        yield { listVersion: BigInt(notice.listVersion), crl: notice.crl.length === 0 ? null : notice.crl };
      }
    },
    async renew(region, csr) {
      const found = link(region);
      if (!found.ok) return found;
      const answer = await found.value.unary(Trust.Renew, { messageId: messageId(), csr: Buffer.from(csr) });
      return answer.ok ? ok(answer.value.chain) : answer;
    },
  };
}

import { isIP, type OnReadOpts, Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { Peer } from "../identity/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { peerChainOf, type TlsCredentials } from "./tls-front.ts";

/** Who is at the other end of a TLS connection, by the checks of trust.md §3 over its chain, leaf first. */
export type CheckChain = (chainDer: readonly Uint8Array[]) => Result<Peer>;

export type HandshakeOptions = {
  readonly host: string;
  /** Read at each handshake, so a renewed leaf is used from the next connection on. */
  readonly credentials: () => TlsCredentials;
  readonly check: CheckChain;
  readonly timeoutMs: number;
  /** What is spoken after the handshake (ALPN); `h2` unless said. */
  readonly protocol?: string;
};

/** A connected socket, or where to connect to and what reads the bytes without a stream in between. */
export type Wire = Socket | { readonly host: string; readonly port: number; readonly onread: OnReadOpts };

/**
 * The TLS handshake towards a peer. The certificate is judged by our own checks, against the
 * authority of the region that its name claims; Node's `authorized` would ask for one bundle of all authorities.
 */
export function shakeHands(wire: Wire, options: HandshakeOptions): Promise<TLSSocket> {
  const { host, credentials, check, timeoutMs, protocol = "h2" } = options;
  return new Promise((resolve, reject) => {
    const { certificatePem, keyPem } = credentials();
    const tls = connect({
      ...(wire instanceof Socket ? { socket: wire } : wire),
      cert: certificatePem,
      key: keyPem,
      minVersion: "TLSv1.3",
      ALPNProtocols: [protocol],
      rejectUnauthorized: false,
      // RFC 6066 allows no addresses as server names, and Node warns about them.
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const fail = (fault: Error) => {
      clearTimeout(timer);
      tls.destroy();
      reject(fault);
    };
    // A half-open link accepts the connection and then says nothing; nothing else would ever end the attempt.
    const timer = setTimeout(() => fail(new Error(`no TLS handshake within ${timeoutMs} ms`)), timeoutMs);
    const closed = () => fail(new Error("the connection was closed during the TLS handshake"));
    tls.once("error", fail);
    tls.once("close", closed);
    tls.once("secureConnect", () => {
      const peer = check(peerChainOf(tls));
      if (!peer.ok) return fail(new ExchangeFault(peer.error));
      clearTimeout(timer);
      tls.off("error", fail);
      tls.off("close", closed);
      // grpc-js listens on its own from here; an error in between must not end the process.
      tls.on("error", () => {});
      resolve(tls);
    });
  });
}

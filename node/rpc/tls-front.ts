import type { X509Certificate } from "node:crypto";
import { constants } from "node:crypto";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Peer } from "../identity/model.ts";
import type { ExchangeError, Result } from "../kernel/exchange-error.ts";

export type TlsCredentials = { readonly certificatePem: string; readonly keyPem: string };

/** A connection that was not accepted. It goes to log and metrics; to the audit log only when the region is proved. */
export type RefusedConnection = {
  /** `tls.plaintext`, `tls.version`, `tls.handshake` or a code of the peer check. */
  readonly code: string;
  /** `address:port`. */
  readonly remote: string;
  /** As the certificate claims; proved only when `verified`. */
  readonly region?: string;
  readonly verified: boolean;
  readonly error?: ExchangeError;
  /** What OpenSSL said, where the handshake itself failed. */
  readonly reason?: string;
};

export type TlsFrontOptions = {
  readonly host: string;
  readonly port: number;
  /** Read before every handshake: renewed credentials serve the next connection, running ones keep theirs. */
  readonly credentials: () => TlsCredentials;
  /** The whole check of trust.md §3 over the peer's chain, leaf first. */
  readonly check: (chainDer: readonly Uint8Array[]) => Result<Peer>;
  readonly onRefused: (refused: RefusedConnection) => void;
  /** `protocol`: what the handshake agreed on (ALPN); `http/1.1` with a peer that named none. */
  readonly onSocket: (socket: TLSSocket, peer: Peer, protocol: string) => void;
  readonly protocols?: readonly string[];
};

export type TlsFront = {
  readonly port: number;
  readonly connections: () => readonly Peer[];
  /** Closes live connections at once, streams and all; answers how many. */
  readonly closeWhere: (isToClose: (peer: Peer) => boolean) => number;
  /** Stops listening and closes what is open. */
  readonly close: () => Promise<void>;
};

/** Longer only helps those who open connections and say nothing. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A chain is a leaf and at most its authority; a longer one is only walked to say what is wrong with it. */
const MAX_CHAIN = 5;

/**
 * Terminates mutual TLS for gRPC and the Dataspace Protocol. OpenSSL's own verification is not asked (`ca: []`,
 * `rejectUnauthorized: false`): it could only check against one merged bundle and would refuse without a name for the
 * reason. What it would do is in `check`.
 */
export function listenTls(options: TlsFrontOptions): Promise<TlsFront> {
  const live = new Map<TLSSocket, Peer>();
  /** Every connection from its first byte on: one that was shaking hands when we closed would be waited for, and then served by nobody. */
  const accepted = new Set<Socket>();
  let isClosing = false;
  let presented = options.credentials();
  const context = () => ({
    cert: presented.certificatePem,
    key: presented.keyPem,
    ca: [],
    minVersion: "TLSv1.3" as const,
    // A resumed session would skip the certificate, and with it every check.
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  const server = createServer({
    ...context(),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    ALPNProtocols: [...(options.protocols ?? ["h2", "http/1.1"])],
  });
  // Before the handshake of this very connection begins, so that a renewed leaf needs no restart.
  server.prependListener("connection", (socket: Socket) => {
    accepted.add(socket);
    socket.once("close", () => accepted.delete(socket));
    const now = options.credentials();
    if (now === presented) return;
    presented = now;
    server.setSecureContext(context());
  });
  server.on("secureConnection", (socket) => {
    // Whoever takes the socket over has its own listener; until then a reset must not end the process.
    socket.on("error", () => {});
    const checked = options.check(peerChainOf(socket));
    if (!checked.ok) {
      options.onRefused(refusedBy(checked.error, remoteOf(socket)));
      socket.destroy();
      return;
    }
    live.set(socket, checked.value);
    socket.once("close", () => live.delete(socket));
    options.onSocket(socket, checked.value, socket.alpnProtocol || "http/1.1");
  });
  server.on("tlsClientError", (fault: Error & { code?: string }, socket) => {
    if (isClosing) return;
    const code = handshakeCode(fault.code);
    options.onRefused({ code, remote: remoteOf(socket), verified: false, reason: fault.code ?? fault.message });
    socket.destroy();
  });

  const front = (): TlsFront => ({
    port: (server.address() as AddressInfo).port,
    connections: () => [...live.values()],
    closeWhere: (isToClose) => {
      const closing = [...live].filter(([, peer]) => isToClose(peer));
      for (const [socket] of closing) socket.destroy();
      return closing.length;
    },
    close: () =>
      new Promise((resolve) => {
        isClosing = true;
        server.close(() => resolve());
        for (const socket of [...live.keys(), ...accepted]) socket.destroy();
      }),
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve(front());
    });
  });
}

/** The certificates the other end sent, in DER, leaf first; empty when it sent none. */
export function peerChainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_CHAIN) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function refusedBy(error: ExchangeError, remote: string): RefusedConnection {
  const { region, verified } = error.details ?? {};
  const refused = { code: error.code, remote, verified: verified === "true", error };
  return typeof region === "string" ? { ...refused, region } : refused;
}

/** OpenSSL 3 names; everything it cannot read as a TLS record is plaintext to us. */
const PLAINTEXT = new Set(["ERR_SSL_HTTP_REQUEST", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_HTTPS_PROXY_REQUEST"]);
const OLD_VERSION = new Set(["ERR_SSL_UNSUPPORTED_PROTOCOL", "ERR_SSL_VERSION_TOO_LOW", "ERR_SSL_UNKNOWN_PROTOCOL"]);

function handshakeCode(code: string | undefined): string {
  if (code === undefined) return "tls.handshake";
  if (PLAINTEXT.has(code)) return "tls.plaintext";
  return OLD_VERSION.has(code) ? "tls.version" : "tls.handshake";
}

function remoteOf(socket: TLSSocket): string {
  return `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? "?"}`;
}

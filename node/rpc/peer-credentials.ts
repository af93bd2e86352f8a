import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { CallCredentials, ChannelCredentials } from "@grpc/grpc-js";
import type { ExchangeError } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { type HandshakeOptions, shakeHands } from "./tls-handshake.ts";

export type ConnectionEvents = {
  readonly connected: (socket: TLSSocket) => void;
  readonly failed: (reason: string, error?: ExchangeError) => void;
};

/** Lets grpc-js connect by our own handshake. grpc-js makes the TCP connection and asks these credentials to secure it. */
export class PeerCredentials extends ChannelCredentials {
  readonly #options: HandshakeOptions;
  readonly #events: ConnectionEvents;

  constructor(options: HandshakeOptions, events: ConnectionEvents) {
    super();
    this.#options = options;
    this.#events = events;
  }

  _isSecure(): boolean {
    return true;
  }

  _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  _createSecureConnector() {
    return {
      connect: async (socket: Socket) => {
        try {
          const tls = await shakeHands(socket, this.#options);
          this.#events.connected(tls);
          return { socket: tls, secure: true };
        } catch (fault) {
          const refusal = fault instanceof ExchangeFault ? fault.error : undefined;
          this.#events.failed(fault instanceof Error ? fault.message : String(fault), refusal);
          throw fault;
        }
      },
      waitForReady: async () => {},
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => {},
    };
  }
}

import { err, type Result } from "../../../node/kernel/exchange-error.ts";
import type { SeededRandom } from "../../demo/seeded-random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** One process of a region, from its start to its death. */
export type Incarnation = { readonly region: string; isAlive: boolean };

/** A stream between two processes. `broken` rejects when either of them dies or the way between them is cut. */
export type Line = { readonly broken: Promise<never>; readonly close: () => void };

type OpenLine = { readonly from: Incarnation; readonly to: Incarnation; readonly breakOff: () => void };

const TIMEOUT_MS = 20_000;
const NEVER = new Promise<never>(() => {});

/** What lies between regions: late, lost, twice, out of order, and now and then not there at all. */
export class Network {
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #lines = new Set<OpenLine>();
  readonly #cut = new Set<string>();
  /** Chance that a message or an answer is lost, and that a message comes twice. */
  loss = 0;
  repetition = 0;
  messages = 0;
  repeated = 0;
  lost = 0;

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
  }

  cut(a: string, b: string): void {
    this.#cut.add(pairOf(a, b));
    for (const line of [...this.#lines]) if (this.isCut(line.from.region, line.to.region)) line.breakOff();
  }

  heal(): void {
    this.#cut.clear();
    this.loss = 0;
    this.repetition = 0;
  }

  isCut(a: string, b: string): boolean {
    return this.#cut.has(pairOf(a, b));
  }

  /** Everything that ends with a process. */
  ended(dead: Incarnation): void {
    for (const line of [...this.#lines]) if (line.from === dead || line.to === dead) line.breakOff();
  }

  /**
   * Asks whoever is `to` when the message arrives. An answer that is lost looks like a peer that is away; a message that comes
   * twice comes again later, when others have overtaken it.
   */
  async request<T>(
    from: Incarnation,
    to: () => Incarnation | undefined,
    act: (again: boolean) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    if (!from.isAlive) return NEVER;
    this.messages += 1;
    await this.#time.sleep(this.#delayMs());
    const target = to();
    if (target === undefined || this.isCut(from.region, target.region)) return this.#away(from, 0);
    if (this.#isLost()) return this.#away(from, TIMEOUT_MS);
    if (this.#random.next() < this.repetition) {
      this.repeated += 1;
      this.#time.after(this.#delayMs() * 50, () => {
        if (to() !== undefined) void act(true).catch(() => {});
      });
    }
    const answer = await act(false).catch((fault: unknown) => {
      // The peer died over it; whatever it was doing then nobody will hear.
      if (target.isAlive) throw fault;
      return undefined;
    });
    await this.#time.sleep(this.#delayMs());
    if (!from.isAlive) return NEVER;
    const isReachable = target.isAlive && !this.isCut(from.region, target.region);
    return answer === undefined || !isReachable || this.#isLost() ? this.#away(from, 0) : answer;
  }

  open(from: Incarnation, to: Incarnation | undefined): Line {
    if (!from.isAlive) return { broken: NEVER, close: () => {} };
    if (to === undefined || this.isCut(from.region, to.region)) throw new Error("the peer is away");
    let breakOff = () => {};
    const broken = new Promise<never>((_resolve, reject) => {
      breakOff = () => reject(new Error("the connection broke"));
    });
    broken.catch(() => {});
    const line = { from, to, breakOff };
    this.#lines.add(line);
    return { broken, close: () => void this.#lines.delete(line) };
  }

  /** The way of one frame of a stream; some never arrive, and the stream with them. */
  async carry(line: Line): Promise<void> {
    if (this.#random.next() < this.loss / 4) throw new Error("the connection broke");
    await Promise.race([this.#time.sleep(this.#random.between(1, 20)), line.broken]);
  }

  async #away(from: Incarnation, afterMs: number): Promise<Result<never>> {
    this.lost += 1;
    await this.#time.sleep(afterMs);
    if (!from.isAlive) return NEVER;
    const text = { zh: "对方不在线。", en: "The peer is away." };
    return err({ kind: "unavailable", code: "PEER_UNAVAILABLE", text });
  }

  /** Mostly short; one in fifty long enough to be overtaken by anything. */
  #delayMs(): number {
    return this.#random.next() < 0.02 ? this.#random.between(500, 8_000) : this.#random.between(1, 80);
  }

  #isLost(): boolean {
    return this.#random.next() < this.loss;
  }
}

function pairOf(a: string, b: string): string {
  return [a, b].sort().join();
}

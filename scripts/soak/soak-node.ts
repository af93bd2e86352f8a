import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Role } from "../../node/identity/model.ts";
import type { Connection } from "../cli/client.ts";

const ENTRY = fileURLToPath(new URL("./node.js", import.meta.url));
const READY_MS = 120_000;
const STOP_MS = 12_000;

export type FailPoints = { readonly total: number; readonly counts: { readonly [name: string]: number } };

/** One region's node as its own process, started again at once when it is killed, as a service manager would. */
export class SoakNode {
  readonly id: string;
  readonly name: string;
  readonly dir: string;
  readonly api: string;
  readonly tokens: { [role in Role]?: string };
  /** Times that it was killed. */
  kills = 0;
  /** Where a process may end by itself, its disk having failed: what is mended before the next one. */
  beforeNextStart: (() => void) | undefined;
  /** Laid over the environment of the processes that are started from now on. */
  env: { readonly [name: string]: string } = {};
  #child: ChildProcess | undefined;
  #killAt: readonly string[] = [];
  #isStopping = false;
  #ready: Promise<void> = Promise.resolve();
  #fault: Error | undefined;

  constructor(made: {
    readonly id: string;
    readonly name: string;
    readonly dir: string;
    readonly api: string;
    readonly adminToken: string;
  }) {
    this.id = made.id;
    this.name = made.name;
    this.dir = made.dir;
    this.api = made.api;
    this.tokens = { admin: made.adminToken };
  }

  as(role: Role): Connection {
    const token = this.tokens[role];
    if (token === undefined) throw new Error(`${this.id} has no token for ${role}`);
    return { server: this.api, token };
  }

  /** `killAt`: the fail points at which the first process ends itself, the one after it, and so on. */
  start(killAt: readonly string[] = []): Promise<void> {
    const log = openSync(join(this.dir, "node.log"), "a");
    const [point, ...later] = killAt;
    const given = point === undefined ? [] : [point];
    const env = { ...process.env, ...this.env };
    const child = spawn(process.execPath, [ENTRY, this.dir, ...given], { env, stdio: ["pipe", "ignore", log] });
    closeSync(log);
    this.#child = child;
    this.#isStopping = false;
    this.#fault = undefined;
    this.#killAt = later;
    child.once("exit", (code, signal) => this.#ended(child, code, signal));
    this.#ready = this.#becomesReady(child);
    // Whoever waits hears of it; a fault that nobody waits for is in `fault`.
    this.#ready.catch(() => {});
    return this.ready();
  }

  /** Resolves when the node answers; a node that was killed is on its way back. */
  async ready(): Promise<void> {
    for (;;) {
      const waiting = this.#ready;
      await waiting;
      if (waiting === this.#ready) return;
    }
  }

  /**
   * From now on the fail points count from 1, and the given one ends the process or is a failing disk; each of `later` ends the
   * next process that is started.
   */
  arm(point: string, mode: "kill" | "error", later: readonly string[] = []): void {
    this.#killAt = later;
    this.#child?.stdin?.write(`arm ${point} ${mode}\n`);
  }

  /** From outside, wherever it is just now. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(force);
  }

  /** Stopped and started again, as a service manager does. */
  async restart(): Promise<void> {
    const restarted = this.stop().then(() => this.start(this.#killAt));
    // Whoever waits for the node waits for the next process.
    this.#ready = restarted;
    await restarted;
  }

  /** For the end of this program, where nothing can be waited for. */
  killNow(): void {
    this.#isStopping = true;
    this.#child?.kill("SIGKILL");
  }

  /** Names of the fail points at which it was killed. */
  killedAt(): string[] {
    return (this.#read("killed-at") ?? "").split("\n").filter((name) => name !== "");
  }

  failPoints(): FailPoints {
    return JSON.parse(this.#read("fail-points.json") ?? '{ "total": 0, "counts": {} }');
  }

  /** It ended although nobody killed it. */
  fault(): Error | undefined {
    return this.#fault;
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isStopping || child !== this.#child) return;
    if (signal === "SIGKILL") {
      this.kills += 1;
      this.#startAgain();
      return;
    }
    if (this.beforeNextStart !== undefined) {
      this.beforeNextStart();
      this.#startAgain();
      return;
    }
    this.#fault = new Error(`the node of ${this.id} ended by itself (${signal ?? code}); see ${this.dir}/node.log`);
  }

  /** Whoever waits for the node hears whether it came back. */
  #startAgain(): void {
    this.start(this.#killAt).catch(() => {});
  }

  async #becomesReady(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (performance.now() < deadline) {
      if (this.#fault !== undefined) throw this.#fault;
      // Another process took its place: that one is waited for instead.
      if (child !== this.#child) return;
      const answer = await fetch(`${this.api}/readyz`).catch(() => undefined);
      if (answer?.ok === true && child === this.#child) return;
      await delay(20);
    }
    throw new Error(`the node of ${this.id} was not ready in ${READY_MS} ms; see ${this.dir}/node.log`);
  }

  #read(file: string): string | undefined {
    const path = join(this.dir, file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import type { Result } from "../../node/kernel/exchange-error.ts";
import type { Text } from "../../node/kernel/text.ts";
import { language } from "./output.ts";

/** A refusal as one line: what, why, what to do. `more` is shown with `--verbose`. */
export class CliFault extends Error {
  readonly code: string;
  readonly more: string;
  /** 1 failed, 2 wrong usage. */
  readonly exitCode: 1 | 2;
  constructor(code: string, text: Text | string, options: { more?: string; exitCode?: 1 | 2 } = {}) {
    super(typeof text === "string" ? text : text[language()]);
    this.code = code;
    this.more = options.more ?? "";
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The value, or the refusal as a `CliFault`. */
export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new CliFault(result.error.code, result.error.text);
}

export type Connection = { readonly server: string; readonly token: string };

/** Where the node's API is: flags, then the environment, then what `heliu init` left in the node's folder. */
export function connectionOf(options: { server?: string; token?: string; dir?: string }): Connection {
  const dir = options.dir ?? process.env.HELIU_DIR;
  const server = options.server ?? process.env.HELIU_SERVER ?? serverOfFolder(dir) ?? "http://127.0.0.1:8510";
  const token = options.token ?? process.env.HELIU_TOKEN ?? tokenOfFolder(dir);
  if (token !== undefined) return { server: server.replace(/\/$/, ""), token };
  throw new CliFault(
    "CLI_NO_TOKEN",
    {
      zh: "没有令牌:请用 --token 或 HELIU_TOKEN 提供,或用 --dir 指定节点目录(heliu init 会在其中留下管理员令牌)。",
      en: "No token: give --token or HELIU_TOKEN, or name the node's folder with --dir (heliu init leaves the administrator's token there).",
    },
    { exitCode: 2 },
  );
}

function tokenOfFolder(dir: string | undefined): string | undefined {
  if (dir === undefined) return undefined;
  try {
    return readFileSync(join(dir, "token"), "utf8").trim();
  } catch {
    return undefined;
  }
}

function serverOfFolder(dir: string | undefined): string | undefined {
  if (dir === undefined) return undefined;
  try {
    const config = parseYaml(readFileSync(join(dir, "heliu.yaml"), "utf8"));
    const scheme = config?.http?.tls === undefined ? "http" : "https";
    return `${scheme}://${config?.http?.host ?? "127.0.0.1"}:${config?.http?.port ?? 8510}`;
  } catch {
    return undefined;
  }
}

type Request = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly file?: Uint8Array;
  readonly headers?: { readonly [name: string]: string };
};

/** One call of the node's HTTP API; a problem answer becomes a `CliFault` with the node's own words. */
export async function call(connection: Connection, path: string, request: Request = {}): Promise<Response> {
  const response = await reach(connection, path, request);
  if (response.ok) return response;
  const text = await response.text();
  throw problemFault(response.status, text);
}

export async function callJson<T = Record<string, unknown>>(
  connection: Connection,
  path: string,
  request: Request = {},
): Promise<T> {
  return (await (await call(connection, path, request)).json()) as T;
}

async function reach(connection: Connection, path: string, request: Request): Promise<Response> {
  const isFile = request.file !== undefined;
  const body = isFile ? request.file : request.body === undefined ? undefined : JSON.stringify(request.body);
  try {
    return await fetch(`${connection.server}/api/v1${path}`, {
      method: request.method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        authorization: `Bearer ${connection.token}`,
        "accept-language": language(),
        ...(body === undefined ? {} : { "content-type": isFile ? "application/octet-stream" : "application/json" }),
        ...request.headers,
      },
      ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    });
  } catch (fault) {
    throw new CliFault(
      "CLI_UNREACHABLE",
      {
        zh: `连不上节点 ${connection.server};请确认 heliu serve 正在运行,或用 --server 改正地址。`,
        en: `Cannot reach the node at ${connection.server}; make sure heliu serve is running, or correct --server.`,
      },
      { more: String((fault as Error).cause ?? fault) },
    );
  }
}

function problemFault(status: number, text: string): CliFault {
  try {
    const { code, detail, traceId, details } = JSON.parse(text);
    return new CliFault(code ?? `HTTP_${status}`, detail ?? text, {
      more: JSON.stringify({ status, traceId, details }),
    });
  } catch {
    return new CliFault(`HTTP_${status}`, text.slice(0, 500) || `HTTP ${status}`);
  }
}

import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mustSucceed } from "../node/kernel/exchange-error.ts";
import { initialiseNodeFolder } from "./bootstrap.ts";
import { makeCsr } from "./csr.ts";
import { createEnrolments, type Enrolments } from "./enrolment.ts";
import { type EnrolmentListener, enrol, listenForEnrolment } from "./enrolment-listener.ts";
import { nodeFiles, readCa, readCredentials } from "./files.ts";
import { newP256Key } from "./mint.ts";

const HOUR = 3_600_000;
const uri = "spiffe://r510100.heliu/node/second";
let dir: string;
let nowMs: number;
let enrolments: Enrolments;
let listener: EnrolmentListener | undefined;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 23);
  dir = await newFolder("510100");
  enrolments = createEnrolments({ dir, trustDomain: "r510100.heliu", nowMs: () => nowMs });
});
afterEach(async () => {
  await listener?.close();
  listener = undefined;
  await rm(dir, { recursive: true });
});

async function newFolder(regionId: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "heliu-certs-"));
  const endpoints = { rpc: ["127.0.0.1:8511"], dsp: [] };
  const name = "成都市";
  mustSucceed(await initialiseNodeFolder({ dir: folder, regionId, name, nodeName: "first", endpoints, nowMs }));
  return folder;
}

async function listen(folder: string): Promise<EnrolmentListener> {
  const [credentials, ca] = [mustSucceed(await readCredentials(folder)), mustSucceed(await readCa(folder))];
  const faults = (fault: unknown) => expect.unreachable(String(fault));
  const address = { host: "127.0.0.1", port: 0 };
  return listenForEnrolment({ ...address, credentials, caPem: ca.certificatePem, enrolments, onFault: faults });
}

const newCsr = (name = uri) => makeCsr(newP256Key().privateKeyPem, { uri: name, hosts: ["127.0.0.1"] });

describe("an enrolment token", () => {
  it("gives one leaf, even to two who bring it at the same moment", async () => {
    const token = mustSucceed(await enrolments.createToken("second", ["127.0.0.1"]));
    const csr = await newCsr();
    const both = await Promise.all([enrolments.redeem(token, csr), enrolments.redeem(token, csr)]);
    expect(both.map((answer) => (answer.ok ? "leaf" : answer.error.code))).toEqual(["leaf", "enrolment.used_token"]);
  });

  it("is worth nothing after an hour", async () => {
    const token = mustSucceed(await enrolments.createToken("second", []));
    nowMs += HOUR;
    expect(await enrolments.redeem(token, await newCsr())).toMatchObject({
      error: { code: "enrolment.expired_token" },
    });
  });

  it("is bound to its node: a request for another name is refused and does not use it up", async () => {
    const token = mustSucceed(await enrolments.createToken("second", ["127.0.0.1"]));
    const foreign = await newCsr("spiffe://r500000.heliu/node/second");
    expect(await enrolments.redeem(token, foreign)).toMatchObject({ error: { code: "certs.wrong_name" } });
    expect((await enrolments.redeem(token, await newCsr())).ok).toBe(true);
  });

  it("lies in the folder as a digest only, in files for the node's user alone", async () => {
    const token = mustSucceed(await enrolments.createToken("second", []));
    const stored = await readFile(join(dir, nodeFiles.enrolments), "utf8");
    expect(stored).not.toContain(token.slice(-43));
    for (const file of [nodeFiles.enrolments, nodeFiles.caKey, nodeFiles.leafKey, nodeFiles.statementKey]) {
      expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
    }
  });
});

describe("the enrolment listener", () => {
  it("enrols a new node over the network, once", async () => {
    listener = await listen(dir);
    const token = mustSucceed(await enrolments.createToken("second", ["127.0.0.1"]));
    const where = { host: "127.0.0.1", port: listener.port, token, names: { uri, hosts: ["127.0.0.1"] } };
    expect(mustSucceed(await enrol(where)).certificatePem).toContain("BEGIN CERTIFICATE");
    expect(await enrol(where)).toMatchObject({ error: { code: "enrolment.used_token" } });
  });

  it("gets no token when it is not the authority that the token names", async () => {
    const stranger = await newFolder("510100");
    listener = await listen(stranger);
    const token = mustSucceed(await enrolments.createToken("second", []));
    const where = { host: "127.0.0.1", port: listener.port, token, names: { uri, hosts: [] } };
    expect(await enrol(where)).toMatchObject({ error: { code: "enrolment.wrong_authority" } });
    expect((await enrolments.redeem(token, await makeCsr(newP256Key().privateKeyPem, { uri, hosts: [] }))).ok).toBe(
      true,
    );
    await rm(stranger, { recursive: true });
  });
});

import { Hono } from "hono";
import { expect, it } from "vitest";
import { readForm, termsOf } from "./form.ts";

async function termsWith(validTo: string) {
  const app = new Hono().post("/", async (c) => c.json(termsOf(await readForm(c))));
  const answer = await app.request("/", { method: "POST", body: new URLSearchParams({ validTo, fields: "uscc" }) });
  return (await answer.json()) as { readonly validTo?: string };
}

it("takes a last day as the whole of that day in China", async () => {
  expect((await termsWith("2027-02-28")).validTo).toBe("2027-02-28T16:00:00.000Z");
  expect(await termsWith(" ")).not.toHaveProperty("validTo");
});

it.each(["明年", "2027-02-30", "2027/02/28"])(
  "never leaves out a last day that it cannot read: %s",
  async (written) => {
    expect((await termsWith(written)).validTo).toBe(written);
  },
);

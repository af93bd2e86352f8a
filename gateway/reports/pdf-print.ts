import { fileURLToPath } from "node:url";
import type { PdfDefinition } from "./pdf-parts.ts";

/** Half a second of computing and 150 MB: run it in a worker, not on the way of requests. */
export async function printPdf(definition: PdfDefinition): Promise<Uint8Array> {
  const { default: pdfmake } = await import("pdfmake");
  // The package's exports hide the files beside it.
  const fonts = new URL("../fonts/", import.meta.resolve("@embedpdf/fonts-sc"));
  const weight = (name: string) => fileURLToPath(new URL(`NotoSansHans-${name}.otf`, fonts));
  const cn = {
    normal: weight("Regular"),
    bold: weight("Medium"),
    italics: weight("Regular"),
    bolditalics: weight("Medium"),
  };
  pdfmake.setFonts({ cn });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => path.startsWith(fileURLToPath(fonts)));
  return pdfmake.createPdf(definition).getBuffer();
}

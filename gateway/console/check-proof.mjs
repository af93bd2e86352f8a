// On a page with a proof: the reader's own browser judges what stands in the two fields, as it stands there.
const place = document.querySelector("[data-check]");
const button = place?.querySelector("button");
const verdict = place?.querySelector("[role=status]");

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_match, name) => values[name] ?? "");
}

function tell(tone, text) {
  verdict.className = `notice ${tone}`;
  verdict.textContent = text;
}

function wordsOf(result) {
  const { good, bad, witnesses, noWitness } = place.dataset;
  if (!result.ok) return bad + (document.documentElement.lang.startsWith("zh") ? result.zh : result.en);
  const seen = result.witnesses.length === 0 ? noWitness : fill(witnesses, { witnesses: result.witnesses.join(", ") });
  return `${fill(good, result)} ${seen}`;
}

async function check({ verifyProof }) {
  const { keys } = place.dataset;
  const [leaf, proof] = ["leaf", "proof"].map((name) => place.querySelector(`textarea[name=${name}]`).value);
  const result = await verifyProof({ leaf, proof, ...JSON.parse(keys) });
  tell(result.ok ? "good" : "bad", wordsOf(result));
}

if (place !== null) {
  try {
    const verifier = await import(place.dataset.module);
    tell("", place.dataset.ready);
    button.hidden = false;
    button.addEventListener("click", () => check(verifier));
  } catch {
    tell("bad", place.dataset.failed);
  }
}

// Plain JavaScript that any Node runs, so that an old one hears what it lacks instead of a syntax error.

/** The oldest Node that works; the same as `engines` in package.json. */
const OLDEST = [20, 19];

/**
 * Why this Node cannot run Heliu, as one line in the reader's language; undefined when it can.
 *
 * @param {string} version
 * @param {{ readonly [name: string]: string | undefined }} environment
 * @returns {string | undefined}
 */
export function nodeTooOld(version, environment) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  const oldest = OLDEST.join(".");
  const language = environment.HELIU_LANG || environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || "";
  return /^en/i.test(language)
    ? `heliu: Heliu needs Node >= ${oldest} and this is ${version}; install a newer Node and run the command again. [NODE_TOO_OLD]`
    : `heliu: Heliu 需要 Node ≥ ${oldest},当前为 ${version};请安装较新的 Node 后重新运行。 [NODE_TOO_OLD]`;
}

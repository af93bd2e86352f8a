/** A sentence with the parties' names instead of their ids; the longest id first, because one may begin another. */
export function namedParties(text: string, partyIds: readonly string[], nameOf: (partyId: string) => string): string {
  const longest = [...new Set(partyIds)].sort((a, b) => b.length - a.length);
  return longest.reduce((words, partyId) => words.replaceAll(partyId, nameOf(partyId)), text);
}

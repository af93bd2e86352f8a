// What plain pages cannot do: "/" goes to the search field, Escape closes an open confirmation.
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const isTyping = target instanceof Element && target.matches("input, textarea, select");
  if (key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector("[data-search]");
    if (field instanceof HTMLElement) {
      event.preventDefault();
      field.focus();
    }
  }
  if (key === "Escape") {
    for (const open of document.querySelectorAll("details.confirm[open]")) open.removeAttribute("open");
  }
});

// Pages work without this. It keeps what is marked "data-live" up to date, and sends a form once.
"use strict";

const every = 5000;

async function refresh() {
  if (document.hidden || document.querySelector("form:focus-within input:not([type=hidden]), details.careful[open]")) return;
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = next.getElementById(part.id);
    if (fresh && fresh.textContent !== part.textContent) part.replaceWith(document.importNode(fresh, true));
  }
}

if (document.querySelector("[data-live]")) {
  setInterval(() => refresh().catch(() => {}), every);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// The zone of this browser, where the box itself does not know.
const zone = document.querySelector("select[data-guessed]");
if (zone) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === here)) zone.value = here;
}

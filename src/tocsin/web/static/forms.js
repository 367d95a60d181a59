// Forms that are changed in place: their lists grow without a new page, and fields hide that do not count.
"use strict";

function shown(sheet) {
  const data = new FormData(sheet);
  for (const field of sheet.querySelectorAll("[data-when]")) {
    const [name, wanted] = field.dataset.when.split("=");
    const value = data.get(name) ?? "";
    const fits = (each) => (each.endsWith("*") ? value.startsWith(each.slice(0, -1)) : value === each);
    field.hidden = !wanted.split("|").some(fits);
  }
}

function described(button) {
  return button && (button.getAttribute("aria-label") || button.textContent.trim());
}

async function rearrange(sheet, button) {
  const data = new URLSearchParams(new FormData(sheet));
  data.set("do", button.value);
  const answer = await fetch(sheet.action, { method: "POST", body: data, credentials: "same-origin", redirect: "manual" });
  if (answer.type === "opaqueredirect") { location.reload(); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("form[data-sheet]");
  if (!fresh) { sheet.submit(); return; }
  const open = new Set([...sheet.querySelectorAll("details[open][id]")].map((each) => each.id));
  const here = document.adoptNode(fresh);
  sheet.replaceWith(here);
  for (const each of here.querySelectorAll("details[id]")) if (open.has(each.id)) each.open = true;
  ready(here);
  focusAfter(here, button);
}

// Where one goes on: at the first field of a new part, else at the button that was pressed.
function focusAfter(sheet, button) {
  const [what, name] = button.value.split(":");
  if (what === "add") {
    const parts = [...sheet.querySelectorAll(`[data-part^="${CSS.escape(name)}."]`)].filter((part) => /^\d+$/.test(part.dataset.part.slice(name.length + 1)));
    parts.at(-1)?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    return;
  }
  const again = [...sheet.querySelectorAll("button[name=do]")].find((each) => each.value === button.value && !each.disabled);
  const other = again ?? [...sheet.querySelectorAll("button[name=do]")].find((each) => described(each) === described(button) && !each.disabled);
  (other ?? sheet.querySelector("button[name=do]"))?.focus();
}

function ready(sheet) {
  shown(sheet);
  sheet.addEventListener("change", () => shown(sheet));
  sheet.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button.name !== "do" || "whole" in button.dataset) return;
    if (sheet.dataset.plain) return;
    event.preventDefault();
    rearrange(sheet, button).catch(() => { sheet.dataset.plain = "yes"; sheet.requestSubmit(button); });
  });
}

for (const sheet of document.querySelectorAll("form[data-sheet]")) ready(sheet);
(document.getElementById("faults") ?? document.getElementById("review") ?? document.getElementById("meanwhile"))?.focus();

for (const block of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  if (navigator.clipboard) block.append(button);
}

// What is waited for shows as it comes: a part of the page is fetched anew when anything changes, and now and then.
async function refresh(part) {
  const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(part.dataset.fresh);
  if (fresh && part.isConnected) part.replaceWith(document.adoptNode(fresh));
}

async function arrived(part) {
  const answer = await fetch(part.dataset.arrival, { credentials: "same-origin", redirect: "manual" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("arrival");
  if (fresh && part.isConnected) part.replaceWith(document.adoptNode(fresh));
}

function lookAgain() {
  for (const part of document.querySelectorAll("[data-waits]")) refresh(part).catch(() => {});
  for (const part of document.querySelectorAll("[data-arrival]")) arrived(part).catch(() => {});
}

if (document.querySelector("[data-arrival], [data-waits]")) {
  const news = new EventSource("/live");
  news.addEventListener("change", lookAgain);
  setInterval(() => { if (!document.hidden && document.querySelector("[data-waits]")) lookAgain(); }, 2000);
}

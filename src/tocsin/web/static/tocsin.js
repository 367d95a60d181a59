// What changes while one looks: times that tick, and a page that looks again when it hears of a change.
"use strict";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function roughly(seconds) {
  for (const [unit, size] of UNITS) {
    if (seconds >= size) {
      const count = Math.floor(seconds / size);
      return `${count} ${unit}${count === 1 ? "" : "s"}`;
    }
  }
  return `${Math.floor(seconds)} second${Math.floor(seconds) === 1 ? "" : "s"}`;
}

function countdown(seconds) {
  const minutes = Math.floor(seconds / 60);
  return seconds < 3600 ? `in ${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}` : `in ${roughly(seconds)}`;
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(time.dateTime) - now) / 1000;
    time.textContent = left > 0 ? countdown(left) : "now";
  }
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const gone = (now - Date.parse(time.dateTime)) / 1000;
    time.textContent = gone < 45 ? "just now" : `${roughly(gone)} ago`;
  }
}

function ticked() {
  return new Set([...document.querySelectorAll("input[name=alert]:checked")].map((box) => box.value));
}

function writing() {
  const at = document.activeElement;
  return at && at.closest("#live") && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && at.type !== "checkbox";
}

let looking = false;
let again = false;

async function look() {
  if (looking || writing()) { again = true; return; }
  looking = true;
  again = false;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
    if (answer.type === "opaqueredirect") { location.reload(); return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    const here = document.getElementById("live");
    if (!fresh || !here || writing()) { again = true; return; }
    const chosen = ticked();
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.only : null;
    here.replaceWith(document.adoptNode(fresh));
    for (const box of document.querySelectorAll("input[name=alert]")) box.checked = box.type === "hidden" || chosen.has(box.value);
    if (focused) document.querySelector(`[data-only="${CSS.escape(focused)}"]`)?.focus();
    document.title = page.title;
    tick();
  } catch {
    again = true;
  } finally {
    looking = false;
  }
}

// j and k go through the alerts, a acknowledges, r resolves, x ticks, o opens, / searches.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const rows = [...document.querySelectorAll("[data-alert]")];
  const at = rows.findIndex((row) => row.classList.contains("at"));
  const row = rows[at];
  if (event.key === "/") { document.querySelector("input[type=search]")?.focus(); event.preventDefault(); }
  if (event.key === "j" || event.key === "k") {
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))];
    row?.classList.remove("at");
    next?.classList.add("at");
    next?.querySelector("a")?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }
  if (!row) return;
  if (event.key === "a") row.querySelector("button[value=acknowledge]")?.click();
  if (event.key === "r") row.querySelector("button[value=resolve]")?.click();
  if (event.key === "x") row.querySelector("input[type=checkbox]")?.click();
  if (event.key === "o") row.querySelector("a")?.click();
});

if (document.getElementById("live")) {
  const news = new EventSource("/live");
  news.addEventListener("change", look);
  let first = true;
  news.addEventListener("open", () => { if (!first) look(); first = false; });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  document.addEventListener("focusout", () => { if (again) setTimeout(look, 50); });
  setInterval(tick, 1000);
  tick();
}

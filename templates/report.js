"use strict";
(() => {
  const all = [...document.querySelectorAll(".f")];
  const form = document.getElementById("filter");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const note = document.getElementById("note");
  const told = document.getElementById("told");
  const folded = document.querySelector(".filters");
  const theme = document.getElementById("theme");
  const GROUPS = ["status", "severity", "scenario", "area"];
  const narrow = matchMedia("(max-width: 860px)");
  const texts = new Map();
  const total = shown.dataset.total;

  const text = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const boxes = (group) => [...form.querySelectorAll(`input[name="${group}"]`)];
  const unset = (group) => boxes(group).every((box) => box.checked);

  function apply(keep) {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = GROUPS.filter((group) => !unset(group)).map((group) => [
      group,
      new Set(boxes(group).filter((box) => box.checked).map((box) => box.value)),
    ]);
    const active = words.length > 0 || wanted.length > 0;
    let number = 0;
    for (const item of all) {
      const fits =
        wanted.every(([group, values]) => item.dataset[group].split(" ").some((v) => values.has(v))) &&
        words.every((word) => text(item).includes(word));
      item.hidden = !fits;
      number += fits ? 1 : 0;
    }
    for (const part of document.querySelectorAll(".holds")) {
      const some = part.querySelector(".f:not([hidden])") !== null;
      part.hidden = !some && (active || part.classList.contains("fold"));
      if (part.classList.contains("fold")) part.open = active && some;
    }
    const said = [
      ...(words.length ? [`search ${search.value.trim()}`] : []),
      ...wanted.map(([group, values]) => `${group} ${values.size ? [...values].join(", ") : "none"}`),
    ].join("; ");
    shown.textContent = `${number} of ${total} shown`;
    note.textContent = active ? `${number} of ${total} findings shown: ${said}` : "";
    told.textContent = active ? `Filter: ${said}` : "Filter: all";
    if (!keep) remember(words, wanted);
  }

  function remember(words, wanted) {
    const state = new URLSearchParams();
    if (words.length) state.set("search", search.value.trim());
    for (const [group, values] of wanted) state.set(group, [...values].join(" "));
    const query = state.toString();
    history.replaceState(null, "", query ? `#filter&${query}` : "#");
  }

  function restore() {
    const hash = location.hash;
    if (hash.startsWith("#filter&")) {
      const state = new URLSearchParams(hash.slice(8));
      search.value = state.get("search") || "";
      for (const group of GROUPS) {
        const values = state.has(group) ? new Set(state.get(group).split(" ")) : null;
        for (const box of boxes(group)) box.checked = values === null || values.has(box.value);
      }
      apply(true);
      return;
    }
    const target = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    if (!target) return;
    if (target.closest("[hidden]")) reset(true);
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  }

  function reset(keep) {
    search.value = "";
    for (const group of GROUPS) for (const box of boxes(group)) box.checked = true;
    apply(keep === true);
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".card:not([open]), .fold:not([open]), .paper:not([open])")];
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("change", () => apply());
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("reset").addEventListener("click", reset);
  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    theme.textContent = dark ? "Dark" : "Light";
  });
  theme.textContent = matchMedia("(prefers-color-scheme: dark)").matches ? "Light" : "Dark";
  const fold = () => { folded.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  theme.hidden = false;
  form.hidden = false;
  addEventListener("hashchange", restore);
  apply(true);
  restore();
})();

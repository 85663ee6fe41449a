"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("filter");
  const search = byId("search");
  const subject = byId("subject");
  const shown = byId("shown");
  const note = byId("note");
  const told = byId("told");
  const more = byId("more");
  const folded = document.querySelector(".filters");
  const theme = byId("theme");
  const BOXES = ["status", "severity", "scenario", "area", "document"];
  const GROUPS = [...BOXES, "subject", "search"];
  const BATCH = 100;
  const narrow = matchMedia("(max-width: 860px)");
  const data = byId("many");
  // What is said here, in the language of the page.
  const words = JSON.parse(byId("words").textContent);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) => name in values ? values[name] : hole);
  const figure = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, words.figure.slice(1, -3));

  // Every finding of the report: what the filter looks at, and how its element is come by.
  const items = data ? read(JSON.parse(data.textContent)) : [...document.querySelectorAll(".f")].map(standing);
  const total = shown.dataset.total;
  let fitting = items;
  let filtered = "";
  let listed = 0;

  function standing(element) {
    const { status, severity, area, scenario, document: papers, subject: whom } = element.dataset;
    let text = null;
    return {
      element,
      status: [status],
      severity: [severity],
      area: [area],
      scenario: scenario.split(" "),
      document: papers.split(" "),
      subject: [whom],
      get text() {
        text ??= said(element).toLowerCase();
        return text;
      },
    };
  }

  // What a finding says, without what a button says.
  function said(element) {
    if (!element.querySelector(".copy")) return element.textContent;
    const bare = element.cloneNode(true);
    for (const button of bare.querySelectorAll(".copy")) button.remove();
    return bare.textContent;
  }

  // -- a large report: rows made when they are listed, their bodies when they are opened --

  function make(name, look, ...inside) {
    const element = document.createElement(name);
    if (look) element.className = look;
    element.append(...inside.filter((part) => part !== "" && part !== null));
    return element;
  }

  function mark(short) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", `mark c-${short}`);
    svg.setAttribute("viewBox", "0 0 12 12");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(space, "use");
    use.setAttribute("href", `#m-${short}`);
    svg.append(use);
    return svg;
  }

  function read(all) {
    const say = (place) => all.texts[place];
    for (const old of document.querySelectorAll(".area > :not(.areahead)")) old.remove();
    return all.items.map((one) => {
      const [anchor, id, title, whom, status, severity, weight, area, scenarios, papers, from] = one;
      let text = null;
      let element = null;
      return {
        anchor,
        id: say(id),
        status: [status],
        severity: [severity],
        area: [all.areas[area][0]],
        scenario: scenarios,
        document: papers.map(String),
        subject: [say(whom)],
        place: byId(all.areas[area][1]),
        get text() {
          text ??= texts(all, one).join(" ").toLowerCase();
          return text;
        },
        get element() {
          if (element) return element;
          const [word, short] = all.statuses[status];
          const head = make("summary", "",
            make("span", `m c-${short}`, mark(short), word),
            make("span", "t", `${say(title)} `, make("span", "code", say(id))),
            make("span", "weight", say(["pass", "not-applicable"].includes(status) ? from : weight)));
          element = make("details", "row f", head);
          element.id = anchor;
          element.addEventListener("toggle", () => {
            if (element.open && element.childElementCount === 1) {
              element.append(body(all, one));
              copying(element);
            }
          });
          return element;
        },
      };
    });
  }

  // All that a reader would see of a finding.
  function texts(all, one) {
    const [, id, title, whom, status, , weight] = one;
    const [steps, , lines, , long, hints, references, offers, remarks] = one.slice(19);
    const places = [id, title, whom, weight, ...one.slice(11, 19), ...steps, ...lines.flat(), long, ...hints,
      ...offers.flat(), ...remarks];
    return [all.statuses[status][0], ...places.map((place) => all.texts[place]),
      ...references.map((place) => all.references[place][0])];
  }

  function body(all, one) {
    const say = (place) => all.texts[place];
    const [consequence, found, expected, comment, by, waiver, aged, label] = one.slice(11, 19).map(say);
    const [steps, day, lines, rest, list, hints, references, offers, remarks] = one.slice(19);
    const pair = (name, text, look) => make("div", "", make("dt", "", name), make("dd", look, text));
    const inside = make("div", "body", consequence && make("p", "say", consequence),
      comment && make("p", "comment", `${comment} `, make("span", "by", by)),
      make("dl", "fe", pair(words.result, found, "found"), pair(words.expected, expected, "")),
      waiver && make("p", "waiver", waiver), aged && make("p", "small", aged));
    if (steps.length) {
      inside.append(make("p", "label", label), make("ol", "steps", ...steps.map((s) => make("li", "", say(s)))));
    }
    for (const [name, command] of offers) {
      const text = make("pre", "command", say(command));
      text.tabIndex = 0;
      inside.append(make("p", "label", say(name)), text);
    }
    if (lines.length) {
      const moment = fill(words.utc, { moment: say(day) || words.read });
      const heads = [words.evidence, words.where, words.answer, moment];
      inside.append(make("table", "evidence",
        make("thead", "", make("tr", "", ...heads.map((head) => make("th", "", head)))),
        make("tbody", "", ...lines.map((line) => make("tr", "", ...line.map((s) => make("td", "", say(s))))))));
    }
    if (say(rest)) inside.append(make("p", "cut", say(rest)));
    if (say(list)) inside.append(make("p", "small", say(list)));
    if (hints.length) inside.append(make("p", "small", `${words.after}: ${hints.map(say).join("; ")}`));
    const tags = references.map((place) => {
      const [text, url] = all.references[place];
      if (!url) return make("li", "", text);
      const link = make("a", "", text);
      link.href = url;
      link.rel = "noreferrer noopener";
      return make("li", "", link);
    });
    const refs = make("ul", "refs", ...tags);
    refs.setAttribute("aria-label", words.asked);
    inside.append(refs, ...remarks.map((place) => make("p", "small", say(place))));
    return inside;
  }

  function list(from) {
    if (!from) {
      for (const old of document.querySelectorAll(".f")) old.remove();
      listed = 0;
    }
    const batch = fitting.slice(listed, listed + BATCH);
    for (const item of batch) item.place.append(item.element);
    listed += batch.length;
    const left = fitting.length - listed;
    more.hidden = left === 0;
    more.textContent = fill(words.more, { n: figure(Math.min(BATCH, left)), left: figure(left) });
    for (const part of document.querySelectorAll(".area")) part.hidden = !part.querySelector(".f");
    return batch[0];
  }

  // -- the filter --

  const boxes = (group) => [...form.querySelectorAll(`input[name="${group}"]`)];
  const counters = BOXES.flatMap((group) =>
    boxes(group).map((box) => [group, box.value, box.parentElement.lastElementChild]));

  function wishes() {
    const parts = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = BOXES.filter((group) => !boxes(group).every((box) => box.checked)).map((group) => [
      group,
      new Set(boxes(group).filter((box) => box.checked).map((box) => box.value)),
    ]);
    if (subject.value) wanted.push(["subject", new Set([subject.value])]);
    return { parts, wanted };
  }

  // What fits, and for each choice how many there would be if it alone were set in its group.
  function sift({ parts, wanted }) {
    const counts = Object.fromEntries(GROUPS.map((group) => [group, new Map()]));
    const count = (group, item) => {
      for (const value of item[group]) counts[group].set(value, (counts[group].get(value) || 0) + 1);
    };
    const fits = [];
    for (const item of items) {
      const against = wanted.filter(([group, values]) => !item[group].some((value) => values.has(value)));
      if (against.length > 1 || !parts.every((part) => item.text.includes(part))) continue;
      if (against.length === 1) count(against[0][0], item);
      else {
        fits.push(item);
        for (const group of GROUPS.slice(0, -1)) count(group, item);
      }
    }
    return { fits, counts };
  }

  function apply(keep) {
    const wish = wishes();
    const { parts, wanted } = wish;
    const active = parts.length > 0 || wanted.length > 0;
    const { fits, counts } = sift(wish);
    fitting = fits;
    for (const [group, value, place] of counters) place.textContent = figure(counts[group].get(value) || 0);
    for (const choice of subject.options) {
      if (choice.value) choice.textContent = `${choice.value} (${figure(counts.subject.get(choice.value) || 0)})`;
    }
    if (data) list();
    else stand(fits, active);
    filtered = [
      ...(parts.length ? [`${words.search} ${search.value.trim()}`] : []),
      ...wanted.map(([group, values]) => `${called(group)} ${[...values].map((v) => named(group, v)).join(", ") || words.none}`),
    ].join("; ");
    shown.textContent = fill(words.shown, { n: figure(fits.length), total });
    tell();
    told.textContent = active ? fill(words.filter, { filter: filtered }) : words.all;
    if (!keep) remember(wish);
  }

  // A group and a choice as the form calls them.
  function called(group) {
    if (group === "subject") return subject.previousElementSibling.textContent;
    return boxes(group)[0].closest("fieldset").querySelector("legend").textContent;
  }

  function named(group, value) {
    const box = boxes(group).find((one) => one.value === value);
    return box ? box.parentElement.lastElementChild.previousElementSibling.textContent : value;
  }

  // What paper says of what is not on it.
  function tell() {
    const cut = data && listed < fitting.length;
    let text = fill(words.found, { n: figure(fitting.length), total });
    if (filtered) text = fill(words.told, { shown: text, filter: filtered });
    if (cut) text = fill(words.first, { shown: text, n: figure(listed) });
    note.textContent = filtered || cut ? text : "";
  }

  function stand(fits, active) {
    const keep = new Set(fits);
    for (const item of items) item.element.hidden = !keep.has(item);
    for (const part of document.querySelectorAll(".holds")) {
      const some = part.querySelector(".f:not([hidden])") !== null;
      part.hidden = !some && (active || part.classList.contains("fold"));
      if (part.classList.contains("fold")) part.open = active && some;
    }
  }

  function remember({ parts, wanted }) {
    const state = new URLSearchParams();
    if (parts.length) state.set("search", search.value.trim());
    for (const [group, values] of wanted) {
      if (values.size) for (const value of values) state.append(group, value);
      else state.append(group, "");
    }
    const query = state.toString();
    history.replaceState(null, "", query ? `#filter&${query}` : "#");
  }

  function restore() {
    const hash = location.hash;
    if (hash.startsWith("#filter&")) {
      const state = new URLSearchParams(hash.slice(8));
      search.value = state.get("search") || "";
      choose(state.get("subject") || "");
      for (const group of BOXES) {
        const values = state.has(group) ? new Set(state.getAll(group)) : null;
        for (const box of boxes(group)) box.checked = values === null || values.has(box.value);
      }
      apply(true);
      return;
    }
    let wanted = hash.length > 1 ? hash.slice(1) : "";
    try {
      wanted = decodeURIComponent(wanted);
    } catch {
      return;
    }
    if (data && find(wanted)) return;
    const target = wanted ? byId(wanted) : null;
    if (!target) return;
    if (target.closest("[hidden]")) reset(true);
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  }

  // One that is not among the choices becomes one.
  function choose(whom) {
    if (![...subject.options].some((choice) => choice.value === whom)) subject.add(new Option(whom, whom));
    subject.value = whom;
  }

  // A finding or an area of a large report that is not listed yet: it alone is.
  function find(anchor) {
    const item = items.find((one) => one.anchor === anchor || one.place.id === anchor);
    if (!item) return false;
    clear();
    for (const box of boxes("area")) box.checked = box.value === item.area[0];
    if (item.anchor === anchor) search.value = item.id;
    apply(true);
    if (item.anchor === anchor) item.element.open = true;
    (item.anchor === anchor ? item.element : item.place).scrollIntoView();
    return true;
  }

  function clear() {
    search.value = "";
    subject.value = "";
    for (const group of BOXES) for (const box of boxes(group)) box.checked = true;
  }

  function reset(keep) {
    clear();
    apply(keep === true);
  }

  // -- copying: a button at every remedy and every proposed command --

  const aloud = make("p", "aloud");
  aloud.setAttribute("role", "status");
  document.body.append(aloud);

  function copying(finding) {
    for (const block of finding.querySelectorAll(".steps, .command")) {
      const label = block.previousElementSibling;
      if (label.querySelector(".copy")) continue;
      const button = make("button", "copy", words.copy);
      button.type = "button";
      button.setAttribute("aria-label", fill(words.copies, { what: label.textContent }));
      button.addEventListener("click", () => copy(block, button));
      label.append(" ", button);
    }
  }

  function content(block) {
    if (block.tagName === "PRE") return block.textContent;
    const steps = [...block.children].map((step) => step.textContent);
    return steps.length > 1 ? steps.map((step, place) => `${place + 1}. ${step}`).join("\n") : steps.join("");
  }

  async function copy(block, button) {
    let done = true;
    try {
      await navigator.clipboard.writeText(content(block));
    } catch {
      done = formerly(content(block));
      button.focus();
    }
    button.textContent = aloud.textContent = done ? words.copied : words.lost;
    setTimeout(() => {
      button.textContent = words.copy;
      aloud.textContent = "";
    }, 4000);
  }

  // Where a page may not write to the clipboard by itself: from a server without TLS.
  function formerly(text) {
    const field = make("textarea", "aloud");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }

  if (!data) {
    document.addEventListener("toggle", (event) => {
      if (event.target.open && event.target.matches(".f")) copying(event.target);
    }, true);
    for (const open of document.querySelectorAll(".f[open]")) copying(open);
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
  byId("reset").addEventListener("click", reset);
  more.addEventListener("click", () => {
    const first = list(true);
    tell();
    first.element.querySelector("summary").focus();
  });
  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    theme.textContent = dark ? words.dark : words.light;
  });
  theme.textContent = matchMedia("(prefers-color-scheme: dark)").matches ? words.light : words.dark;
  const fold = () => { folded.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  theme.hidden = false;
  form.hidden = false;
  addEventListener("hashchange", restore);
  apply(true);
  restore();
})();

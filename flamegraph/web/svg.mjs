// The wiring: what the reader does becomes a view or a search, and these become attributes.

(() => {
  const { ANCESTOR, HIDDEN, ...model } = globalThis.flamegraphModel;
  const script = document.currentScript;
  const svg = script.ownerSVGElement;
  const data = JSON.parse(script.previousElementSibling.textContent);
  const boxes = model.toBoxes(data);
  // Inside another page, its keys and its address are not ours.
  const alone = document.documentElement === svg;

  // Another picture in the same page has the same ids.
  const byId = (id) => svg.querySelector(`#${id}`);
  const [details, matched, unzoomButton, searchButton, caseButton] =
    ["details", "matched", "unzoom", "search", "ignorecase"].map(byId);
  const idle = details.textContent;
  const frames = byId("frames");
  const elements = Array.from(frames.children);
  const numberOf = new Map(elements.map((element, i) => [element, i]));
  const parts = elements.map((element) => {
    const [title, rect, text] = element.children;
    return { title, rect, text, x: rect.getAttribute("x"), y: rect.getAttribute("y") };
  });

  let picture = data.picture;  // width of the picture in pixels
  let target = 0;  // the box that takes the whole width
  let seen = model.view(boxes, target);  // what each box is in this view
  let term = "", ignoreCase = false, hits = null;
  let focused = 0;  // the one frame that the tab key reaches
  let field = null;  // where the search term is typed, while it is
  let refused = "";  // why the expression typed last is none

  // Drawing

  function draw() {
    const before = seen;
    seen = model.view(boxes, target);
    const { left, right } = model.place(boxes, seen, target, data.pad, picture);
    for (let i = 0; i < boxes.count; i++) {
      const { rect, text } = parts[i];
      if (seen[i] !== before[i]) {
        elements[i].classList.toggle("hide", seen[i] === HIDDEN);
        // Chromium tells of frames that are not displayed.
        if (seen[i] === HIDDEN) elements[i].setAttribute("aria-hidden", "true");
        else elements[i].removeAttribute("aria-hidden");
        elements[i].classList.toggle("parent", seen[i] === ANCESTOR);
      }
      if (seen[i] === HIDDEN) continue;
      // Edges are rounded, not widths, so that neighbours meet.
      const x = Math.round(left[i] * 10), width = Math.round(right[i] * 10) - x;
      rect.setAttribute("x", (x / 10).toFixed(1));
      rect.setAttribute("width", (width / 10).toFixed(1));
      const label = model.fit(data.names[boxes.name[i]], Math.floor(width / 10 / data.character), data.fewest, data.truncate);
      if (label || text.textContent) {
        text.setAttribute("x", (x / 10 + 3).toFixed(2));
        text.textContent = label;
      }
    }
    unzoomButton.classList.toggle("hide", target === 0);
    tellShare();
  }

  function zoom(i) {
    target = i;
    draw();
    remember(i === 0 ? { x: null, y: null } : { x: parts[i].x, y: parts[i].y });
  }

  function unzoom() {
    const lost = document.activeElement === unzoomButton;  // the button will be gone
    zoom(0);
    if (lost) focus(focused);
  }

  // A fluid picture is drawn anew for each width of the window; to paper it is fitted as it is.
  function unbind() {
    svg.setAttribute("height", height);
    svg.removeAttribute("viewBox");
    stretch();
  }

  function bind() {
    svg.setAttribute("viewBox", `0 0 ${picture} ${height}`);
    svg.removeAttribute("height");
  }

  function stretch() {
    picture = Math.max(svg.clientWidth || window.innerWidth, 4 * data.pad);
    const far = picture - data.pad;
    for (const id of ["title", "subtitle", "legend"]) byId(id)?.setAttribute("x", picture / 2);
    for (const part of [caseButton, matched]) part.setAttribute("x", far);
    searchButton.setAttribute("x", far - (data.picture - data.pad - searchHome));
    draw();
  }

  // Searching

  function search(text) {
    const found = text === "" ? { hits: null } : model.find(data.names, text, ignoreCase);
    refused = found.error ?? "";
    if (field) tellRefusal(field.firstChild);
    if (refused) {
      tellShare();
      return;
    }
    term = text;
    for (let i = 0; i < boxes.count; i++) {
      const was = hits !== null && hits[boxes.name[i]], is = found.hits !== null && found.hits[boxes.name[i]];
      if (was !== is) elements[i].classList.toggle("match", Boolean(is));
    }
    hits = found.hits;
    searchButton.textContent = term ? "Reset Search" : "Search";
    tellShare();
    remember({ s: term, i: ignoreCase ? "1" : null });
  }

  function tellRefusal(input) {
    input.setAttribute("aria-invalid", refused !== "");
    input.title = refused;
  }

  function tellShare() {
    // The reason is in the field's tooltip: in this line there is room for few words beside the details.
    if (refused) matched.textContent = "Invalid expression";
    else matched.textContent = hits ? `Matched: ${model.percent(model.share(boxes, hits, target, seen))}` : " ";
  }

  function setCase(ignored) {
    ignoreCase = ignored;
    caseButton.setAttribute("aria-pressed", ignoreCase);
  }

  function toggleCase() {
    setCase(!ignoreCase);
    search(field ? field.firstChild.value : term);
  }

  function openField() {
    if (field) {
      field.firstChild.focus();
      return;
    }
    refused = "";  // from the address, perhaps
    tellShare();
    const size = parseFloat(svg.getAttribute("font-size"));
    const width = Math.min(size * 22, picture - 2 * data.pad - size * 2.5);
    field = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
    field.setAttribute("class", "field");
    const place = { x: picture - data.pad - size * 2.5 - width, y: size * 0.6, width, height: size * 2 };
    for (const [name, value] of Object.entries(place)) field.setAttribute(name, value);
    const input = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
    input.setAttribute("aria-label", "Search, a regular expression");
    input.setAttribute("placeholder", "Search, e.g. ^read|write");
    input.value = term;
    input.addEventListener("input", () => search(input.value));
    input.addEventListener("blur", () => { if (!refused) closeField(); });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape") search("");
      if (refused) return;  // what was typed would be lost
      closeField();
      searchButton.focus();
    });
    field.append(input);
    byId("surroundings").after(field);
    searchButton.classList.add("hide");
    input.focus();
    input.select();
  }

  function closeField() {
    const closing = field;
    field = null;  // first: removing a field that has the focus blurs it
    closing?.remove();
    searchButton.classList.remove("hide");
    tellShare();
  }

  // Details and focus

  function tell(i) {
    const text = parts[i].title.textContent;
    const name = data.names[boxes.name[i]];
    const facts = text.startsWith(name) ? text.slice(name.length) : "";
    const room = Math.floor((picture - 2 * data.pad) / data.character) - data.nametype.length - 20;
    const shown = facts ? model.fit(name, Math.max(room - facts.length, 3), 3, "right") + facts : text;
    details.textContent = `${data.nametype} ${shown}`;
  }

  function focus(i) {
    elements[focused].setAttribute("tabindex", "-1");
    focused = i;
    elements[i].setAttribute("tabindex", "0");
    elements[i].focus({ preventScroll: !alone });
  }

  // The address

  function remember(state) {
    if (!alone) return;
    try {
      const query = model.writeState(location.search, state);
      history.replaceState(null, "", (query || location.pathname) + location.hash);
    } catch {
      // From a file, some browsers allow no other address.
    }
  }

  function recall() {
    const state = alone ? model.readState(location.search) : {};
    if (state.i) setCase(true);
    const i = parts.findIndex((part) => part.x === state.x && part.y === state.y);
    if (i > 0) zoom(i);
    if (state.s) search(state.s);
  }

  // Events

  const under = (event) => numberOf.get(event.target.closest?.("#frames > *"));

  frames.addEventListener("click", (event) => {
    const i = under(event);
    if (i === undefined) return;
    if (elements[i].localName === "a" && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    focus(i);
    zoom(i);
  });
  frames.addEventListener("mouseover", (event) => {
    const i = under(event);
    if (i !== undefined) tell(i);
  });
  frames.addEventListener("mouseout", () => (details.textContent = idle));
  // On the document: an SVG element that listens to these would itself become a tab stop.
  document.addEventListener("focusin", (event) => {
    const i = under(event);
    if (i !== undefined) tell(i);
  });
  document.addEventListener("focusout", (event) => {
    if (under(event) !== undefined) details.textContent = idle;
  });

  const ways = { ArrowLeft: "left", ArrowRight: "right" };
  ways[data.downwards ? "ArrowDown" : "ArrowUp"] = "away";
  ways[data.downwards ? "ArrowUp" : "ArrowDown"] = "back";
  frames.addEventListener("keydown", (event) => {
    const i = under(event);
    if (i === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (ways[event.key]) focus(model.neighbour(boxes, seen, i, ways[event.key]));
    else if (event.key === "Enter" && elements[i].localName === "a") return;  // the browser follows the link
    else if (event.key === "Enter" || event.key === " ") zoom(i);
    else return;
    event.preventDefault();
  });

  (alone ? window : svg).addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if ((command && event.key === "f") || event.key === "F3") openField();
    else if (command && event.key === "i") toggleCase();
    else if (event.key === "Escape" && target !== 0) unzoom();
    else if (event.key === "Escape" && (term || refused)) search("");
    else return;
    event.preventDefault();
  });

  function button(element, name, act) {
    element.setAttribute("role", "button");
    element.setAttribute("tabindex", "0");
    if (name) element.setAttribute("aria-label", name);
    element.addEventListener("click", act);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    });
  }

  // Only with this script are there controls to operate and a tree to walk.
  button(unzoomButton, null, unzoom);
  button(searchButton, null, () => (term ? search("") : openField()));
  button(caseButton, "Ignore case", toggleCase);
  setCase(false);
  searchButton.classList.remove("hide");
  caseButton.classList.remove("hide");
  matched.setAttribute("role", "status");
  frames.setAttribute("role", "tree");
  frames.setAttribute("aria-label", "Frames, from caller to callee");
  elements.forEach((element, i) => {
    element.setAttribute("role", "treeitem");
    element.setAttribute("aria-level", boxes.depth[i] + 1);
    if (element.localName === "a") element.setAttribute("tabindex", "-1");  // reached as other frames are
  });
  elements[0].setAttribute("tabindex", "0");

  const searchHome = parseFloat(searchButton.getAttribute("x"));
  const height = svg.viewBox.baseVal.height;
  if (data.fluid) {
    unbind();
    window.addEventListener("resize", stretch);
    window.addEventListener("beforeprint", bind);
    window.addEventListener("afterprint", unbind);
  }
  recall();
})();

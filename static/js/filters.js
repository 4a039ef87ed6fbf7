// Island of [data-filters], the filter form of a list. Without it the form is a plain GET form with a button.
const form = document.querySelector("[data-filters]");

// Empty fields would fill the address with "status=&city=", the usual columns with all their names.
const strip = (parameters) => {
  for (const name of new Set([...parameters.keys()])) {
    const values = [...new Set(parameters.getAll(name))].filter((value) => value !== "");
    parameters.delete(name);
    values.forEach((value) => parameters.append(name, value));
  }
  const usual = form.dataset.defaultColumns.split(" ");
  const shown = parameters.getAll("columns");
  if (shown.length === usual.length && usual.every((name) => shown.includes(name))) parameters.delete("columns");
  if (parameters.get("page_size") === form.dataset.defaultSize) parameters.delete("page_size");
};

const sayFailure = (failed) => {
  const message = document.getElementById("list-failure");
  if (message) message.hidden = !failed;
};

// A closed control says how many of its values are in force.
const countUsed = (facet) => {
  const used = [...facet.querySelectorAll("input[name]")].filter((input) =>
    input.type === "checkbox" ? input.checked : input.value !== "",
  ).length;
  const badge = facet.querySelector("[data-facet-used]");
  if (!badge) return;
  badge.textContent = used || "";
  badge.hidden = !used;
};

const setRange = ({ range, low, high }) => {
  for (const [end, value] of Object.entries({ min: low, max: high })) {
    document.getElementById(`filter-${range}_${end}`).value = value;
  }
  document.getElementById(`filter-${range}_max`).dispatchEvent(new Event("change", { bubbles: true }));
};

// Counts may arrive after a box was ticked: what the person ticked stands.
const keepTicks = () => {
  const boxes = (facet) => [...facet.querySelectorAll("input[type=checkbox]")];
  const ticked = new WeakMap();
  document.body.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (!target.matches("[data-facet-source]")) return;
    ticked.set(target, new Set(boxes(target).filter((box) => box.checked).map((box) => box.value)));
  });
  document.body.addEventListener("htmx:afterSwap", ({ target }) => {
    for (const box of ticked.has(target) ? boxes(target) : []) box.checked = ticked.get(target).has(box.value);
  });
};

const openFacets = () => document.querySelectorAll("[data-facet][open]");

const closeFacets = (except) => {
  for (const facet of openFacets()) if (!facet.contains(except)) facet.open = false;
};

const enhance = () => {
  form.setAttribute("data-enhanced", "");
  form.addEventListener("htmx:configRequest", (event) => {
    if (event.target === form) strip(event.detail.formData);
  });
  // Counted when opened: the other filters may have changed since.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.open || !target.matches("[data-facet]")) return;
      target.classList.remove("facet-end");
      const menu = target.querySelector(".facet-menu").getBoundingClientRect();
      target.classList.toggle("facet-end", menu.right > document.documentElement.clientWidth);
      target.querySelector("[data-facet-source]")?.dispatchEvent(new CustomEvent("facet"));
    },
    true,
  );
  document.addEventListener("click", ({ target }) => {
    closeFacets(target);
    const bin = target.closest("[data-range]");
    if (bin) setRange(bin.dataset);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    const [facet] = openFacets();
    closeFacets(null);
    facet?.querySelector("summary").focus();
  });
  form.addEventListener("change", ({ target }) => {
    const facet = target.closest("[data-facet]"); // none: the form itself, for a control elsewhere
    if (facet) countUsed(facet);
  });
  // Controls that belong to the form but stand elsewhere on the page: their events do not pass by it.
  document.addEventListener("change", ({ target }) => {
    if (target.form === form && !form.contains(target)) form.dispatchEvent(new Event("change"));
  });
  // Counts that cannot be fetched leave a control without counts; only the list's own failure is worth a word.
  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    document.body.addEventListener(failure, ({ detail }) => {
      if (detail.target?.id === "results") sayFailure(true);
    });
  }
  document.body.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target.id !== "results") return;
    sayFailure(false);
    // What was added is a chip now.
    form.querySelectorAll("[data-adds]").forEach((input) => (input.value = ""));
  });
  keepTicks();
};

if (form) enhance();

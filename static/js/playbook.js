// Island of [data-conditions], the form of a play: rows come and go at once. Without it there are spare rows and a box
// to tick, and a button for the preview. What the rows say is for the server: this only shows and hides them.
const form = document.querySelector("[data-conditions]");

const rowsOf = (box) => [...box.querySelectorAll("[data-condition]")];
const total = () => form.querySelector("[name=conditions-TOTAL_FORMS]");
const removal = (row) => row.querySelector("[name$=-DELETE]");
const isBlank = (row) => !row.classList.contains("condition-wrong")
  && [...row.querySelectorAll("select, input[type=text]")].every((control) => !control.value)
  && ![...row.querySelectorAll("input[type=checkbox]")].some((box) => box.checked);
const said = () => form.dispatchEvent(new Event("input", { bubbles: true }));

const enhance = (row, changed) => {
  const box = removal(row);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-small condition-out";
  button.textContent = form.dataset.remove;
  const number = document.createElement("span");
  number.className = "visually-hidden";
  number.textContent = ` ${row.dataset.removed}`;
  button.append(number);
  button.addEventListener("click", () => {
    box.checked = true;
    row.hidden = true;
    changed();
    form.querySelector("[data-condition-add]").focus();
    said();
  });
  box.closest(".condition-field").replaceChildren(button, box);
  box.hidden = true;
  if (box.checked) row.hidden = true;
};

if (form) {
  const list = form.querySelector("[data-condition-rows]");
  const blank = form.querySelector("[data-condition-blank]");
  const add = form.querySelector("[data-condition-add]");
  const most = Number(form.dataset.most);
  const changed = () => { add.hidden = rowsOf(list).filter((row) => !row.hidden).length >= most; };

  rowsOf(list).forEach((row) => {
    enhance(row, changed);
    if (isBlank(row)) row.hidden = true;
  });
  // A row that the server drew and nobody needs yet comes first; then new ones from the template.
  add.addEventListener("click", () => {
    let row = rowsOf(list).find((found) => found.hidden && !removal(found).checked && isBlank(found));
    if (!row) {
      const at = Number(total().value);
      const copy = document.createElement("template");
      copy.innerHTML = blank.innerHTML.replaceAll("__prefix__", at).replaceAll("__number__", at + 1);
      row = copy.content.querySelector("[data-condition]");
      list.append(row);
      enhance(row, changed);
      total().value = at + 1;
    }
    row.hidden = false;
    row.querySelector("select").focus();
    changed();
  });
  form.querySelector("[data-condition-preview]").hidden = true;
  form.setAttribute("data-enhanced", "");
  changed();

  const failure = document.getElementById("effect-failure");
  document.body.addEventListener("htmx:responseError", () => { failure.hidden = false; });
  document.body.addEventListener("htmx:sendError", () => { failure.hidden = false; });
  document.body.addEventListener("htmx:afterSwap", () => { failure.hidden = true; });
}

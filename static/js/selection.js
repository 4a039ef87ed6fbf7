// Island of [data-batch], the bar of actions of a list. Swapped with the list, so it is looked up each time.
import { many, said } from "./words.js";

const bar = () => document.querySelector("[data-batch]");
const boxes = () => [...document.querySelectorAll("[data-pick]")];
const all = () => bar().querySelector("[name=all]");

const show = () => {
  if (!bar()) return;
  const ticked = boxes().filter((box) => box.checked).length;
  const whole = document.querySelector("[data-pick-page]");
  whole.closest("th").classList.add("pick-ready");
  whole.checked = ticked > 0 && ticked === boxes().length;
  whole.indeterminate = ticked > 0 && !whole.checked;
  bar().hidden = !ticked && !all().checked;
  const some = said(ticked > 1 ? "tickedSome" : "tickedOne", { count: many(ticked) });
  bar().querySelector("[data-batch-count]").textContent = all().checked ? said("tickedAll") : some;
};

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-pick-page]")) boxes().forEach((box) => (box.checked = target.checked));
  if (target.matches("[data-pick], [data-pick-page], [data-batch] [name=all]")) show();
});
// A download leaves the page as it is; coming back to it, the browser may have kept the ticks.
window.addEventListener("pageshow", show);
document.body.addEventListener("htmx:afterSwap", show);
show();

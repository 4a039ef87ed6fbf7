// The form of a play in the Django admin: whom it would concern and what they would read, before it is saved. Without
// it the two fields say so of the play as it is saved.
import { said } from "./words.js";

const DELAY = 400; // ms without typing
const box = document.querySelector("[data-play-preview]");

if (box) {
  const form = document.getElementById("play_form");
  const readonly = (name) => document.querySelector(`.field-${name} .readonly`);
  const count = readonly("clients_now");
  let waiting;
  let asked;

  count.setAttribute("role", "status");
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(box.dataset.playPreview, {
        method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const told = found.getElementById("effect-count");
      count.textContent = told.textContent.trim();
      told.remove();
      box.replaceChildren(...found.body.childNodes);
    } catch (problem) {
      if (problem.name !== "AbortError") count.textContent = said("previewFailed");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, DELAY);
  });
}

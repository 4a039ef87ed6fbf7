// Island of [data-filters], the filter form of a list. Without it the form is a plain GET form with a button.
const form = document.querySelector("[data-filters]");

// Empty fields would fill the address with "status=&city=".
const strip = (parameters) => {
  for (const [name, value] of [...parameters.entries()]) {
    if (value === "") parameters.delete(name);
  }
};

const sayFailure = (failed) => {
  const message = document.getElementById("list-failure");
  if (message) message.hidden = !failed;
};

if (form) {
  form.setAttribute("data-enhanced", "");
  form.addEventListener("htmx:configRequest", (event) => strip(event.detail.formData));
  document.body.addEventListener("htmx:responseError", () => sayFailure(true));
  document.body.addEventListener("htmx:sendError", () => sayFailure(true));
  document.body.addEventListener("htmx:afterSwap", () => sayFailure(false));
}

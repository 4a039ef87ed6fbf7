// What scripts say, in the language of the page: templates hand the sentences over as data-* of [data-words].
const english = document.documentElement.lang === "en";
export const LOCALE = english ? "en-GB" : "fr-FR";

const known = {};
// Looked for when it is first needed: what htmx swaps in may bring its own.
const find = (name) => [...document.querySelectorAll("[data-words]")].find(({ dataset }) => name in dataset).dataset[name];

// `said("found", { count: "1 200" })`: a {name} in the sentence is replaced by its value.
export const said = (name, values = {}) => (known[name] ??= find(name)).replace(/\{(\w+)\}/g, (_, key) => values[key]);

export const many = (count) => count.toLocaleString(LOCALE);

// "41 %" in both languages, as the server writes it.
export const percent = (share) => {
  const written = share.toLocaleString(LOCALE, { style: "percent", maximumFractionDigits: 0 });
  return english ? written.replace("%", "\u00a0%") : written;
};

// "512 k€", "€512k".
export const inEuros = (figure) => (english ? `€${figure}`.replace(/^€([-−])/, "$1€") : `${figure}€`.replace(/(\d)€$/, "$1\u00a0€"));

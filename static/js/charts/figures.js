// Figures as readers write them. A missing one is said, never written 0.
import { LOCALE, inEuros, percent as written, said } from "../words.js";

const as = (options) => {
  const format = new Intl.NumberFormat(LOCALE, options);
  return (value) => (value === null || value === undefined ? said("unknown") : format.format(value));
};

export const count = as({ maximumFractionDigits: 0 });
export const decimal = as({ maximumFractionDigits: 2 });
export const euros = as({ style: "currency", currency: "EUR", maximumFractionDigits: 0 });
export const percent = (value) => (value === null || value === undefined ? said("unknown") : written(value));
// For axes: 120 k, 1,2 M (120k, 1.2m).
export const short = as({ notation: "compact", maximumSignificantDigits: 3 });
// 512 k€, 1,2 M€, 80 €: the letter sticks to the sign.
export const shortEuros = (value) => inEuros(short(value));
// A date without a time is UTC midnight: west of Greenwich it would read as the day before.
export const day = (value) => new Date(value).toLocaleDateString(LOCALE, { timeZone: "UTC" });

// Figures as French people read them. A missing one is said, never written 0.
const as = (options) => {
  const format = new Intl.NumberFormat("fr-FR", options);
  return (value) => (value === null || value === undefined ? "inconnu" : format.format(value));
};

export const count = as({ maximumFractionDigits: 0 });
export const decimal = as({ maximumFractionDigits: 2 });
export const euros = as({ style: "currency", currency: "EUR", maximumFractionDigits: 0 });
export const percent = as({ style: "percent", maximumFractionDigits: 0 });
// For axes: 120 k, 1,2 M.
export const short = as({ notation: "compact", maximumSignificantDigits: 3 });
// 512 k€, 1,2 M€, 80 €: the letter sticks to the sign.
export const shortEuros = (value) => `${short(value)}€`.replace(/(\d)€$/, "$1\u00a0€");
// A date without a time is UTC midnight: west of Greenwich it would read as the day before.
export const day = (value) => new Date(value).toLocaleDateString("fr-FR", { timeZone: "UTC" });

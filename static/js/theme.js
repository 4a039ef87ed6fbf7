// Light or dark as the system asks, set before the first paint and kept when the system changes. Tabler reads the
// attribute. Not a module on purpose: a module would run after the first paint.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  dark.addEventListener("change", apply);
  apply();
})();

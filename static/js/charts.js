// Island of [data-chart]: draws the data block named by data-source with the script of its kind, again when the theme
// changes, and at the size of its box.
/* global echarts */
import { bars } from "./charts/bars.js";
import { columns } from "./charts/columns.js";
import { flows } from "./charts/flows.js";
import { lines } from "./charts/lines.js";
import { ratios } from "./charts/ratios.js";
import { trend } from "./charts/trend.js";
import { ground, onTheme, palette } from "./palette.js";

const KINDS = { bars, columns, flows, lines, ratios, trend };

const start = (box) => {
  const data = JSON.parse(document.getElementById(box.dataset.source).textContent);
  const chart = echarts.init(box, null, { renderer: "canvas" });
  const draw = () => {
    const look = palette();
    chart.setOption({ ...ground(look), ...KINDS[box.dataset.chart](data, look, { width: box.clientWidth, height: box.clientHeight }) }, { notMerge: true });
    box.dataset.drawn = "";
  };
  draw();
  onTheme(draw);
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    chart.resize();
    draw();
  }).observe(box);
};

for (const box of document.querySelectorAll("[data-chart]")) start(box);

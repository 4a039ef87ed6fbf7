// A client's turnover year by year. A year that is not known stays empty; below zero hangs from the axis.
import { said } from "../words.js";
import { euros, shortEuros } from "./figures.js";

export const columns = ({ names, values }, look) => ({
  grid: { left: 4, right: 8, top: 24, bottom: 4, containLabel: true },
  tooltip: { trigger: "item", valueFormatter: euros },
  xAxis: {
    type: "category",
    data: names,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: look.strong } },
    axisLabel: { color: look.quiet, lineHeight: 15, formatter: (name, at) => (values[at] === null ? `${name}\n${said("unknown")}` : name) },
  },
  yAxis: {
    type: "value",
    splitNumber: 3,
    axisLabel: { color: look.quiet, formatter: shortEuros },
    splitLine: { lineStyle: { color: look.line } },
  },
  series: [
    {
      type: "bar",
      name: said("turnover"),
      barMaxWidth: 48,
      itemStyle: { color: look.rest },
      label: { show: names.length <= 6, color: look.ink, formatter: ({ value }) => shortEuros(value) },
      data: values.map((value) => ({ value: value ?? "-", label: { position: value < 0 ? "bottom" : "top" } })),
    },
  ],
});

// Followers over time: one small panel a network, each at its own height, all on one calendar. Unknown readings break
// the line.
import { LOCALE, said } from "../words.js";
import { count, day, short } from "./figures.js";

// Pixels: under the last panel for the calendar, above each for its name, below each for air.
const CALENDAR = 26;
const NAME = 24;
const AIR = 10;

export const trend = ({ panels }, look, { height }) => {
  const row = (height - CALENDAR) / panels.length;
  const days = panels.flatMap(({ points }) => points.map(([when]) => when)).sort();
  const last = panels.length - 1;
  return {
    tooltip: { trigger: "item", formatter: ({ value, seriesName }) => `${seriesName}\n${day(value[0])}${said("colon")} ${count(value[1])}` },
    title: panels.map(({ name, points }, at) => {
      const known = points.filter(([, value]) => value !== null);
      return {
        text: `${name}${said("colon")} ${count(known[known.length - 1][1])}`,
        left: 0,
        top: at * row + 4,
        padding: 0,
        textStyle: { color: look.ink, fontSize: 13, fontWeight: "normal", fontFamily: look.font },
      };
    }),
    grid: panels.map((_, at) => ({ left: 48, right: 16, top: at * row + NAME, height: row - NAME - AIR })),
    xAxis: panels.map((_, at) => ({
      type: "time",
      gridIndex: at,
      min: days[0],
      max: days[days.length - 1],
      splitNumber: 3,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: look.line } },
      axisLabel: { show: at === last, color: look.quiet, hideOverlap: true, formatter: (value) => new Date(value).toLocaleDateString(LOCALE, { month: "short", year: "2-digit" }) },
      splitLine: { show: false },
    })),
    yAxis: panels.map((_, at) => ({
      type: "value",
      gridIndex: at,
      min: 0,
      splitNumber: 1,
      axisLabel: { color: look.quiet, formatter: short },
      splitLine: { lineStyle: { color: look.line } },
    })),
    series: panels.map(({ name, points }, at) => ({
      name,
      type: "line",
      xAxisIndex: at,
      yAxisIndex: at,
      connectNulls: false,
      color: look.ink,
      symbol: "circle",
      symbolSize: 7,
      data: points.map(([when, value]) => [when, value ?? "-"]),
    })),
  };
};

// Island of [data-explorer]: the filtered clients in the plane of the two main components; a click opens a client, a
// drawn shape gives the list of those inside. The addresses stand in [data-explorer-source], which htmx swaps.
/* global echarts */
import { arrowsOf } from "./explorer/arrows.js";
import { createLasso, holds } from "./lasso.js";
import { fillLegend } from "./legend.js";
import { ground, onTheme, palette, sizeOf, symbolOf } from "./palette.js";
import { grouped, standingName } from "./tints.js";
import { many, percent, said } from "./words.js";

const frame = document.querySelector("[data-explorer]");
const part = (name) => document.querySelector(`[data-explorer-${name}]`);
// Above this many points ECharts draws them in bulk: as squares below 4 px, which alone it draws one by one and soon
// (any other sign becomes one path of all points, which takes seconds to fill).
const LARGE = 5000;
const LARGE_DOT = 3;

const start = () => {
  frame.hidden = false;
  const canvas = part("canvas");
  const chart = echarts.init(canvas, null, { renderer: "canvas" });
  const arrows = JSON.parse(document.getElementById("arrows").textContent);
  const state = { source: null, plane: null, hidden: new Set() };
  const say = (text) => {
    part("state").textContent = text;
  };
  const dotSize = (count) => (count < 200 ? 10 : canvas.clientWidth < 600 ? 6 : 8);
  const colouring = () => part("by").value;
  const standingOf = (at) => state.plane.standings[state.plane.points.standing[at]];
  // What a client has of what is coloured.
  const VALUES = {
    segment: ({ points, segments }) => points.segment.map((rank) => segments[rank]?.slug ?? null),
    sector: ({ points, sectors }) => points.sector.map((rank) => sectors[rank] ?? null),
    standing: ({ points }) => points.standing.map((_, at) => standingOf(at)),
  };
  const groupsNow = () => grouped(colouring(), VALUES[colouring()](state.plane), state.plane.segments).groups;
  const hint = () => say(state.plane?.one_in > 1 ? said("oneIn", { number: state.plane.one_in }) : said("hint"));

  const toggle = (key, on) => {
    state.hidden[on ? "delete" : "add"](key);
    draw();
  };

  const axis = (look, name, extra) => ({
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: look.quiet },
    axisLabel: { color: look.quiet, formatter: (value) => many(value) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: look.line } },
    scale: true,
    ...extra,
  });

  // In bulk ECharts gives each group a canvas of its own, counted from `zlevel`: far enough below 0, where the tooltip
  // is drawn anew at every move of the pointer.
  const inBulk = { symbol: "rect", symbolSize: LARGE_DOT, large: true, largeThreshold: 0, zlevel: -50 };

  const seriesOf = (look, group, { x, y }) => ({
    name: group.name,
    type: "scatter",
    ...(x.length > LARGE ? inBulk : { symbol: symbolOf(group.sign), symbolSize: sizeOf(group.sign, dotSize(x.length)) }),
    progressive: 0,
    itemStyle: { color: look.tint(group.tint), borderColor: look.surface, borderWidth: x.length > LARGE ? 0 : 0.8, opacity: 0.9 },
    emphasis: { disabled: x.length > LARGE, scale: 1.5, itemStyle: { borderColor: look.ink, borderWidth: 1.5 } },
    dimensions: ["x", "y", "at"],
    data: group.indices.map((at) => [x[at], y[at], at]),
  });

  // The legend of segments comes from the server, with its counts; the others are made of the points.
  const showLegend = (groups) => {
    const own = document.querySelector("[data-explorer-segments]");
    if (own) own.hidden = colouring() !== "segment";
    fillLegend(part("legend"), colouring() === "segment" ? [] : groups, state.hidden, toggle);
  };

  const draw = () => {
    if (!state.plane) return chart.clear();
    const look = palette();
    const base = ground(look);
    const { explained, points } = state.plane;
    const groups = groupsNow();
    const drawn = groups.filter(({ key }) => !state.hidden.has(key));
    const title = (at) => (explained ? said("axisShare", { number: at + 1, share: percent(explained[at]) }) : said("axis", { number: at + 1 }));
    const series = drawn.map((group) => seriesOf(look, group, points));
    const span = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [-1, 1]);
    if (part("arrows").checked && arrows.length) {
      series.push(...arrowsOf(arrows, look, { x: span(points.x), y: span(points.y), width: canvas.clientWidth }));
    }
    showLegend(groups);
    return chart.setOption(
      {
        ...base,
        grid: { left: 44, right: 12, top: 12, bottom: 44 },
        xAxis: axis(look, title(0)),
        yAxis: axis(look, title(1), { nameGap: 30 }),
        series,
        tooltip: {
          ...base.tooltip,
          formatter: ({ value, seriesName }) => {
            const at = value[2];
            return [points.name?.[at], seriesName, colouring() === "standing" ? null : standingName(standingOf(at))].filter(Boolean).join("\n");
          },
        },
      },
      { notMerge: true },
    );
  };

  const load = async (source) => {
    state.source = source;
    state.plane = null;
    frame.hidden = !source;
    part("found").hidden = true;
    if (source) {
      say(said("loading"));
      try {
        const answer = await fetch(source, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        const plane = await answer.json();
        if (source !== state.source) return;
        state.plane = plane;
        hint();
      } catch {
        say(said("failed"));
      }
    }
    chart.resize();
    draw();
    frame.dataset.ready = source;
  };

  // Those inside a drawn shape, as an address of the list and of this page.
  const surround = (corners) => {
    const inside = corners.map((corner) => chart.convertFromPixel({ gridIndex: 0 }, corner));
    const { points } = state.plane;
    const shown = groupsNow().filter(({ key }) => !state.hidden.has(key));
    const count = shown.flatMap(({ indices }) => indices).filter((at) => holds(inside, points.x[at], points.y[at])).length;
    const shape = inside.flat().map((value) => value.toFixed(3)).join(",");
    const withShape = (address) => {
      const url = new URL(address, window.location.href);
      url.searchParams.set("plane", shape);
      return `${url.pathname}${url.search}`;
    };
    part("found").hidden = false;
    part("list").href = withShape(part("source").dataset.around);
    part("list").textContent = state.plane.one_in > 1 || state.hidden.size ? said("foundSome") : said("found", { count: many(count) });
    part("only").href = withShape(window.location.href);
    hint();
    part("list").focus();
  };

  const lasso = part("lasso");
  createLasso(canvas, lasso, surround);
  lasso.addEventListener("click", () => (lasso.getAttribute("aria-pressed") === "true" ? say(said("drawing")) : hint()));
  chart.on("click", ({ seriesType, value }) => {
    if (seriesType !== "scatter" || value.length < 3) return;
    window.location.assign(frame.dataset.clientUrl.replace("/0/", `/${state.plane.points.id[value[2]]}/`));
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.("[data-explorer-segment]")) toggle(target.dataset.explorerSegment, target.checked);
    if (target.matches?.("[data-explorer-by]")) {
      state.hidden.clear();
      for (const box of document.querySelectorAll("[data-explorer-segment]")) box.checked = true;
      draw();
    }
    if (target.matches?.("[data-explorer-arrows]")) draw();
  });
  onTheme(draw);
  new ResizeObserver(() => chart.resize()).observe(canvas);
  const follow = () => {
    const source = part("source")?.dataset.explorerSource ?? "";
    if (source === state.source) return;
    state.hidden.clear();
    load(source);
  };
  document.body.addEventListener("htmx:afterSwap", follow);
  follow();
};

if (frame) start();

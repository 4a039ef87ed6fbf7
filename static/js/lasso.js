// A shape drawn over a box with mouse, pen or finger. Its corners come back in the box's own pixels, few enough for an
// address (see MOST_CORNERS of the server). Escape, or a shape too small to mean anything, gives none.
const MOST = 60;
const STEP = 4;
const SMALLEST = 12;
const NAMESPACE = "http://www.w3.org/2000/svg";

const away = ([x, y], [x1, y1], [x2, y2]) => {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy);
  return length ? Math.abs(dy * (x - x1) - dx * (y - y1)) / length : Math.hypot(x - x1, y - y1);
};

// Ramer, Douglas and Peucker: corners nearer than `tolerance` to the line between their neighbours are left out.
const simplified = (points, tolerance) => {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points[points.length - 1]];
  let farthest = 0;
  let at = 0;
  for (let index = 1; index < points.length - 1; index += 1) {
    const distance = away(points[index], first, last);
    if (distance > farthest) [farthest, at] = [distance, index];
  }
  if (farthest <= tolerance) return [first, last];
  return [...simplified(points.slice(0, at + 1), tolerance).slice(0, -1), ...simplified(points.slice(at), tolerance)];
};

const few = (points) => {
  let tolerance = 1;
  let found = points;
  while (found.length > MOST || tolerance === 1) {
    found = simplified(points, tolerance);
    tolerance *= 1.5;
  }
  return found;
};

const extent = (points) =>
  Math.min(...[0, 1].map((at) => {
    const values = points.map((point) => point[at]);
    return Math.max(...values) - Math.min(...values);
  }));

// `button` starts and stops drawing (aria-pressed says which); `done(corners)` gets a finished shape.
export const createLasso = (box, button, done) => {
  let leave = null;
  const stop = () => {
    leave?.();
    leave = null;
    button.setAttribute("aria-pressed", "false");
  };
  const start = () => {
    const sheet = document.createElementNS(NAMESPACE, "svg");
    const shape = document.createElementNS(NAMESPACE, "polygon");
    sheet.setAttribute("class", "lasso");
    sheet.setAttribute("aria-hidden", "true");
    sheet.append(shape);
    box.append(sheet);
    button.setAttribute("aria-pressed", "true");
    let points = [];
    const place = ({ clientX, clientY }) => {
      const { left, top } = box.getBoundingClientRect();
      return [clientX - left, clientY - top];
    };
    sheet.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      sheet.setPointerCapture(event.pointerId);
      points = [place(event)];
    });
    sheet.addEventListener("pointermove", (event) => {
      if (!points.length) return;
      const [x, y] = place(event);
      const [lastX, lastY] = points[points.length - 1];
      if (Math.hypot(x - lastX, y - lastY) < STEP) return;
      points.push([x, y]);
      shape.setAttribute("points", points.map((point) => point.join(",")).join(" "));
    });
    sheet.addEventListener("pointerup", () => {
      const drawn = points;
      stop();
      if (drawn.length > 2 && extent(drawn) >= SMALLEST) done(few(drawn));
    });
    sheet.addEventListener("pointercancel", stop);
    const escape = ({ key }) => key === "Escape" && stop();
    document.addEventListener("keydown", escape);
    leave = () => {
      document.removeEventListener("keydown", escape);
      sheet.remove();
    };
  };
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => (leave ? stop() : start()));
};

// The even-odd rule: is the point inside?
export const holds = (corners, x, y) => {
  let odd = false;
  corners.forEach(([x1, y1], at) => {
    const [x2, y2] = corners[(at + 1) % corners.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  });
  return odd;
};

// The stylesheet's tokens, resolved for a theme, mostly the one that is on, for use inside the map's canvas.

const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);

export function token(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

// What a deed sees of the colours are those of one theme, whichever is on.
export function inScheme(scheme, deed) {
  const before = probe.style.colorScheme;
  probe.style.colorScheme = scheme;
  try {
    return deed();
  } finally {
    probe.style.colorScheme = before;
  }
}

export function isDark() {
  const scheme = getComputedStyle(probe).colorScheme;
  return scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

// Days since the last visit: upper limits of the classes (cividis, darker by day = longer ago).
export const VISIT_LIMITS = [0, 1, 2, 4, 7];
export const visitClass = (days) => {
  const index = VISIT_LIMITS.findIndex((limit) => days <= limit);
  return index === -1 ? VISIT_LIMITS.length : index;
};

// Lights carry shape and colour. A grid is on time up to 3 days after a visit, late after 7.
export const LIGHTS = { good: "●", soon: "▲", late: "■" };
export const visitLight = (days) => (days === null || days > 7 ? "late" : days > 3 ? "soon" : "good");

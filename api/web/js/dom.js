// A few lines instead of a framework: elements from arrays, text never as HTML.

export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "vars") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

export function fill(id, ...children) {
  const place = byId(id);
  keepingFocus(place, () => place.replaceChildren(...children.flat(Infinity).filter(Boolean)));
}

// Whoever works with the keys stays where they are when a place is drawn anew: on what is named alike there, else on the
// place itself, if that can have the focus.
export function keepingFocus(place, draw) {
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  draw();
  if (held) refocus(held, place);
}

export function refocus(held, place) {
  const named = nameOf(held);
  const alike = held.isConnected ? held : named && [...place.querySelectorAll(held.nodeName)].find((one) => nameOf(one) === named);
  (alike || place.closest("[tabindex]"))?.focus({ preventScroll: true });
}

// The same for what is drawn anew while somebody reads it: what looks as before stays in its place, and with it focus,
// scroll and the click under way. Whatever a node's handlers know must show in it (`data-…`), or it may keep old ones.
export function renew(place, ...children) {
  keepingFocus(place, () => change(place, children));
}

function change(place, children) {
  const before = [...place.childNodes];
  const wanted = children.flat(Infinity).filter(Boolean).map((fresh) => {
    const found = before.findIndex((old) => old.isEqualNode(fresh) || isSameList(old, fresh));
    if (found === -1) return fresh;
    const [old] = before.splice(found, 1);
    if (!old.isEqualNode(fresh)) renew(old, ...fresh.childNodes);
    return old;
  });
  for (const old of before) old.remove();
  wanted.forEach((node, index) => { if (place.childNodes[index] !== node) place.insertBefore(node, place.childNodes[index] ?? null); });
}

const nameOf = (one) => one.getAttribute("href") ?? Object.values(one.dataset).join(" ");

const isSameList = (one, other) => one.nodeName === "UL" && one.cloneNode().isEqualNode(other.cloneNode());

"""What weak eyes, a screen reader and the keys alone need of a page, as the browser itself computes it."""

from playwright.sync_api import Page, expect

CONTROLS = {
    "application", "button", "checkbox", "combobox", "Date", "dialog", "image", "link", "radio", "region", "searchbox",
    "slider", "spinbutton", "textbox",
}  # fmt: skip

# Words stand 4.5:1 against what they stand on (large ones and marks 3:1): WCAG 2.2, 1.4.3 and 1.4.11.
FAINT = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (one, under) => [0, 1, 2].map((part) => one[part] * one[3] + under[part] * (1 - one[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let one = element; one && layers.at(-1)?.[3] !== 1; one = one.parentElement)
      layers.push(parts(getComputedStyle(one).backgroundColor));
    return layers.reduceRight((under, layer) => over(layer, under), parts("white"));
  };
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const faults = new Set();
  const check = (element, style, words, isMark) => {
    const under = ground(element);
    const [dim, bright] = [light(under), light(over(parts(style.color), under))].sort((one, other) => one - other);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (bright + 0.05) / (dim + 0.05);
    if (ratio < (large || isMark ? 3 : 4.5)) faults.add(`${ratio.toFixed(2)}: ${words.trim().slice(0, 40)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, data: words } = texts.currentNode;
    if (!words.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("script, :disabled, .visually-hidden")) continue;
    check(element, getComputedStyle(element), words, element.matches("[aria-hidden=true], [role=img]"));
  }
  for (const field of document.querySelectorAll(":placeholder-shown"))
    if (field.checkVisibility()) check(field, getComputedStyle(field, "::placeholder"), field.placeholder, false);
  return [...faults];
}"""

# One h1, no level left out; what is pointed at is there; every group and picture says what it is; the language is told.
DISORDER = """(language) => {
  const faults = [];
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  const levels = seen("h1, h2, h3, h4").map((one) => Number(one.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("not one h1");
  levels.forEach((level, place) => { if (level > (levels[place - 1] ?? 0) + 1) faults.push(`h${level} at ${place}`); });
  for (const name of ["aria-labelledby", "aria-controls", "for"])
    for (const one of seen(`[${name}]`))
      if (!document.getElementById(one.getAttribute(name))) faults.push(`${name} ${one.getAttribute(name)}`);
  for (const one of seen("[role=group], fieldset, aside, nav"))
    if (!one.matches("[aria-label], :has(> legend)")) faults.push(one.outerHTML.slice(0, 80));
  for (const one of seen("img:not([alt]), svg:not([aria-hidden], [aria-label])")) faults.push(one.outerHTML);
  if (!document.documentElement.lang.startsWith(language)) faults.push(document.documentElement.lang);
  return faults;
}"""

# What gets the focus is noted if it shows: with a ring (the parts of a date have their own), not under something.
NOTE_STOPS = """() => {
  window.stops = new Set();
  addEventListener("focusin", ({ target: one }) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    const ringed = one.type === "date" || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
    const { x, y, width, height } = one.getBoundingClientRect();
    const shows = [[x + width / 2, y + height / 2], [x + 4, y + 4]].some((at) => {
      const onTop = document.elementFromPoint(...at);
      return one.contains(onTop) || onTop?.contains(one);
    });
    if (ringed && shows) window.stops.add(one);
  });
  document.querySelector("a, button").focus();
}"""
REACHABLE = """() => {
  const wanted = "a[href], button, input:not([type=hidden], [type=radio]), select, textarea, summary, [tabindex='0']";
  const all = [...document.querySelectorAll(wanted)];
  return all.filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled);
}"""
PARTS_OF_A_DATE = 4


def faults(page: Page, language: str) -> list[str]:
    """What is wrong with the page as it stands."""
    found = [*page.evaluate(DISORDER, language), *faint(page)]
    return found + [f"{role} without a name" for role in _nameless(page)]


def faint(page: Page) -> list[str]:
    """Words and marks that stand out too little."""
    return [str(words) for words in page.evaluate(FAINT)]


def _nameless(page: Page) -> list[str]:
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        role
        for node in nodes
        if not node["ignored"] and (role := node["role"]["value"]) in CONTROLS and not node["name"]["value"].strip()
    ]


def unreached(page: Page) -> list[str]:
    """Go once around the page with Tab; what it passed by, what showed no ring or lay under something."""
    page.evaluate(NOTE_STOPS)
    pressed = 0
    while pressed < (around := _presses_around(page)):  # asked again: words of another language may bring stops late
        for _ in range(around - pressed):
            page.keyboard.press("Tab")
        pressed = around
    left = f"({REACHABLE})().filter((one) => !window.stops.has(one)).map((one) => one.outerHTML.slice(0, 80))"
    return [str(words) for words in page.evaluate(left)]


def _presses_around(page: Page) -> int:
    stops = int(page.evaluate(f"({REACHABLE})().length"))
    dates = page.locator("[type=date]").filter(visible=True).count()
    return stops + dates * (PARTS_OF_A_DATE - 1) + 1  # one more for the way around


def require_accessible(page: Page) -> None:
    """Named in both languages, legible by day and by night; it ends in Chinese, by day."""
    for language in ("en", "zh"):
        page.locator(f'[data-lang-choice="{language}"]').click()
        expect(page.locator("html")).to_have_attribute("data-lang", language)
        assert faults(page, language) == []
    page.emulate_media(color_scheme="dark")
    assert faint(page) == []
    page.emulate_media(color_scheme="light")

"""A page with every view, as a test uses it: where boxes are, what the page's state is, and what can be read on it."""

from __future__ import annotations

import time
from typing import Any

_BOX = """([stack, which]) => {
  const app = globalThis.flamegraph, picture = app.stage[which] ?? app.stage.halves[which];
  const { tree } = picture.scene.shape;
  let node = 0;
  for (const name of stack === "" ? [] : stack.split(";")) {
    let child = node + 1;
    while (child < tree.end[node] && app.model.names[tree.name[child]] !== name) child = tree.end[child];
    if (child >= tree.end[node]) return null;
    node = child;
  }
  const box = picture.box(node), host = picture.host.getBoundingClientRect();
  return box && { node, left: host.left + box.left, top: host.top + box.top, width: box.width, room: host.width };
}"""

_STACK = """(node) => {
  const app = globalThis.flamegraph, { tree } = app.shape, names = [];
  for (let i = node; i > 0; i = tree.parent[i]) names.push(app.model.names[tree.name[i]]);
  return names.reverse().join(";");
}"""


def until(page: Any, condition: str, arg: Any = None) -> None:
    """Wait for what a script says of a page or frame. Playwright's own waiting is refused by the page's policy."""
    end = time.monotonic() + 20
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"never came true: {condition}"
        time.sleep(0.02)


def tree(page: Any) -> list[dict[str, Any]]:
    """Chromium's accessibility tree, without what it tells nobody."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            "description": node.get("description", {}).get("value", ""),
            **{p["name"]: p["value"].get("value") for p in node.get("properties", [])},
        }
        for node in nodes
        if not node["ignored"]
    ]


class Shown:
    """`page` is Playwright's. Stacks are "main;parse", "" is the root."""

    def __init__(self, page: Any) -> None:
        self.page = page
        until(page, "Boolean(globalThis.flamegraph)")

    @property
    def state(self) -> dict[str, Any]:
        return self.page.evaluate("({ ...flamegraph.state })")

    def box(self, stack: str, picture: str = "picture") -> dict[str, float] | None:
        """Where the box of a stack is on the page, or None where it is not drawn."""
        return self.page.evaluate(_BOX, [stack, picture])

    def click(self, stack: str, picture: str = "picture", **options: Any) -> None:
        self.page.mouse.click(*self.middle(stack, picture), **options)

    def hover(self, stack: str, picture: str = "picture") -> str:
        """What is said beside the pointer."""
        self.page.mouse.move(*self.middle(stack, picture))
        return self.page.locator("#tip:visible").inner_text()

    def middle(self, stack: str, picture: str = "picture") -> tuple[float, float]:
        box = self.box(stack, picture)
        assert box, f"{stack} is not drawn"
        return box["left"] + box["width"] / 2, box["top"] + 9

    @property
    def target(self) -> str:
        """The stack that takes the whole width."""
        return self.page.evaluate(f"({_STACK})(flamegraph.target)")

    @property
    def pinned(self) -> str | None:
        return self.page.evaluate(f"flamegraph.pinned === null ? null : ({_STACK})(flamegraph.pinned)")

    @property
    def stacks(self) -> dict[str, float]:
        """All stacks of the picture that count something themselves."""
        return self.page.evaluate(
            f"""() => {{
              const {{ tree, own }} = flamegraph.shape, stack = {_STACK}, found = {{}};
              for (let i = 0; i < tree.count; i++) if (own[i] > 0) found[stack(i)] = own[i];
              return found;
            }}"""
        )

    @property
    def color(self) -> Any:
        """color(stack): the colour of the middle of a box's left end, as drawn."""

        def at(stack: str) -> tuple[int, ...]:
            box = self.box(stack)
            assert box
            host = self.page.evaluate("flamegraph.stage.picture.host.getBoundingClientRect().toJSON()")
            return tuple(
                self.page.evaluate(
                    """([x, y]) => {
                      const { canvas } = flamegraph.stage.picture, ratio = canvas.width / canvas.clientWidth;
                      const copy = document.createElement("canvas");
                      const context = copy.getContext("2d", { willReadFrequently: true });
                      context.drawImage(canvas, -x * ratio, -y * ratio);
                      return [...context.getImageData(0, 0, 1, 1).data];
                    }""",
                    [box["left"] - host["left"] + 2, box["top"] - host["top"] + 2],
                )[:3]
            )

        return at

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()

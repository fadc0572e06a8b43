"""Charts as SVG: points and lines between two axes, side by side with one legend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import ceil, floor, log10
from typing import Final, Self
from xml.sax.saxutils import escape

Point = tuple[float, float]

_WIDTH: Final = 360
_HEIGHT: Final = 300
_LEFT: Final = 60
_TOP: Final = 40
_BOTTOM: Final = 50
_LEGEND: Final = 190
_LINE: Final = 18
# Okabe and Ito's colours without yellow, and four of Tol's: people with colour blindness can distinguish them.
_COLOURS: Final = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"),
    *("#000000", "#7f7f7f", "#882255", "#999933", "#332288", "#ddcc77"),
)


class Mark(Enum):
    DOT = auto()
    CIRCLE = auto()
    CROSS = auto()
    SOLID = auto()
    DOTTED = auto()


@dataclass(frozen=True)
class Axis:
    """An axis from its first tick to its last; the ticks are in ascending order."""

    title: str
    ticks: tuple[float, ...]
    is_log: bool = False

    @classmethod
    def linear(cls, title: str, values: Sequence[float], step: float) -> Self:
        """Make an axis with round ticks that contains all values."""
        first, last = floor(min(values) / step), ceil(max(values) / step)
        return cls(title, tuple(round(number * step, 6) for number in range(first, max(last, first + 1) + 1)))

    @classmethod
    def log(cls, title: str, values: Sequence[float]) -> Self:
        """Make a logarithmic axis that contains all values, which must be above 0. A wide range has fewer ticks."""
        low, high = min(values), max(values)
        factors = (1, 2, 5) if high < 200 * low else (1,)
        steps = [factor * 10.0**power for power in range(-6, 13) for factor in factors]
        first = max(step for step in steps if step <= low)
        last = min(step for step in steps if step >= high and step > first)
        return cls(title, tuple(step for step in steps if first <= step <= last), is_log=True)

    def position(self, value: float) -> float:
        """Return the position of a value on the axis, from 0 to 1."""
        first, last, at = (log10(each) if self.is_log else each for each in (self.ticks[0], self.ticks[-1], value))
        return (at - first) / (last - first)


@dataclass(frozen=True)
class Series:
    """Points with the same mark, or a line. If the series has a name, the legend lists it."""

    name: str
    points: Sequence[Point]
    mark: Mark
    colour: int


@dataclass(frozen=True)
class Panel:
    title: str
    x: Axis
    y: Axis
    series: Sequence[Series]

    def _place(self, point: Point) -> Point:
        return (
            round(_LEFT + self.x.position(point[0]) * (_WIDTH - _LEFT), 1),
            round(_TOP + (1 - self.y.position(point[1])) * (_HEIGHT - _TOP), 1),
        )

    def drawn(self) -> Iterator[str]:
        yield _text((_LEFT + _WIDTH) / 2, 24, self.title, "middle", "class='title'")
        yield _text((_LEFT + _WIDTH) / 2, _HEIGHT + 38, self.x.title, "middle")
        centre = (_TOP + _HEIGHT) / 2
        yield _text(14, centre, self.y.title, "middle", f"transform='rotate(-90 14 {centre:g})'")
        for tick in self.x.ticks:
            x, y = self._place((tick, self.y.ticks[0]))
            yield f"<path d='M{x:g} {_TOP}V{y:g}' class='grid'/>{_text(x, y + 18, f'{tick:,.7g}', 'middle')}"
        for tick in self.y.ticks:
            x, y = self._place((self.x.ticks[0], tick))
            yield f"<path d='M{x:g} {y:g}H{_WIDTH}' class='grid'/>{_text(x - 6, y + 4, f'{tick:,.7g}', 'end')}"
        for series in self.series:
            yield from _marks(series.mark, series.colour, [self._place(point) for point in series.points])


def svg(panels: Sequence[Panel]) -> str:
    """Draw the panels side by side, with one legend that lists each name of a series once."""
    named = list({series.name: series for panel in panels for series in panel.series if series.name}.values())
    width = len(panels) * (_WIDTH + 20) + _LEGEND
    height = max(_HEIGHT + _BOTTOM, _TOP + len(named) * _LINE)
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>",
        "<style>text{font:12px sans-serif}.title{font-weight:bold}.grid{stroke:#ddd}</style>",
        "<rect width='100%' height='100%' fill='#fff'/>",
    ]
    for number, panel in enumerate(panels):
        lines += [f"<g transform='translate({number * (_WIDTH + 20)} 0)'>", *panel.drawn(), "</g>"]
    left = len(panels) * (_WIDTH + 20) + 10
    for number, series in enumerate(named):
        y = _TOP + 8 + number * _LINE
        is_line = series.mark in {Mark.SOLID, Mark.DOTTED}
        places = [(left, y), (left + 16, y)] if is_line else [(left + 8, y)]
        lines += _marks(series.mark, series.colour, places)
        lines.append(_text(left + 24, y + 4, series.name, "start"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _marks(mark: Mark, number: int, places: Sequence[Point]) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    match mark:
        case Mark.DOT | Mark.CIRCLE:
            fill = colour if mark is Mark.DOT else "#fff"
            for x, y in places:
                yield f"<circle cx='{x:g}' cy='{y:g}' r='4' fill='{fill}' stroke='{colour}' stroke-width='1.5'/>"
        case Mark.CROSS:
            for x, y in places:
                yield f"<path d='M{x - 4:g} {y - 4:g}l8 8m0 -8l-8 8' stroke='{colour}' stroke-width='2'/>"
        case Mark.SOLID | Mark.DOTTED:
            dashes = " stroke-dasharray='2 3'" if mark is Mark.DOTTED else ""
            path = "L".join(f"{x:g} {y:g}" for x, y in places)
            yield f"<path d='M{path}' fill='none' stroke='{colour}' stroke-width='2'{dashes}/>"


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f"<text x='{x:g}' y='{y:g}' text-anchor='{anchor}'{more and f' {more}'}>{escape(text)}</text>"

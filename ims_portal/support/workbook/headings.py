"""Compute where the headings of a table's columns stand, which cells are merged, and how tall the rows are. A column
has `heading`, `group` and `width`, as in `write.Column`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ims_portal.support.workbook import paper


def placed(columns: Sequence[Any], levels: int) -> tuple[list[list[str]], list[tuple[int, int, int, int]]]:
    """Return the rows of headings, and the areas of merged cells. The heading of a group is above its
    columns. The heading of a column without a group extends over all rows."""
    rows = [["" for _ in columns] for _ in range(levels)]
    joined: list[tuple[int, int, int, int]] = []
    paths = [
        (*column.group.split("|"), column.heading) if column.group else (column.heading,)
        for column in columns
    ]
    for place, path in enumerate(paths):
        for level, heading in enumerate(path):
            is_group = level < len(path) - 1
            if is_group and place and paths[place - 1][: level + 1] == path[: level + 1]:
                continue
            rows[level][place] = heading
            last = place
            while is_group and last + 1 < len(paths) and paths[last + 1][: level + 1] == path[: level + 1]:
                last += 1
            bottom = level if is_group else levels - 1
            if (bottom, last) != (level, place):
                joined.append((level, place, bottom, last))
    return rows, joined


def heights(
    columns: Sequence[Any], rows: list[list[str]], joined: list[tuple[int, int, int, int]]
) -> list[float]:
    """Return the height of each row of headings in points, so that every heading is whole. The last row has one more
    line, for the button of the filter."""
    areas = {(top, left): (bottom, right) for top, left, bottom, right in joined}
    needed = [1] * len(rows)
    tall: list[tuple[int, int, int]] = []
    for top, texts in enumerate(rows):
        for left, text in enumerate(texts):
            bottom, right = areas.get((top, left), (top, left))
            count = paper.lines(text, sum(column.width for column in columns[left : right + 1]))
            if bottom == top:
                needed[top] = max(needed[top], count)
            else:
                tall.append((top, bottom, count))
    for top, bottom, count in tall:
        needed[bottom] += max(0, count - sum(needed[top : bottom + 1]))
    return [
        paper.LINE * count + 3 + (paper.LINE if row == len(rows) - 1 else 0)
        for row, count in enumerate(needed)
    ]

"""Finds the unit of each of many points: a raster decides most of them, the polygons the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

OUTSIDE = -1
_BORDER = -2
_CELLS = 2_000_000
_MARGIN = 1e-6  # of a cell: far more than coordinates are rounded by, far less than matters
_MIN_CELL_ULPS = 1e9
_STEP = 0.5  # of a cell: a piece of border this long lies in at most two columns and two rows

Floats = NDArray[np.float64]
Positions = NDArray[np.int32]
Mask = NDArray[np.bool_]


class UnitLookup:
    """Answers in which polygon a point lies; exactly what a query of an STRtree with ``intersects`` answers.

    The cells of a raster through which no border passes lie wholly in the same polygons, so one point decides for the
    whole cell. Points in the other cells are compared with the polygons. An answer may be asked for in several
    threads at once.

    Parameters
    ----------
    polygons : numpy.ndarray of shapely (Multi)Polygons, shape (n,)
        In the order in which they win: a point of several polygons (on a shared border) belongs to the first of them.
    max_cells : int, default 2,000,000
        Size of the raster, about; 4 bytes each. It changes the speed, never an answer.
    """

    def __init__(self, polygons: NDArray[Any], *, max_cells: int = _CELLS) -> None:
        self.polygons: NDArray[Any] = np.array(shapely.force_2d(polygons), dtype=object)
        self._max_cells = max_cells
        self._prepare()

    def _prepare(self) -> None:
        shapely.prepare(self.polygons)
        self._tree = shapely.STRtree(self.polygons)
        if len(self.polygons) == 0:
            self._bounds = (math.inf, math.inf, -math.inf, -math.inf)
            return
        # GEOS builds the index of a prepared polygon at its first question: ask now, before there are threads
        inside = shapely.point_on_surface(self.polygons)
        shapely.intersects_xy(self.polygons, shapely.get_x(inside), shapely.get_y(inside))
        x0, y0, x1, y1 = (float(bound) for bound in shapely.total_bounds(self.polygons))
        self._bounds = (x0, y0, x1, y1)
        size = max(math.sqrt((x1 - x0) * (y1 - y0) / self._max_cells), max(x1 - x0, y1 - y0) / self._max_cells)
        self._per_unit = 1.0 / size
        self._columns = self._column(np.array([x1])).item() + 1
        self._rows = self._row(np.array([y1])).item() + 1
        if size < _MIN_CELL_ULPS * np.spacing(max(map(abs, self._bounds))):
            self._grid = np.full(self._rows * self._columns, _BORDER, dtype="int32")
        else:
            self._grid = self._classify(self._border_cells(size), size)

    def _column(self, x: Floats) -> NDArray[np.int64]:
        """Return the column of each x; rounding keeps the order, so a cell is an interval of numbers."""
        return ((x - self._bounds[0]) * self._per_unit).astype("int64")

    def _row(self, y: Floats) -> NDArray[np.int64]:
        return ((y - self._bounds[1]) * self._per_unit).astype("int64")

    def _border_cells(self, size: float) -> Mask:
        """Mark the cells through which a border passes, and a hair's breadth more."""
        lines = shapely.get_parts(shapely.boundary(self.polygons))
        xy, line = shapely.get_coordinates(shapely.segmentize(lines, _STEP * size), return_index=True)
        at = (xy - self._bounds[:2]) * self._per_unit
        start, end = at[:-1][line[:-1] == line[1:]], at[1:][line[:-1] == line[1:]]
        low = np.floor(np.minimum(start, end) - _MARGIN).astype("int64").clip(0, [self._columns - 1, self._rows - 1])
        high = np.floor(np.maximum(start, end) + _MARGIN).astype("int64").clip(0, [self._columns - 1, self._rows - 1])
        marked = np.zeros((self._rows, self._columns), dtype=bool)
        for columns in (low[:, 0], high[:, 0]):
            for rows in (low[:, 1], high[:, 1]):
                marked[rows, columns] = True
        return marked

    def _classify(self, marked: Mask, size: float) -> Positions:
        """Return the polygon of each cell; cells of a row with no border between them are decided together."""
        starts = ~marked
        starts[:, 1:] &= marked[:, :-1]
        row, column = np.nonzero(starts)
        x = column.astype("float64") * size + (0.5 * size + self._bounds[0])
        y = row.astype("float64") * size + (0.5 * size + self._bounds[1])
        decided, is_shared = self._compare(x, y)
        decided[is_shared] = _BORDER
        grid = np.full(marked.size, _BORDER, dtype="int32")
        free = ~marked.ravel()
        grid[free] = decided[np.cumsum(starts.ravel())[free] - 1]
        return grid

    def _compare(self, x: Floats, y: Floats) -> tuple[Positions, Mask]:
        """Return the first polygon of each point, and whether there are more, from the polygons themselves."""
        point, polygon = self._tree.query(shapely.points(x, y))
        hit = shapely.intersects_xy(self.polygons[polygon], x[point], y[point])
        point, polygon = point[hit], polygon[hit]
        found = np.full(len(x), len(self.polygons), dtype="int32")
        np.minimum.at(found, point, polygon.astype("int32"))
        found[found == len(self.polygons)] = OUTSIDE
        return found, np.bincount(point, minlength=len(x)) > 1

    def find(self, x: Floats, y: Floats) -> tuple[Positions, Mask]:
        """Return the polygon of each point.

        Parameters
        ----------
        x, y : numpy.ndarray of float64, shape (n_points,)
            In the coordinates of the polygons; NaN lies outside.

        Returns
        -------
        found : numpy.ndarray of int32, shape (n_points,)
            Position of the first polygon that the point lies in or on the border of; `OUTSIDE` if there is none.
        is_shared : numpy.ndarray of bool, shape (n_points,)
            Whether it lies in, or on the border of, more than one.
        """
        x0, y0, x1, y1 = self._bounds
        found = np.full(len(x), OUTSIDE, dtype="int32")
        is_shared = np.zeros(len(x), dtype=bool)
        near = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
        if len(near) == 0:
            return found, is_shared
        x, y = x[near], y[near]
        decided = self._grid[self._row(y) * self._columns + self._column(x)]
        open_ = np.flatnonzero(decided == _BORDER)
        if len(open_):
            decided[open_], is_shared[near[open_]] = self._compare(x[open_], y[open_])
        found[near] = decided
        return found, is_shared

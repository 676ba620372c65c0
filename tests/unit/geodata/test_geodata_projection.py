import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from geodata.errors import ProjectionError
from geodata.projection import area_km2, project, project_xy, require_equal_area

LAEA = "+proj=laea +lat_0=43 +lon_0=67 +datum=WGS84 +units=m"


@pytest.mark.parametrize("proj", ["+proj=merc", "+proj=longlat", "+proj=aeqd +lat_0=43", "EPSG:3857", "nonsense", ""])
def test_projections_that_do_not_keep_areas_are_refused(proj):
    with pytest.raises(ProjectionError, match="does not keep areas equal"):
        require_equal_area(proj)


def test_projection_in_kilometres_is_refused():
    with pytest.raises(ProjectionError, match="not in metres"):
        require_equal_area("+proj=laea +lat_0=43 +lon_0=67 +units=km")


@pytest.mark.parametrize("proj", [LAEA, "+proj=aea +lat_1=30 +lat_2=50 +lon_0=67 +units=m", "+proj=eqearth +units=m"])
def test_area_agrees_with_the_ellipsoid(proj):
    box = shapely.segmentize(shapely.box(70, 40, 71, 41), 0.01)
    geodesic, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(box)
    assert area_km2(project(np.array([box]), proj))[0] == pytest.approx(geodesic / 1e6, rel=2e-4)


def test_projection_agrees_with_geopandas_and_goes_back():
    xy = np.array([[67.0, 43.0], [71.5, 38.25], [60.0, 45.0]])
    expected = gpd.GeoSeries.from_xy(xy[:, 0], xy[:, 1], crs=4326).to_crs(LAEA)
    projected = project_xy(xy, LAEA)
    np.testing.assert_allclose(projected, np.column_stack([expected.x, expected.y]), atol=1e-6)
    np.testing.assert_allclose(project_xy(projected, LAEA, inverse=True), xy, atol=1e-9)


def test_missing_geometry_has_no_area():
    geometries = np.array([None, shapely.box(0, 0, 1000, 1000)], dtype=object)
    np.testing.assert_array_equal(area_km2(geometries), [np.nan, 1.0])

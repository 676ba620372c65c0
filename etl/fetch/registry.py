"""All sources, in the order of the list that a user sees."""

from __future__ import annotations

from etl.fetch import (
    acled,
    dhs,
    geoboundaries,
    global_data_lab,
    hdx,
    hdx_hapi,
    iom_dtm,
    kaz_taldau,
    kgz_nsc,
    ophi,
    uzb_siat,
    world_bank,
)
from etl.fetch.source import Source

SOURCES: tuple[Source, ...] = (
    hdx.COD_AB,
    hdx.SOURCE,
    hdx_hapi.SOURCE,
    geoboundaries.SOURCE,
    ophi.SOURCE,
    dhs.SOURCE,
    world_bank.SOURCE,
    kgz_nsc.SOURCE,
    uzb_siat.SOURCE,
    kaz_taldau.SOURCE,
    iom_dtm.SOURCE,
    acled.SOURCE,
    global_data_lab.SOURCE,
)

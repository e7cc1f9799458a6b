"""Element sets: TLE, OMM, files of them, CelesTrak, their age and faults, and designed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.orbit.elements import (
        ageing as ageing,
        asking as asking,
        celestrak as celestrak,
        check as check,
        designs as designs,
        files as files,
        omm as omm,
        sets as sets,
        tle as tle,
    )
    from satqkd.orbit.elements.celestrak import (
        CELESTRAK_URL as CELESTRAK_URL,
        FRESH_S as FRESH_S,
        fetch_elements as fetch_elements,
    )
    from satqkd.orbit.elements.check import check_elements as check_elements
    from satqkd.orbit.elements.designs import (
        SunSynchronous as SunSynchronous,
        Walker as Walker,
        mean_motion_rev_day as mean_motion_rev_day,
        sun_synchronous as sun_synchronous,
        sun_synchronous_inclination_deg as sun_synchronous_inclination_deg,
        walker as walker,
    )
    from satqkd.orbit.elements.files import (
        FORMATS as FORMATS,
        read_elements as read_elements,
        scan_elements as scan_elements,
        write_elements as write_elements,
    )
    from satqkd.orbit.elements.sets import (
        DESIGNED as DESIGNED,
        Elements as Elements,
        ElementSet as ElementSet,
        slug as slug,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)

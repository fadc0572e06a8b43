"""Converts the colour code points of AVIF, HEIC and PNG (ITU-T H.273, "CICP") to an ICC profile."""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from face_detector.imaging.icc import Chromaticities, matrix_profile

_D65: Final = (0.3127, 0.3290)
_C: Final = (0.310, 0.316)
_BT709: Final = Chromaticities((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_BT601: Final = Chromaticities((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
# H.273, table 2; 1 and 2 (unspecified) are treated as sRGB.
_PRIMARIES: Final = {
    4: Chromaticities((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: Chromaticities((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _BT601,
    7: _BT601,
    8: Chromaticities((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: Chromaticities((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: Chromaticities((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: Chromaticities((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: Chromaticities((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
# H.273, table 3. The curves of video cameras (1, 6, 7, 11, 12, 14, 15) are replaced by sRGB's, as browsers do.
_EXPONENTS: Final = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
_PQ: Final = 16
_HLG: Final = 18
# In nits: the maximum of PQ, the typical peak of mastered pictures, and their diffuse white (ITU-R BT.2408).
_PQ_NITS: Final = 10_000.0
_MASTER_NITS: Final = 1_000.0
_WHITE_NITS: Final = 203.0

Values = npt.NDArray[np.float64]


class CodePoints(NamedTuple):
    primaries: int
    transfer: int


@lru_cache(maxsize=16)
def profile(points: CodePoints) -> bytes:
    """Return an ICC profile for the code points, or empty bytes if they mean sRGB or are reserved."""
    if points.primaries not in _PRIMARIES and points.transfer not in (*_EXPONENTS, _PQ, _HLG):
        return b""
    return matrix_profile(_PRIMARIES.get(points.primaries, _BT709), curve(points.transfer))


def chromatic_profile(colours: Chromaticities, exponent: float) -> bytes:
    """Return a profile for the chromaticities and the exponent in a PNG (`cHRM` and `gAMA`).

    Raises ValueError for values that do not define colours.
    """
    if not 0.1 <= exponent <= 10:
        raise ValueError("the exponent is out of range")
    # 2.2 is the exponent of the gAMA chunk in sRGB images (PNG, third edition, 11.3.2.1).
    return matrix_profile(colours, _srgb() if abs(exponent - 2.2) < 0.03 else np.array([exponent]))


def curve(transfer: int) -> Values:
    """Return a curve for `matrix_profile`, from pixel values to linear light, where 1 is a screen's white."""
    values = np.linspace(0, 1, 4_096)
    if transfer in _EXPONENTS:
        return np.array([_EXPONENTS[transfer]])
    if transfer == _PQ:
        return _on_screen(values)
    if transfer == _HLG:
        # ITU-R BT.2100, table 5: the inverse OETF, and the OOTF of a screen of 1,000 nits.
        low, high = values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(values <= 0.5, low, high) ** 1.2
        return _on_screen(_pq(light * _MASTER_NITS))
    return _srgb(values)


def _srgb(values: Values | None = None) -> Values:
    """Convert sRGB pixel values (by default 4,096 evenly spaced ones) to linear light (IEC 61966-2-1)."""
    values = np.linspace(0, 1, 4_096) if values is None else values
    light: Values = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return light


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def _pq(nits: Values | float) -> Values:
    """Convert nits to the values of PQ (ITU-R BT.2100, table 4: the inverse EOTF)."""
    powered = (np.asarray(nits) / _PQ_NITS) ** _M1
    value: Values = ((_C1 + _C2 * powered) / (1 + _C3 * powered)) ** _M2
    return value


def _nits(values: Values) -> Values:
    powered = values ** (1 / _M2)
    light: Values = (np.maximum(powered - _C1, 0) / (_C2 - _C3 * powered)) ** (1 / _M1) * _PQ_NITS
    return light


def _on_screen(values: Values) -> Values:
    """Compress values brighter than a screen's white, and keep darker ones (ITU-R BT.2390, 5.4.1)."""
    brightest = _pq(_MASTER_NITS)
    white = _pq(_WHITE_NITS) / brightest
    knee = 1.5 * white - 0.5
    relative = np.minimum(values / brightest, 1)
    t = np.maximum(relative - knee, 0) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    return _nits(np.where(relative < knee, relative, spline) * brightest) / _WHITE_NITS

"""Every render has a drawing module, and every module a render."""

import pkgutil

from face_detector import renders
from face_detector.drawing import drawing_of
from facelib.domain.options import Options
from facelib.domain.renders import DRAWN, Render


def test_each_render_has_one_drawing_module() -> None:
    modules = {module.name for module in pkgutil.iter_modules(renders.__path__)}
    assert modules == set(DRAWN)
    assert len({drawing_of(render) for render in DRAWN}) == len(DRAWN)


def test_the_options_that_a_render_declares_are_options_of_a_job() -> None:
    for render in Render:
        assert set(render.declared.options) <= set(Options.model_fields)

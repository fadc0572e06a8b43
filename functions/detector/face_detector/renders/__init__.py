"""One module for each render of `facelib.domain.renders`, by its name; its `draw` is a `face_detector.drawing.Draw`."""
